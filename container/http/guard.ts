// Which requests the admin address accepts: with the right Host (against DNS rebinding), from no page of another
// origin, and with the token where one is needed.
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
    const { req } = context;
    const host = req.header('host') ?? '';
    // A stranger may have pointed a name of his own at this address.
    if (isLoopback && !isLoopbackHost(host)) return context.json({ error: 'the Host header names another host' }, 403);
    const isGet = req.method === 'GET';
    if (isForeignOrigin(req.header('origin'), host) || isForeignSite(req.header('sec-fetch-site'), isGet)) {
      return context.json({ error: 'requests of other origins are refused' }, 403);
    }
    const fault = OPEN.has(req.path) ? undefined : tokenFault(req.header('authorization'), expected);
    if (fault !== undefined) {
      context.header('WWW-Authenticate', 'Bearer');
      return context.json({ error: fault }, 401);
    }
    context.header('Cache-Control', 'no-store');
    context.header('X-Content-Type-Options', 'nosniff');
    return next();
  };
}

function isForeignOrigin(origin: string | undefined, host: string): boolean {
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

/** 'none' is what a browser sends for an address that was typed. */
function isForeignSite(site: string | undefined, isGet: boolean): boolean {
  return site !== undefined && site !== 'same-origin' && !(site === 'none' && isGet);
}

/** What is wrong with the credentials, if a token is expected. */
function tokenFault(authorization: string | undefined, expected: Buffer | undefined): string | undefined {
  if (expected === undefined) return undefined;
  const given = /^Bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1];
  if (given === undefined) return 'a token is needed';
  return timingSafeEqual(digest(given), expected) ? undefined : 'the token is wrong';
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
