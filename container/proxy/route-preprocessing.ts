// Route information preprocessing (§16.4): undoes a strict router's rewriting, takes our own Route values off, strips
// our maddr.
import { defaultPort, type Request, type Uri } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { cookieOf } from './route-cookie.js';

/** Tells which hosts and ports are this element: preprocessing needs no more. */
export interface Own {
  isOwn(host: string, port: number | undefined, transport: string | undefined): boolean;
}

/**
 * §16.4: the Route value of ours by which the request was routed, or undefined. Both values of a double Record-Route
 * are removed (RFC 5658).
 */
export function preprocessRoute(request: Request, own: Own, flow: Flow): Uri | undefined {
  undoStrictRouting(request, own);
  stripOwnMaddr(request, own, flow);
  let popped: Uri | undefined;
  while (request.has('route')) {
    const uri = request.routes('route')[0]?.target;
    if (uri === undefined || !isOwnUri(uri, own)) break;
    // The next value of a spiral is another pass through us. Only the second value of a double Record-Route is removed
    // with the first.
    if (popped !== undefined && cookieOf(popped) !== cookieOf(uri)) break;
    request.shift('route');
    popped = uri;
  }
  return popped;
}

/**
 * §11: whether OPTIONS is for this element itself: its Request-URI has no user. The Route has been processed before.
 */
export function isForElement(request: Request, own: Own): boolean {
  if (request.method !== 'OPTIONS' || request.has('route')) return false;
  return request.target.user === undefined && isOwnUri(request.target, own);
}

/** Whether it names this element. */
export function isOwnUri(uri: Uri, own: Own): boolean {
  return (uri.scheme === 'sip' || uri.scheme === 'sips') && own.isOwn(uri.host, uri.port, uri.transport);
}

/**
 * §16.4: a Request-URI that is a Record-Route value of ours was put there by a strict router; the original one is the
 * last Route value.
 */
function undoStrictRouting(request: Request, own: Own): void {
  const { target } = request;
  if (!target.lr || !request.has('route') || !isOwnUri(target, own)) return;
  const routes = request.values('route');
  const last = request.routes('route')[routes.length - 1];
  if (last === undefined) return;
  // Our own value goes back to the top, to be removed as if a loose router had sent it.
  const mine = `<${request.uri}>`;
  request.uri = last.uri;
  request.set('Route', [mine, ...routes.slice(0, -1)]);
}

/**
 * §16.4: our own maddr is stripped if the request was received on the port and transport that the Request-URI
 * indicates. Port and transport are stripped too if they are not the default ones.
 */
function stripOwnMaddr(request: Request, own: Own, flow: Flow): void {
  const { target } = request;
  if (target.maddr === undefined) return;
  const usual = target.scheme === 'sips' ? 'TLS' : 'UDP';
  const transport = (target.transport ?? usual).toUpperCase();
  const port = target.port ?? defaultPort(transport);
  if (port !== flow.localPort || transport !== flow.transport || !own.isOwn(target.maddr, port, transport)) return;
  const { parts } = target;
  const stripped = transport === usual ? /^maddr(=|$)/i : /^(maddr|transport)(=|$)/i;
  const kept = parts.parameters
    .split(';')
    .filter((parameter) => !stripped.test(parameter.trim()))
    .join(';');
  const user =
    parts.user === undefined ? '' : `${parts.user}${parts.password === undefined ? '' : `:${parts.password}`}@`;
  const place = target.port === defaultPort(usual) ? `:${port}` : '';
  request.uri = `${parts.scheme}:${user}${parts.host}${place}${kept}${parts.headers === '' ? '' : `?${parts.headers}`}`;
}
