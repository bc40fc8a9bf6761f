// URIs of ours on which an application sets parameters: those of Record-Route and Path (JSR 289 §10.2.1).
import { IllegalStateError, SipUri } from '@siplet/sdk';
import { textOf, Uri, wireOf } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { type UriOrAddress, uriText } from './values.js';

/** The address of the container on the caller's side, as a loose router. */
export function ownUri(inbound: Flow): SipUri {
  return SipUri.parse(`sip:${inbound.sentBy};lr`);
}

/** Takes the parameters from a URI of the application; scheme, host and port are the container's. */
export function copyParameters(from: UriOrAddress, to: SipUri): void {
  for (const [name, value] of SipUri.parse(textOf(uriText(from))).parameters) to.parameters.set(name, value);
}

/** The request has gone: a change of the URI would have no effect, so it throws. `what` names the URI. */
export function seal(uri: SipUri | undefined, what: string): void {
  if (uri === undefined || Object.isFrozen(uri)) return;
  const refuse = (): never => {
    throw new IllegalStateError(`${what} cannot be changed: the request has been sent`);
  };
  Object.assign(uri.parameters, { set: refuse, delete: refuse, clear: refuse });
  Object.freeze(uri);
}

/** Parameters of a URI except lr, which the container writes itself; with a leading ';', or '' where there are none. */
export function parametersText(uri: SipUri | undefined): string {
  if (uri === undefined) return '';
  const copy = uri.clone();
  copy.parameters.delete('lr');
  copy.headers.clear();
  return Uri.parse(wireOf(copy.toString()))?.parameters ?? '';
}
