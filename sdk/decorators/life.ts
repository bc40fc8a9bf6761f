// Method decorators for timers, sessions and what never came.

import type { ApplicationSession, SipTimer } from '../application-session.js';
import type { ReadonlySipRequest, SipResponse } from '../messages.js';
import type { SipSession } from '../session.js';
import { type Handler, type HandlerDecorator, noting, written } from './handler.js';

/** A timer of the application session fired: the one of this name, or any. */
export function OnTimer(name?: string): HandlerDecorator<Handler<SipTimer>> {
  return noting(
    written('OnTimer', name === undefined ? [] : [name]),
    'timer',
    [],
    name === undefined ? {} : { timer: name },
  );
}

/** A SipSession was made. */
export function SessionCreated(): HandlerDecorator<Handler<SipSession>> {
  return noting('@SessionCreated()', 'sessionCreated');
}

/** A SipSession has ended; its attributes can still be read. */
export function SessionDestroyed(): HandlerDecorator<Handler<SipSession>> {
  return noting('@SessionDestroyed()', 'sessionDestroyed');
}

/**
 * A SipSession is about to be invalidated, because its dialog has ended and no request in it waits for a response
 * (JSR 289 §6.2.4). Setting `invalidateWhenReady` to false keeps it.
 */
export function SessionReadyToInvalidate(): HandlerDecorator<Handler<SipSession>> {
  return noting('@SessionReadyToInvalidate()', 'sessionReadyToInvalidate');
}

/** An ApplicationSession was made. */
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
 * An ApplicationSession is about to be invalidated, because all of its sessions have ended. Setting
 * `invalidateWhenReady` to false keeps it.
 */
export function ApplicationSessionReadyToInvalidate(): HandlerDecorator<Handler<ApplicationSession>> {
  return noting('@ApplicationSessionReadyToInvalidate()', 'applicationSessionReadyToInvalidate');
}

/** The caller never acknowledged the 2xx that the application sent, which is what the handler takes (§13.3.1.4). */
export function NoAckReceived(): HandlerDecorator<Handler<SipResponse>> {
  return noting('@NoAckReceived()', 'noAckReceived');
}

/**
 * The caller never sent PRACK for the reliable provisional response that the application sent, which is what
 * the handler takes (RFC 3262 §3).
 */
export function NoPrackReceived(): HandlerDecorator<Handler<SipResponse>> {
  return noting('@NoPrackReceived()', 'noPrackReceived');
}

// Declared as a method, so that the author may write SipRequest for the parameter too.
type KeyOf = { of(request: ReadonlySipRequest): string | undefined }['of'];

/**
 * A static method that names the application session which an initial request belongs to; with undefined it gets a new
 * one (C-42). Sessions with a key live until they expire, `sessionTimeout` after the last that happened in them, or are
 * invalidated. A method that throws, or gives anything but a string of at most 1024 characters, costs that request a
 * 500. Each version of an application has its own: after a redeployment a key names a new session.
 */
export function SessionKey(): HandlerDecorator<KeyOf> {
  return noting('@SessionKey()', 'sessionKey');
}
