// Which requests the admin address accepts: those with the right Host (against DNS rebinding), not from a page of
// another origin, and with the token where one is required.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { MiddlewareHandler } from 'hono';

export interface GuardOptions {
  /** Only this host can reach the address. */
  readonly isLoopback: boolean;
  readonly token: string | undefined;
}

/** Served without the token: this page asks for it, and reveals nothing about the container. */
const OPEN: ReadonlySet<string> = new Set(['/']);

export function guard({ isLoopback, token }: GuardOptions): MiddlewareHandler {
  const expected = token === undefined ? undefined : digest(token);
  return async (context, next) => {
    const { req } = context;
    const host = req.header('host') ?? '';
    // An attacker may have pointed a domain name at this address.
    if (isLoopback && !isLoopbackHost(host)) return context.json({ error: 'the Host header names another host' }, 403);
    const isGet = req.method === 'GET';
    if (isForeignOrigin(req.header('origin'), host) || isForeignSite(req.header('sec-fetch-site'), isGet)) {
      return context.json({ error: 'requests from other origins are refused' }, 403);
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

/** Browsers send 'none' for an address that the user typed. */
function isForeignSite(site: string | undefined, isGet: boolean): boolean {
  return site !== undefined && site !== 'same-origin' && !(site === 'none' && isGet);
}

/** Says what is wrong with the credentials, if a token is required. */
function tokenFault(authorization: string | undefined, expected: Buffer | undefined): string | undefined {
  if (expected === undefined) return undefined;
  const given = /^Bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1];
  if (given === undefined) return 'a token is required';
  return timingSafeEqual(digest(given), expected) ? undefined : 'the token is wrong';
}

/** Digests have equal lengths, so comparing them takes constant time. */
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
