// The registered header field names and their compact forms (§7.3.3, §20), looked up from octets without allocating.
import { wireOctets } from './octets.js';
import { CLASS, TOKEN } from './text.js';

/** The headers whose fields `parse` checks. 0 stands for all others. */
export const Role = {
  opaque: 0,
  via: 1,
  from: 2,
  to: 3,
  callId: 4,
  cseq: 5,
  maxForwards: 6,
  contentLength: 7,
  route: 8,
  recordRoute: 9,
  timestamp: 10,
} as const;

/** One registered name. */
export class HeaderName {
  /** The long name in lower case, which fields are found by. */
  readonly key: string;
  /** The spelling of the RFC that defines it. */
  readonly name: string;
  /** One letter, or '' (§7.3.3). */
  readonly compact: string;
  readonly role: number;
  /** Whether the value is not a comma-separated list: it is one value, even if it contains commas (§7.3.1). */
  readonly whole: boolean;

  constructor(name: string, compact: string, whole: boolean, role: number) {
    this.key = name.toLowerCase();
    this.name = name;
    this.compact = compact;
    this.role = role;
    this.whole = whole;
  }
}

const LISTS = `
 Accept Accept-Contact=a Accept-Encoding Accept-Language Accept-Resource-Priority Additional-Identity Alert-Info
 Allow Allow-Events=u Authentication-Info Call-Info Cellular-Network-Info Contact=m Content-Encoding=e
 Content-Language DC-Info Diversion Encryption Error-Info Feature-Caps Geolocation Geolocation-Error Hide
 History-Info Identity=y In-Reply-To P-Access-Network-Info P-Asserted-Identity P-Asserted-Service
 P-Associated-URI P-Charging-Function-Addresses P-Early-Media P-Media-Authorization P-Preferred-Identity
 P-Preferred-Service P-Private-Network-Indication P-Visited-Network-ID Path Permission-Missing Policy-Contact
 Policy-ID Privacy Proxy-Require Reason Record-Route Recv-Info Reject-Contact=j Relayed-Charge
 Request-Disposition=d Require Resource-Priority Resource-Share Response-Key Route Security-Client
 Security-Server Security-Verify Service-Interact-Info Service-Route Supported=k Trigger-Consent Unsupported
 User-to-User Via=v Warning Remote-Party-ID Priority-Share`.trim();
const WHOLE = `
 Answer-Mode Authorization Call-ID=i Content-Disposition Content-ID Content-Length=l Content-Type=c CSeq Date
 Event=o Expires Flow-Timer From=f Geolocation-Routing Identity-Info=n Info-Package Join Max-Breadth Max-Forwards
 MIME-Version Min-Expires Min-SE Organization Origination-Id P-Answer-State P-Called-Party-ID P-Charge-Info
 P-Charging-Vector P-DCS-Billing-Info P-DCS-LAES P-DCS-OSPS P-DCS-Redirect P-DCS-Trace-Party-ID P-Profile-Key
 P-Refused-URI-List P-Served-User P-User-Database Priority Priority-Verstat Priv-Answer-Mode Proxy-Authenticate
 Proxy-Authorization RAck Reason-Phrase Refer-Events-At Refer-Sub Refer-To=r Referred-By=b Replaces Reply-To
 Response-Source Restoration-Info Retry-After RSeq Server Session-Expires=x Session-ID SIP-ETag SIP-If-Match
 Subject=s Subscription-State Suppress-If-Match Target-Dialog Timestamp To=t User-Agent WWW-Authenticate`.trim();
const ROLES = new Map<string, number>([
  ['Via', Role.via],
  ['From', Role.from],
  ['To', Role.to],
  ['Call-ID', Role.callId],
  ['CSeq', Role.cseq],
  ['Max-Forwards', Role.maxForwards],
  ['Content-Length', Role.contentLength],
  ['Route', Role.route],
  ['Record-Route', Role.recordRoute],
  ['Timestamp', Role.timestamp],
]);

const bySpelling = new Map<string, HeaderName>();

// A trie over all spellings, regardless of case, as a table: entry state * 128 + octet is the next state. END ends a
// name; UNKNOWN is the state of any name that is not registered.
const END = 0;
const UNKNOWN = 1;
/** The state at the beginning of a name. */
export const NAME_START = 2;
const UNREGISTERED: readonly number[] = Array.from({ length: 128 }, (_, octet) =>
  ((CLASS[octet] ?? 0) & TOKEN) === 0 ? END : UNKNOWN,
);

/** A state while the trie is built: the next state for each octet, and the name that ends here. */
interface State {
  readonly number: number;
  readonly next: (State | undefined)[];
  header: HeaderName | undefined;
}
const states: State[] = [];

function newState(number: number): State {
  const state: State = { number, next: [], header: undefined };
  states[number] = state;
  return state;
}
const start = newState(NAME_START);

function plant(spelling: string, header: HeaderName): void {
  let state = start;
  for (let i = 0; i < spelling.length; i++) {
    const lower = spelling.charCodeAt(i);
    const next = state.next[lower] ?? newState(states.length);
    state.next[lower] = next;
    state.next[spelling.toUpperCase().charCodeAt(i)] = next;
    state = next;
  }
  state.header = header;
}

