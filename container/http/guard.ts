// Who may speak to the admin address: the right Host (against DNS rebinding), no page of another origin, and
// the token where one is needed.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { MiddlewareHandler } from 'hono';

export interface GuardOptions {
  /** Reachable from this host alone. */
  readonly isLoopback: boolean;
  readonly token: string | undefined;
}

/** Served without the token: it is the page that asks for it, and says nothing of the container. */
const OPEN: ReadonlySet<string> = new Set(['/']);

export function guard({ isLoopback, token }: GuardOptions): MiddlewareHandler {
  const expected = token === undefined ? undefined : digest(token);
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    // A name that a stranger has pointed at this address is none of ours.
    if (isLoopback && !isLoopbackHost(host)) return context.json({ error: 'the Host header names another host' }, 403);
    const origin = context.req.header('origin');
    const site = context.req.header('sec-fetch-site');
    const isForeign =
      (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) ||
      (site !== undefined && site !== 'same-origin' && !(site === 'none' && context.req.method === 'GET'));
    if (isForeign) return context.json({ error: 'requests of other origins are refused' }, 403);
    if (expected !== undefined && !OPEN.has(context.req.path)) {
      const given = /^Bearer +([^\s]+) *$/i.exec(context.req.header('authorization') ?? '')?.[1];
      if (given === undefined || !timingSafeEqual(digest(given), expected)) {
        context.header('WWW-Authenticate', 'Bearer');
        return context.json({ error: given === undefined ? 'a token is needed' : 'the token is wrong' }, 401);
      }
    }
    context.header('Cache-Control', 'no-store');
    context.header('X-Content-Type-Options', 'nosniff');
    return next();
  };
}

/** Of equal length, so that comparing takes equal time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || isLoopbackAddress(name);
}
