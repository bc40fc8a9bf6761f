// The target set (§16.5): no URI is tried twice. And the targets that a redirection names (§16.7 step 4).
import { SipUri } from '@siplet/sdk';
import { type Response, Uri } from '../message/index.js';

/** URIs that have been targets, compared by §19.1.4. */
export class TargetSet {
  #texts: readonly string[] = [];
  #parsed: (SipUri | undefined)[] | undefined;

  /** False when it contains an equal one already. */
  add(text: string): boolean {
    if (this.#texts.length > 0 && this.#has(text)) return false;
    this.#texts = [...this.#texts, text];
    return true;
  }

  #has(text: string): boolean {
    if (this.#texts.includes(text)) return true;
    const uri = parsed(text);
    if (uri === undefined) return false;
    this.#parsed ??= [];
    for (const other of this.#texts.slice(this.#parsed.length)) this.#parsed.push(parsed(other));
    return this.#parsed.some((other) => other?.equals(uri) ?? false);
  }
}

function parsed(text: string): SipUri | undefined {
  try {
    return SipUri.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The Contacts of a 3xx that can be tried: SIP, SIPS and tel URIs, only SIPS when the request asked for it, highest q
 * first (§20.10).
 */
export function contactsOf(response: Response, secure: boolean): string[] {
  const contacts: { uri: string; q: number }[] = [];
  for (const address of response.routes('contact')) {
    const scheme = Uri.parse(address.uri)?.scheme;
    if (scheme !== 'sips' && (secure || (scheme !== 'sip' && scheme !== 'tel'))) continue;
    contacts.push({ uri: address.uri, q: qOf(address.parameter('q')) });
  }
  return contacts.sort((a, b) => b.q - a.q).map(({ uri }) => uri);
}

/** §20.10: a missing or malformed q counts as 1. */
function qOf(value: string | true | undefined): number {
  if (typeof value !== 'string' || !/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(value)) return 1;
  return Number(value);
}
