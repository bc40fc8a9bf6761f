// Which engine a message belongs to: the one named by what an engine wrote into it (branch, Record-Route, tag,
// session), otherwise the one of its Call-ID. Never throws.
import type { HeadScan } from './head-scan.js';
import { engineOf, engineOfTag } from './marks.js';

/** What is known besides the message. */
export interface Ground {
  /** How many engines there are. */
  readonly count: number;
  /** The salt of the tags of this run. */
  readonly salt: string;
  /** The engine of a call that is not where its Call-ID would put it. */
  movedTo(callId: string): number | undefined;
}

const MAGIC_COOKIE = 'z9hg4bk';

/**
 * The engine, from 0, that the message names, or -1: then `engineOfCall` decides. A response has our branch. A request
 * in a dialog that we proxy has our Route, or our Request-URI after a strict router (§16.4); in a dialog that ends here
 * it has our tag. An initial request may name a session (JSR 289 §15.11) or a dialog to replace or join (RFC 3891, RFC
 * 3911).
 */
export function engineNamedIn(scan: HeadScan, ground: Ground): number {
  const { count, salt } = ground;
  if (scan.isResponse) return within(engineOfBranch(scan.via), count);
  const { route, uri } = scan;
  let engine = route === '' ? -1 : within(engineOfUri(uriOf(route), WRITTEN), count);
  // Without a Route no strict router has changed the Request-URI: its parameters are those of a Contact.
  if (engine < 0 && route !== '') engine = within(engineOfUri(uri, WRITTEN), count);
  if (engine >= 0) return engine;
  const tag = parameterOf(scan.to, 'tag');
  if (tag !== '') return within(engineOfTag(tag, salt), count);
  engine = within(engineOfUri(uri, OF_SESSIONS), count);
  if (engine >= 0) return engine;
  return scan.named === '' || scan.method !== 'INVITE' ? -1 : engineOfNamed(scan.named, ground);
}

/** The engine of a message that names none: the same for all messages with that Call-ID, and 0 without one. */
export function engineOfCall(callId: string, { count, movedTo }: Ground): number {
  return movedTo(callId) ?? hashOf(callId) % count;
}

/**
 * A text that an INVITE shares with its retransmissions, its CANCEL and the ACK to a final response other than 2xx, but
 * with no other request of the call (§17.2.3): an upstream proxy that forks sends several INVITEs with one Call-ID. ''
 * for an RFC 2543 peer; then only the Call-ID is left.
 */
export function transactionOf({ via, callId }: HeadScan): string {
  const branch = branchOf(via);
  return branch === '' ? '' : `${branch}\n${callId}`;
}

/** A hash of 32 bits, the same in every run. */
export function hashOf(text: string): number {
  if (text === '') return 0;
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function within(engine: number, count: number): number {
  return engine < count ? engine : -1;
}

/** The branch of the topmost Via, whatever follows in the same field; '' without one, and for an RFC 2543 peer. */
function branchOf(via: string): string {
  const comma = via.indexOf(',');
  const first = comma < 0 ? via : via.slice(0, comma);
  const branch = parameterIn(first, first.indexOf(';'), 'branch');
  const isOne =
    branch.length > MAGIC_COOKIE.length && branch.slice(0, MAGIC_COOKIE.length).toLowerCase() === MAGIC_COOKIE;
  return isOne ? branch : '';
}

function engineOfBranch(via: string): number {
  const branch = branchOf(via);
  if (branch === '') return -1;
  // A branch of a stateless request (§16.11) belongs to no engine: z9hG4bKs-…
  return branch.charCodeAt(MAGIC_COOKIE.length + 1) === 45 ? -1 : engineOf(branch.charCodeAt(MAGIC_COOKIE.length));
}

/**
 * The engine in a URI that we wrote: a Record-Route (`sid`), the Route of a request that the router sent out
 * (`return`), or a session (`siplet-session`).
 */
function engineOfUri(uri: string, names: readonly string[]): number {
  if (uri.indexOf(';') < 0) return -1;
  const question = uri.indexOf('?');
  const plain = question < 0 ? uri : uri.slice(0, question);
  const start = plain.indexOf(';', plain.indexOf('@') + 1);
  if (start < 0) return -1;
  for (const name of names) {
    const value = parameterIn(plain, start, name);
    if (value !== '') return engineOf(value.charCodeAt(0));
  }
  return -1;
}

/** The parameters of our URIs whose value begins with the engine. */
const OF_SESSIONS: readonly string[] = ['siplet-session'];
const WRITTEN: readonly string[] = ['sid', 'return', ...OF_SESSIONS];

/** The engine of the dialog in Replaces or Join: one of its tags is ours, or its Call-ID decides, if it is proxied. */
function engineOfNamed(named: string, ground: Ground): number {
  const semicolon = named.indexOf(';');
  if (semicolon < 0) return -1;
  for (const name of ['to-tag', 'from-tag']) {
    const engine = within(engineOfTag(parameterIn(named, semicolon, name), ground.salt), ground.count);
    if (engine >= 0) return engine;
  }
  return engineOfCall(named.slice(0, semicolon).trim(), ground);
}

/** The URI of the first Route value, between its brackets. */
function uriOf(route: string): string {
  const open = bracketIn(route);
  const close = route.indexOf('>', open);
  return open < 0 || close < 0 ? '' : route.slice(open + 1, close);
}

/** The offset of the opening bracket of the name-addr, after any quoted display name; -1 when there is none. */
function bracketIn(text: string): number {
  if (text.charCodeAt(0) !== 34) return text.indexOf('<');
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 92) i++;
    else if (code === 34) return text.indexOf('<', i);
  }
  return -1;
}

/** A header parameter of a name-addr or addr-spec (§20.10); '' when absent. */
function parameterOf(party: string, name: string): string {
  const open = bracketIn(party);
  const close = open < 0 ? 0 : party.indexOf('>', open);
  return close < 0 ? '' : parameterIn(party, party.indexOf(';', close), name);
}

/**
 * The value of the parameter after the semicolon at `start`, regardless of white space and case; '' when it is another
 * parameter.
 */
function parameterIn(text: string, start: number, name: string): string {
  let at = start;
  let equals = -1;
  while (at >= 0) {
    const next = text.indexOf(';', at + 1);
    const end = next < 0 ? text.length : next;
    if (equals < at) equals = text.indexOf('=', at);
    if (equals < 0) return '';
    if (equals < end && isNamed(text, at + 1, equals, name)) return text.slice(equals + 1, end).trim();
    at = next;
  }
  return '';
}

function isNamed(text: string, from: number, to: number, name: string): boolean {
  if (to - from < name.length) return false;
  const found = text.slice(from, to).trim();
  return found.length === name.length && found.toLowerCase() === name;
}
