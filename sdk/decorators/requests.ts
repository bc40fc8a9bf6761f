// Method decorators for requests.

import type { ReadonlySipRequest, SipRequest } from '../messages.js';
import type { Method } from '../methods.js';
import type { Uri } from '../values/uri.js';
import { type Handler, type HandlerDecorator, noting, written } from './handler.js';

/** A decorator for methods that take a request. */
export type RequestDecorator = HandlerDecorator<Handler<SipRequest>>;

/** The last argument of each decorator for initial requests. */
export interface InitialOptions {
  /**
   * A synchronous function that says whether the method takes the request. A request that no predicate accepts goes to
   * the method without a predicate. If there is none, the request skips this application. If several predicates accept,
   * the first declared method takes the request. If a predicate throws, the request is answered with 500.
   */
  readonly when?: (request: ReadonlySipRequest) => boolean;
}

/** Initial requests with these methods, or with any method if none is named. */
export function Initial(...methods: Method[]): RequestDecorator;
export function Initial(...methodsAndOptions: [...Method[], InitialOptions]): RequestDecorator;
export function Initial(...args: (Method | InitialOptions)[]): RequestDecorator {
  const methods = args.filter((argument): argument is Method => typeof argument === 'string');
  const options = args.find((argument): argument is InitialOptions => typeof argument === 'object');
  return noting(written('Initial', methods, options), 'initial', methods, options);
}

/** Requests inside a dialog, with these methods or with any. A proxied dialog must be record-routed. */
export function Subsequent(...methods: Method[]): RequestDecorator {
  return noting(written('Subsequent', methods), 'subsequent', methods);
}

/** An initial INVITE: a call (§13). */
export function Invite(options?: InitialOptions): RequestDecorator {
  return noting(written('Invite', [], options), 'initial', ['INVITE'], options);
}

/** REGISTER (§10). */
export function Register(options?: InitialOptions): RequestDecorator {
  return noting(written('Register', [], options), 'initial', ['REGISTER'], options);
}

/** OPTIONS outside a dialog (§11). */
export function Options(options?: InitialOptions): RequestDecorator {
  return noting(written('Options', [], options), 'initial', ['OPTIONS'], options);
}

/** MESSAGE outside a dialog (RFC 3428). */
export function Message(options?: InitialOptions): RequestDecorator {
  return noting(written('Message', [], options), 'initial', ['MESSAGE'], options);
}

/** SUBSCRIBE that creates a subscription (RFC 6665). */
export function Subscribe(options?: InitialOptions): RequestDecorator {
  return noting(written('Subscribe', [], options), 'initial', ['SUBSCRIBE'], options);
}

/** REFER outside a dialog (RFC 3515). */
export function Refer(options?: InitialOptions): RequestDecorator {
  return noting(written('Refer', [], options), 'initial', ['REFER'], options);
}

/** PUBLISH (RFC 3903). */
export function Publish(options?: InitialOptions): RequestDecorator {
  return noting(written('Publish', [], options), 'initial', ['PUBLISH'], options);
}

/** ACK to a 2xx (§13.2.2.4). The container keeps the ACK to any other final response to itself. */
export function Ack(): RequestDecorator {
  return noting('@Ack()', 'subsequent', ['ACK']);
}

/** BYE (§15). */
export function Bye(): RequestDecorator {
  return noting('@Bye()', 'subsequent', ['BYE']);
}

/** PRACK (RFC 3262). */
export function Prack(): RequestDecorator {
  return noting('@Prack()', 'subsequent', ['PRACK']);
}

/** UPDATE (RFC 3311). */
export function Update(): RequestDecorator {
  return noting('@Update()', 'subsequent', ['UPDATE']);
}

/** INFO (RFC 6086). */
export function Info(): RequestDecorator {
  return noting('@Info()', 'subsequent', ['INFO']);
}

/** NOTIFY (RFC 6665). */
export function Notify(): RequestDecorator {
  return noting('@Notify()', 'subsequent', ['NOTIFY']);
}

/**
 * The caller sent a CANCEL. The container has answered it, and cancels the branches or answers the INVITE with 487
 * (§9.2).
 */
export function Cancel(): RequestDecorator {
  return noting('@Cancel()', 'cancel', ['CANCEL']);
}

/**
 * The routing function that makes a siplet stateless (§16.11). It returns the target synchronously, and depends on the
 * message and on constants alone. A siplet has at most one, and no other handler beside it.
 */
export function StatelessRoute(): HandlerDecorator<(request: ReadonlySipRequest) => Uri | string | undefined> {
  return noting('@StatelessRoute()', 'stateless');
}
