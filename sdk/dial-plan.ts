// How telephone numbers are dialled at one place, and what a URI names there (RFC 3966, E.164).

import { OtherUri } from './values/other-uri.js';
import { SipUri } from './values/sip-uri.js';
import { TelUri } from './values/tel-uri.js';
import { type Uri, type UriLike, uriOf } from './values/uri.js';

/** What a dial plan is made of: digits, in quotes where they are written in YAML. */
export interface DialPlanOptions {
  /** Country code without '+': '49'. Default: none. Then only international numbers are completed. */
  country?: string;
  /** Area code without the national prefix: '30'. Default: none. Then numbers without an area code stay as they are. */
  area?: string;
  /** What is dialled instead of '+'. Default: '00'. */
  international?: string | readonly string[];
  /** What is dialled before an area code: '0'. '': nothing is. Default: '0'. */
  national?: string;
  /**
   * Numbers of the emergency services. Default: '112' and '911'. `urn:service:sos` is the 112 where it is one of them,
   * else the first.
   */
  emergency?: string | readonly string[];
  /** Other numbers that are never completed: '115'. Default: none. */
  short?: string | readonly string[];
}

/**
 * What a URI names: an emergency service, a telephone number in E.164, digits that mean something at this place alone,
 * digits that cannot be a telephone number, or a name.
 */
export type PartyKind = 'emergency' | 'number' | 'local' | 'invalid' | 'name';

/** The party that a URI names. */
export interface Party {
  readonly kind: PartyKind;
  /**
   * A number in E.164 with its '+'; an emergency number as the plan has it; other digits without visual separators; a
   * name without its parameters, in its own case; '' for a URI without a user.
   */
  readonly user: string;
}

