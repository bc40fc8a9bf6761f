// Method decorators for requests.

import type { ReadonlySipRequest, SipRequest } from '../messages.js';
import type { Method } from '../methods.js';
import type { Uri } from '../values/uri.js';
import { type Handler, type HandlerDecorator, noting, written } from './handler.js';

/** What a request handler must look like. */
export type RequestDecorator = HandlerDecorator<Handler<SipRequest>>;

/** Initial requests of these methods, or of any method when none is named. */
export function Initial(...methods: Method[]): RequestDecorator {
  return noting(written('Initial', methods), 'initial', methods);
}

/** Requests inside a dialog, of these methods or of any. For a proxied dialog only when it was record-routed (C-34). */
export function Subsequent(...methods: Method[]): RequestDecorator {
  return noting(written('Subsequent', methods), 'subsequent', methods);
}

/** Initial INVITE: someone calls (§13). */
export function Invite(): RequestDecorator {
  return noting('@Invite()', 'initial', ['INVITE']);
}

/** REGISTER (§10). */
export function Register(): RequestDecorator {
  return noting('@Register()', 'initial', ['REGISTER']);
}

/** OPTIONS outside a dialog (§11). */
export function Options(): RequestDecorator {
  return noting('@Options()', 'initial', ['OPTIONS']);
}

/** MESSAGE outside a dialog (RFC 3428). */
export function Message(): RequestDecorator {
  return noting('@Message()', 'initial', ['MESSAGE']);
}

/** SUBSCRIBE that creates a subscription (RFC 6665). */
export function Subscribe(): RequestDecorator {
  return noting('@Subscribe()', 'initial', ['SUBSCRIBE']);
}

/** REFER outside a dialog (RFC 3515). */
export function Refer(): RequestDecorator {
  return noting('@Refer()', 'initial', ['REFER']);
}

/** PUBLISH (RFC 3903). */
export function Publish(): RequestDecorator {
  return noting('@Publish()', 'initial', ['PUBLISH']);
}

/** ACK to a 2xx (§13.2.2.4). An ACK to any other final response is the container's and is never seen (C-10c). */
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

/** Tells that a CANCEL was received. The container has answered it and does what follows from it (C-29). */
export function Cancel(): RequestDecorator {
  return noting('@Cancel()', 'cancel', ['CANCEL']);
}

/**
 * The one routing function of a siplet with `stateless: true`: synchronous, and dependent on the message
 * and on constants alone (§16.11).
 */
export function StatelessRoute(): HandlerDecorator<(request: ReadonlySipRequest) => Uri | string | undefined> {
  return noting('@StatelessRoute()', 'stateless');
}
