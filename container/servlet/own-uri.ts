// URIs of ours that an application sets parameters on: of Record-Route and Path (JSR 289 §10.2.1).
import { IllegalStateError, SipUri } from '@siplet/sdk';
import { textOf, Uri, wireOf } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { type UriOrAddress, uriText } from './values.js';

/** Where the container is reached from the caller's side, as a loose router. */
export function ownUri(inbound: Flow): SipUri {
  return SipUri.parse(`sip:${inbound.sentBy};lr`);
}

/** Of a URI that an application gives, the parameters are its own to set; scheme, host and port are the container's. */
export function copyParameters(from: UriOrAddress, to: SipUri): void {
  for (const [name, value] of SipUri.parse(textOf(uriText(from))).parameters) to.parameters.set(name, value);
}

/** The request has gone: changing the URI would change nothing, and throws. `what` names it. */
export function seal(uri: SipUri | undefined, what: string): void {
  if (uri === undefined || Object.isFrozen(uri)) return;
  const refuse = (): never => {
    throw new IllegalStateError(`${what} cannot be changed: the request has been sent`);
  };
  Object.assign(uri.parameters, { set: refuse, delete: refuse, clear: refuse });
  Object.freeze(uri);
}

/** Parameters of a URI but lr, which the container writes itself; with a leading ';', or '' where there are none. */
export function parametersText(uri: SipUri | undefined): string {
  if (uri === undefined) return '';
  const copy = uri.clone();
  copy.parameters.delete('lr');
  copy.headers.clear();
  return Uri.parse(wireOf(copy.toString()))?.parameters ?? '';
}
