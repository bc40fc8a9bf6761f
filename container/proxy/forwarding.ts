// Request forwarding (§16.6): the RFC's numbered steps, in the order in which branch.ts takes them. Step 8 (Via) is the
// transaction layer's.
import { unescaped } from '@siplet/sdk/grammar';
import { Field, type Request, Uri } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { recordRouteValues } from './record-route.js';

/**
 * §16.6 step 2: the target becomes the Request-URI, without the parts that table 1 does not allow there. The text as
 * received is kept if it is equal.
 */
export function replaceRequestUri(request: Request, target: string): void {
  if (!isSame(request.uri, target)) request.uri = requestUriOf(target);
}

/** An application that is given 'SIP:…' gives back 'sip:…': a scheme has no case (§19.1.4). */
function isSame(received: string, target: string): boolean {
  if (received === target) return true;
  if (received.length !== target.length) return false;
  const colon = target.indexOf(':');
  return (
    received.startsWith(target.slice(colon), colon) && received.slice(0, colon).toLowerCase() === target.slice(0, colon)
  );
}

/** A URI without the parts that a Request-URI must not contain (§19.1.1 table 1): headers and the method parameter. */
function requestUriOf(text: string): string {
  if (text.indexOf(';') < 0 && text.indexOf('?') < 0) return text;
  const uri = Uri.parse(text);
  if (uri === undefined || !uri.isSip || (!uri.hasHeaders && uri.parameter('method') === undefined)) return text;
  const { parameters, headers } = uri.parts;
  const end = headers === '' ? text.length : text.length - headers.length - 1;
  // Not every ';method=' is the parameter: a user part may contain one, too.
  const kept = parameters.split(';').filter((parameter) => !isMethod(parameter));
  return text.slice(0, end - parameters.length) + kept.join(';');
}

function isMethod(parameter: string): boolean {
  const equal = parameter.indexOf('=');
  return unescaped(equal < 0 ? parameter : parameter.slice(0, equal)).toLowerCase() === 'method';
}

/** One field for each value from 0 to 255: messages share them. */
function numbered(name: string): readonly Field[] {
  return Array.from({ length: 256 }, (_, number) => Field.of(name, String(number)));
}
const MAX_FORWARDS = numbered('Max-Forwards');
const MAX_BREADTH = numbered('Max-Breadth');

/** §16.6 step 3; a request that carries none gets `initial`. */
export function decrementMaxForwards(request: Request, initial: number): void {
  const { maxForwards } = request;
  if (maxForwards === undefined) request.append('Max-Forwards', String(initial));
  else request.setField(MAX_FORWARDS[maxForwards - 1] ?? Field.of('Max-Forwards', String(maxForwards - 1)));
}

/** RFC 5393 §5.3.3: how many branches may arise from this one. */
export function writeMaxBreadth(request: Request, breadth: number): void {
  request.setField(MAX_BREADTH[breadth] ?? Field.of('Max-Breadth', String(breadth)));
}

/** RFC 4028 §8.1: asks for a session timer, unless the caller has. */
export function addSessionExpires(request: Request, seconds: number): void {
  if (!request.has('session-expires')) request.append('Session-Expires', String(sessionInterval(request, seconds)));
}

/** Seconds to ask for: no less than the request allows. */
export function sessionInterval(request: Request, seconds: number): number {
  return Math.max(seconds, request.integer('min-se', 2 ** 31) ?? 0);
}

/**
 * §16.6 step 4, once the flow is known: `recordRoute` and `path` (RFC 3327) are the parameters of our URI with a
 * leading ';', undefined where this element does not stay on the path. There are two values where the two sides differ
 * (RFC 5658).
 */
export function addRecordRoute(
  request: Request,
  recordRoute: string | undefined,
  path: string | undefined,
  inbound: Flow,
  outbound: Flow,
): void {
  if (recordRoute === undefined && path === undefined) return;
  const secure = request.target.scheme === 'sips' || topRouteIsSecure(request);
  if (recordRoute !== undefined) {
    for (const value of recordRouteValues(recordRoute, inbound, outbound, secure))
      request.pushField(Field.trusted('Record-Route', value));
  }
  if (path !== undefined) {
    for (const value of recordRouteValues(path, inbound, outbound, secure)) request.push('Path', value);
    if (!request.values('supported').some((tag) => tag.toLowerCase() === 'path')) request.append('Supported', 'path');
  }
}

function topRouteIsSecure(request: Request): boolean {
  const first = request.first('route');
  return first !== undefined && /^[^,]*<sips:/i.test(first.value);
}

/**
 * §16.6 steps 6 and 7: the URI by which the next hop is located. A first Route value without lr is a strict router: it
 * becomes the Request-URI, which goes to the end of the Route. Undefined when the first Route value is not a URI.
 */
export function postprocessRouting(request: Request): Uri | undefined {
  if (!request.has('route')) return request.target;
  const [first] = request.routes('route');
  if (first === undefined) return request.target;
  const uri = Uri.parse(first.uri);
  if (uri === undefined || uri.lr) return uri;
  request.set('Route', [...request.values('route').slice(1), `<${request.uri}>`]);
  request.uri = requestUriOf(first.uri);
  return request.target;
}

/** §16.6 step 9: a stream needs Content-Length, and every message should have it (§20.14). */
export function addContentLength(request: Request): void {
  if (!request.has('content-length')) request.append('Content-Length', String(request.bodyLength));
}

/** Octets of a request line and of our Via around its sent-by. */
const AROUND_VIA = 90;
/** Octets of a Record-Route or Path of ours around sent-by and parameters. */
const AROUND_ROUTE = 45;

/** Octets of an IPv6 address in brackets, with a port. */
const LONGEST_V6 = 47;

/**
 * The approximate size, in octets, of the request as it will be sent: §18.1.1 compares it with the MTU. `ours` are the
 * parameters of our Record-Route and Path, where these will be added. There are two values of each where the next hop
 * is of another transport or IP version than the inbound flow (RFC 5658).
 */
export function sizeOf(request: Request, next: Uri, inbound: Flow, ...ours: (string | undefined)[]): number {
  const { sentBy } = inbound;
  const isV6 = next.host.includes(':');
  const values = inbound.transport !== 'UDP' || isV6 !== sentBy.startsWith('[') ? 2 : 1;
  const own = isV6 ? Math.max(LONGEST_V6, sentBy.length) : sentBy.length;
  let size = request.method.length + request.uri.length + request.bodyLength + AROUND_VIA + own;
  for (const parameters of ours) {
    if (parameters !== undefined) size += values * (AROUND_ROUTE + own + parameters.length);
  }
  for (const field of request.fields) size += field.end - field.start;
  return size;
}