/** Those of RFC 3966, and others that people write. */
const SEPARATORS = /[-.()/\s]/g;
/** What a telephone can dial. A name never begins with '+'. */
const DIALLED = /^(\+.*|[\d*#]*)$/s;
/** E.164: a country code never begins with 0. */
const E164 = /^\+[1-9]\d{6,14}$/;
/** The national prefix in parentheses is for readers: +49(0)30 is dialled either as +4930 or as 030. */
const READERS_PREFIX = /\(0\)/;
const EUROPE = '112';
const KEYS = ['country', 'area', 'international', 'national', 'emergency', 'short'];
const LISTS = ['international', 'emergency', 'short'];

/**
 * How numbers are dialled at one place. All applications that read numbers with the same plan mean the same number.
 *
 * ```ts
 * const berlin = new DialPlan({ country: '49', area: '30', emergency: ['110', '112'] });
 * berlin.resolve('sip:0044-20-7946-0000@example.com') // { kind: 'number', user: '+442079460000' }
 * berlin.resolve('tel:123456;phone-context=+4930')    // { kind: 'number', user: '+4930123456' }
 * berlin.resolve('sip:alice@example.com')             // { kind: 'name', user: 'alice' }
 * ```
 */
export class DialPlan {
  readonly #country: string;
  readonly #area: string;
  readonly #international: readonly string[];
  readonly #national: string;
  readonly #emergency: ReadonlySet<string>;
  readonly #short: ReadonlySet<string>;
  /** The number that `urn:service:sos` stands for. */
  readonly #sos: string;

  /** Throws TypeError for options that are not those of a dial plan. */
  constructor(options: DialPlanOptions = {}) {
    const fault = faultOf(options);
    if (fault !== undefined) throw new TypeError(`DialPlan: ${fault}`);
    this.#country = options.country ?? '';
    this.#area = options.area ?? '';
    this.#international = listOf(options.international ?? '00');
    this.#national = options.national ?? '0';
    this.#emergency = new Set(listOf(options.emergency ?? ['112', '911']));
    this.#short = new Set(listOf(options.short ?? []));
    const [first = EUROPE] = this.#emergency;
    this.#sos = this.#emergency.has(EUROPE) ? EUROPE : first;
  }

  /** Whether the constructor takes the value. For the schema of a configuration. */
  static accepts(options: unknown): options is DialPlanOptions {
    return faultOf(options) === undefined;
  }

  /** The party that the URI names. Throws SipParseError for a text that is not a URI. */
  resolve(uri: UriLike): Party {
    const parsed = uriOf(uri);
    if (parsed instanceof OtherUri)
      return isSos(parsed) ? { kind: 'emergency', user: this.#sos } : { kind: 'name', user: parsed.toString() };
    const { written, context } = userIn(parsed);
    const digits = written.replace(SEPARATORS, '');
    if (written === '' || !DIALLED.test(digits)) return { kind: 'name', user: written };
    return this.#partyDialled(digits, context, written);
  }

  /**
   * The one form of a party's name, for lists, accounts and addresses of record: a number in E.164, a name in lower
   * case. Takes a URI, or a user as an operator writes it: '030 123456', 'Alice'.
   */
  canonical(party: UriLike): string {
    const isUser = typeof party === 'string' && !/^(sips?|tel|urn):/i.test(party);
    return this.resolve(isUser ? new SipUri({ user: party, host: 'localhost' }) : party).user.toLowerCase();
  }

  /** Whether the URI names an emergency service: one of the plan's numbers, or `urn:service:sos` (RFC 5031). */
  isEmergency(uri: UriLike): boolean {
    return this.resolve(uri).kind === 'emergency';
  }

  #partyDialled(digits: string, context: string | undefined, written: string): Party {
    if (this.#emergency.has(digits)) return { kind: 'emergency', user: digits };
    if (this.#short.has(digits)) return { kind: 'local', user: digits };
    const number = this.#completed(digits, context);
    // No number in E.164 is that short: somebody's telephone has completed it.
    const emergency = number && this.#emergencyNumberIn(number);
    if (emergency) return { kind: 'emergency', user: emergency };
    if (number !== undefined && this.#isNumber(number) && !READERS_PREFIX.test(written))
      return { kind: 'number', user: number };
    // Too short for an area code to make a number of it: an extension; or a code such as '*21#'.
    const isLocal = /^[\d*#]{1,15}$/.test(digits) && context === undefined && this.#prefixOf(digits) === undefined;
    if (isLocal) return { kind: 'local', user: digits };
    return { kind: 'invalid', user: this.#withoutNationalPrefix(number ?? digits) };
  }

  /** That of +49112; a plan without a country takes any country code. */
  #emergencyNumberIn(number: string): string | undefined {
    const prefix = `+${this.#country}`;
    const codes = this.#country === '' ? [2, 3, 4] : number.startsWith(prefix) ? [prefix.length] : [];
    if (E164.test(number)) return undefined;
    return codes.map((length) => number.slice(length)).find((rest) => this.#emergency.has(rest));
  }

  /** The number that +490301234567 and +49(0)301234567 mean: a caller who shows one of them is screened by it. */
  #withoutNationalPrefix(number: string): string {
    const prefix = `+${this.#country}${this.#national}`;
    const isRepeated = this.#country !== '' && this.#national !== '' && number.startsWith(prefix);
    return isRepeated ? `+${this.#country}${number.slice(prefix.length)}` : number;
  }

  #isNumber(number: string): boolean {
    const hasNationalPrefix = this.#national === '0' && this.#country !== '' && number.startsWith(`+${this.#country}0`);
    return E164.test(number) && !hasNationalPrefix;
  }

  /** Undefined for digits that the plan does not complete. */
  #completed(digits: string, context: string | undefined): string | undefined {
    if (digits.startsWith('+')) return digits;
    // RFC 3966 §5.1.5: a context that begins with '+' is the beginning of the number.
    if (context !== undefined) {
      const isWithNationalPrefix = context === `+${this.#country}` && this.#prefixOf(digits) === this.#national;
      return context + (isWithNationalPrefix ? digits.slice(this.#national.length) : digits);
    }
    const prefix = this.#prefixOf(digits);
    if (prefix !== undefined) {
      const rest = digits.slice(prefix.length);
      return this.#international.includes(prefix) ? `+${rest}` : `+${this.#country}${rest}`;
    }
    const isComplete = this.#country !== '' && (this.#area !== '' || this.#national === '');
    return isComplete ? `+${this.#country}${this.#area}${digits}` : undefined;
  }

  /** The prefix by which the digits are completed: an international one, or the national one. */
  #prefixOf(digits: string): string | undefined {
    const prefixes = this.#country === '' ? this.#international : [...this.#international, this.#national];
    return prefixes.find((prefix) => prefix !== '' && digits.startsWith(prefix));
  }
}

function faultOf(options: unknown): string | undefined {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return 'the options must be a map';
  for (const [key, value] of Object.entries(options)) {
    if (!KEYS.includes(key)) return `${key} is not one of ${KEYS.join(', ')}`;
    if (value === undefined) continue;
    const values = LISTS.includes(key) ? listOf<unknown>(value) : [value];
    const wrong = values.find((one) => typeof one !== 'string' || !/^\d*$/.test(one));
    if (wrong !== undefined) return `${key} must be digits in quotes, such as '49', not ${JSON.stringify(wrong)}`;
  }
  return undefined;
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

/** RFC 5031: `urn:service:sos`, or one of its services such as `urn:service:sos.police`. */
function isSos(uri: OtherUri): boolean {
  return /^urn:service:sos(\.|$)/i.test(uri.toString());
}

/** The user without parameters, and a phone-context that is itself the beginning of a number. */
function userIn(uri: Exclude<Uri, OtherUri>): { written: string; context: string | undefined } {
  if (uri instanceof TelUri) return { written: uri.number, context: prefixIn(uri.parameters.get('phone-context')) };
  // §19.1.6: the user of a SIP URI may hold all of a tel URI.
  const [written = '', ...parameters] = (uri.user ?? '').split(';');
  const context = parameters.find((each) => /^phone-context=/i.test(each));
  return { written, context: prefixIn(context?.slice('phone-context='.length)) };
}

function prefixIn(context: string | true | undefined): string | undefined {
  return typeof context === 'string' && context.startsWith('+') ? context.replace(SEPARATORS, '') : undefined;
}
