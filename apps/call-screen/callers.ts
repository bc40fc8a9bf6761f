// By which names a caller may stand in a list.
import { OtherUri, type SipRequest, SipUri, TelUri, type Uri } from '@siplet/sdk';
import type { Names } from './patterns.js';

/** From, and what a network that is believed asserts (RFC 3325). */
export function callersOf(request: Pick<SipRequest, 'from' | 'headers'>, isAssertedBelieved: boolean): Names {
  const uris = [request.from.uri];
  if (isAssertedBelieved) uris.push(...request.headers.addresses('P-Asserted-Identity').map(({ uri }) => uri));
  return uris.flatMap(namesOf);
}

/** The user alone, and with the host. Numbers are without visual separators. */
export function namesOf(uri: Uri): Names {
  if (uri instanceof TelUri) return [uri.digits];
  if (uri instanceof OtherUri) return [uri.toString()];
  if (uri.user === undefined) return [`@${uri.host}`];
  const [written = ''] = uri.user.split(';');
  const isNumber = /^\+?[\d.()-]*\d[\d.()-]*$/.test(written);
  const user = isNumber ? written.replace(/[-.()]/g, '') : uri.user;
  return [user, `${user}@${uri.host}`];
}

/** The user who is called, as `callees` names him. */
export function calleeOf(uri: Uri): string | undefined {
  return uri instanceof SipUri || uri instanceof TelUri ? namesOf(uri)[0]?.toLowerCase() : undefined;
}
