// Telephone numbers: what callers dial becomes E.164, and E.164 becomes what a carrier wants (RFC 3966).
import { SipUri, TelUri, type Uri } from '@siplet/sdk';

/** How numbers are dialled where the callers are. */
export interface DialPlan {
  /** Country code without '+', '49'; '' leaves national numbers as they are. */
  readonly country: string;
  /** Area code without the national prefix, '30'; '' leaves numbers without it as they are. */
  readonly area: string;
  /** What stands for '+': '00', or '011'. */
  readonly international: readonly string[];
  /** What stands for the country: '0'; '' when numbers are dialled without it. */
  readonly national: string;
  /** Numbers that mean the same everywhere and are never completed: '110', '112'. */
  readonly short: readonly string[];
}

/** What begins with `strip` begins with `prepend` instead. */
export interface Rewrite {
  readonly strip: string;
  readonly prepend: string;
}

const VISUAL_SEPARATORS = /[-.()]/g;

/** The number that a URI names, as it is dialled: '+' and digits. Undefined for a name: 'bob'. */
export function dialled(uri: Uri): string | undefined {
  if (uri instanceof TelUri) return numberIn(uri.number, uri.parameters.get('phone-context'));
  if (!(uri instanceof SipUri) || uri.user === undefined) return undefined;
  // §19.1.6: the user of a SIP URI may hold all of a tel URI.
  const [number = '', ...parameters] = uri.user.split(';');
  const context = parameters.find((each) => each.toLowerCase().startsWith('phone-context='));
  return numberIn(number, context?.slice('phone-context='.length));
}

function numberIn(written: string, context: string | true | undefined): string | undefined {
  const digits = written.replace(VISUAL_SEPARATORS, '');
  if (!/^(\+\d{1,20}|\d{1,24})$/.test(digits)) return undefined;
  // RFC 3966 §5.1.5: a context that is itself a number is what the local number lacks.
  if (typeof context === 'string' && context.startsWith('+') && !digits.startsWith('+'))
    return context.replace(VISUAL_SEPARATORS, '') + digits;
  return digits;
}

/** E.164 with its '+'; what the plan cannot complete stays as it is. */
export function normalised(number: string, plan: DialPlan): string {
  if (number.startsWith('+') || plan.short.includes(number)) return number;
  for (const prefix of plan.international) {
    if (prefix !== '' && number.startsWith(prefix)) return `+${number.slice(prefix.length)}`;
  }
  if (plan.country === '') return number;
  if (plan.national !== '' && number.startsWith(plan.national))
    return `+${plan.country}${number.slice(plan.national.length)}`;
  if (plan.area !== '') return `+${plan.country}${plan.area}${number}`;
  return plan.national === '' ? `+${plan.country}${number}` : number;
}

/** The first rewriting that fits is made, and no other. */
export function rewritten(number: string, rules: readonly Rewrite[]): string {
  const rule = rules.find(({ strip }) => number.startsWith(strip));
  return rule === undefined ? number : rule.prepend + number.slice(rule.strip.length);
}