for (const [listed, whole] of [[LISTS, false] as const, [WHOLE, true] as const]) {
  for (const item of listed.split(/\s+/)) {
    const [name = '', compact = ''] = item.split('=');
    const header = new HeaderName(name, compact, whole, ROLES.get(name) ?? Role.opaque);
    plant(header.key, header);
    if (compact !== '') plant(compact, header);
    for (const spelling of [name, header.key, compact, compact.toUpperCase()]) {
      if (spelling !== '') bySpelling.set(spelling, header);
    }
  }
}
const ends = Array.from(states, (state) => state?.header);
const trie = new Uint16Array(states.length * 128);
trie.set(UNREGISTERED, UNKNOWN * 128);
for (const { number, next } of states.slice(NAME_START)) {
  trie.set(UNREGISTERED, number * 128);
  for (const [octet, state] of next.entries()) if (state !== undefined) trie[number * 128 + octet] = state.number;
}

/** The most frequent names. They are compared directly before the trie is used. */
const USUAL =
  `Via Max-Forwards From To Call-ID CSeq Contact Content-Length Content-Type Allow User-Agent Supported Route
 Record-Route Expires Server Subject Require Session-Expires Min-SE P-Asserted-Identity Privacy`.split(/\s+/);

/**
 * A usual name takes this many numbers: its length, the range to try next, the end of this one, and a triple for every
 * four octets: their offset, the bits that differ by case, and the word with these bits set. The last four octets
 * overlap the ones before, or extend past the colon.
 */
const STRETCH = 32;
const tests = new Int32Array((USUAL.length + 1) * STRETCH);
// Name 0 stands for none. Its length is -1, so that adding one for the colon gives 0.
tests[0] = -1;
/** The range to try first, by the first and the third octet; 0 for none. */
const slots = new Uint16Array(1024);
/** By the number of the range, which begins at 1. */
const usual: (HeaderName | undefined)[] = [undefined];

function tripleOf(spelled: string, offset: number): [offset: number, bits: number, word: number] {
  let bits = 0;
  let word = 0;
  for (let k = 0; k < 4; k++) {
    // Any octet may follow 'To:'.
    const octet = spelled.charCodeAt(offset + k) || 0xff;
    bits |= (octet === 0xff ? 0xff : octet >= 97 ? 0x20 : 0) << (8 * k);
    word |= octet << (8 * k);
  }
  return [offset, bits, word];
}

for (const name of USUAL) {
  const first = usual.push(bySpelling.get(name)) * STRETCH - STRETCH;
  const { length } = name;
  const spelled = `${name.toLowerCase()}:`;
  const slot = ((spelled.charCodeAt(0) & 31) << 5) | (spelled.charCodeAt(2) & 31);
  const stretch = [length, slots[slot] ?? 0, 0];
  for (let at = 0; at < length; at += 4)
    stretch.push(...tripleOf(spelled, Math.max(0, Math.min(at, spelled.length - 4))));
  stretch[2] = first + stretch.length;
  tests.set(stretch, first);
  slots[slot] = first;
}
const octets = wireOctets;
const view = new DataView(octets.buffer);

/**
 * Returns which usual long name, in any case, starts here in the open message and has a colon right after it; 0 for
 * none. The result is a number, so that a reader can continue after the name before it looks at the header.
 */
export function usualAt(start: number): number {
  // Local copies: a loop may look up a constant of the module in each iteration.
  const wire = octets;
  const numbers = tests;
  const words = view;
  let at = slots[(((wire[start] as number) & 31) << 5) | ((wire[start + 2] as number) & 31)] as number;
  while (at !== 0) {
    if (wire[start + (numbers[at] as number)] === 58) {
      const last = numbers[at + 2] as number;
      let t = at + 3;
      while (t < last) {
        const word = words.getInt32(start + (numbers[t] as number), true);
        if ((word | (numbers[t + 1] as number)) !== numbers[t + 2]) break;
        t += 3;
      }
      if (t === last) return at;
    }
    at = numbers[at + 1] as number;
  }
  return 0;
}

/** The length of that name in octets; -1 for 0, which has no colon to add either. */
export function usualLength(which: number): number {
  return tests[which] as number;
}

/** Undefined for 0. */
export function usualHeader(which: number): HeaderName | undefined {
  return usual[which >> 5];
}

/** The state after one more octet of a name; 0 when the octet cannot be part of a name. */
export function nameStep(state: number, octet: number | undefined): number {
  return octet !== undefined && octet < 128 ? (trie[(state << 7) | octet] ?? END) : END;
}

/** The registered name that ends in this state, in any case, long or compact. */
export function nameIn(state: number): HeaderName | undefined {
  return ends[state];
}

const via = bySpelling.get('Via');

/** The registered name in any spelling, or undefined. */
export function headerName(name: string): HeaderName | undefined {
  // A shortcut: every message gets a Via.
  if (name === 'Via') return via;
  return bySpelling.get(name) ?? bySpelling.get(name.toLowerCase());
}

/** The key of a name in any spelling: the long name in lower case (§7.3.3). */
export function keyOf(name: string): string {
  return headerName(name)?.key ?? name.toLowerCase();
}

/** Whether commas in a value of this header separate values. This also holds for unregistered headers (§7.3.1). */
export function isList(key: string): boolean {
  return bySpelling.get(key)?.whole !== true;
}
