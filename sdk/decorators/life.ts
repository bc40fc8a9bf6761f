// Method decorators for timers, sessions, and acknowledgements that never came.

import type { ApplicationSession, SipTimer } from '../application-session.js';
import type { ReadonlySipRequest, SipResponse } from '../messages.js';
import type { SipSession } from '../session.js';
import { type Handler, type HandlerDecorator, noting, written } from './handler.js';

/** A timer of the application session has fired: one with this name, or any timer if none is named. */
export function OnTimer(name?: string): HandlerDecorator<Handler<SipTimer>> {
  return noting(
    written('OnTimer', name === undefined ? [] : [name]),
    'timer',
    [],
    name === undefined ? {} : { timer: name },
  );
}

/** A SipSession was created. */
export function SessionCreated(): HandlerDecorator<Handler<SipSession>> {
  return noting('@SessionCreated()', 'sessionCreated');
}

/** A SipSession has ended; its attributes can still be read. */
export function SessionDestroyed(): HandlerDecorator<Handler<SipSession>> {
  return noting('@SessionDestroyed()', 'sessionDestroyed');
}

/**
 * A SipSession is about to be invalidated, because its dialog has ended and no request in it waits for a response (JSR
 * 289 §6.2.4). The handler can keep it by setting `invalidateWhenReady` to false.
 */
export function SessionReadyToInvalidate(): HandlerDecorator<Handler<SipSession>> {
  return noting('@SessionReadyToInvalidate()', 'sessionReadyToInvalidate');
}

/** An ApplicationSession was created. */
export function ApplicationSessionCreated(): HandlerDecorator<Handler<ApplicationSession>> {
  return noting('@ApplicationSessionCreated()', 'applicationSessionCreated');
}

/** An ApplicationSession has ended; its attributes can still be read. */
export function ApplicationSessionDestroyed(): HandlerDecorator<Handler<ApplicationSession>> {
  return noting('@ApplicationSessionDestroyed()', 'applicationSessionDestroyed');
}

/** An ApplicationSession has expired. `setExpires` gives it more time. */
export function ApplicationSessionExpired(): HandlerDecorator<Handler<ApplicationSession>> {
  return noting('@ApplicationSessionExpired()', 'applicationSessionExpired');
}

/**
 * An ApplicationSession is about to be invalidated, because all of its sessions have ended. The handler can keep it by
 * setting `invalidateWhenReady` to false.
 */
export function ApplicationSessionReadyToInvalidate(): HandlerDecorator<Handler<ApplicationSession>> {
  return noting('@ApplicationSessionReadyToInvalidate()', 'applicationSessionReadyToInvalidate');
}

/** No ACK came for a 2xx that the application sent (§13.3.1.4). The handler gets that 2xx. */
export function NoAckReceived(): HandlerDecorator<Handler<SipResponse>> {
  return noting('@NoAckReceived()', 'noAckReceived');
}

/**
 * No PRACK came for a reliable provisional response that the application sent (RFC 3262 §3). The handler gets that
 * response.
 */
export function NoPrackReceived(): HandlerDecorator<Handler<SipResponse>> {
  return noting('@NoPrackReceived()', 'noPrackReceived');
}

// Declared as a method, so that the author may write SipRequest for the parameter too.
type KeyOf = { of(request: ReadonlySipRequest): string | undefined }['of'];

/**
 * A static method that returns the key of the application session for an initial request. Requests with the same key
 * share a session; with undefined the request gets a new one. Sessions with a key live until they are invalidated or
 * expire, `sessionTimeout` after the last event in them. If the method throws, or returns anything else than a string
 * of at most 1024 characters, the request is answered with 500. Each version of an application has its own sessions:
 * after a redeployment a key names a new one.
 */
export function SessionKey(): HandlerDecorator<KeyOf> {
  return noting('@SessionKey()', 'sessionKey');
}
