// Header values with parameters: `Reason: SIP;cause=200`, `Event: presence;id=7`.

import { SipParseError } from '../errors.js';
import { closingQuote } from '../grammar/text.js';
import { readParameters, writeParameters } from './header-parameters.js';
import { type Entries, named } from './named.js';
import { NOTHING_WRITTEN, type Written } from './written.js';

/** A value followed by parameters (JSR 289's Parameterable). Values of parameters are held without their quotes. */
export class Parameterable {
  /** The part before the first ';'. */
  value: string;
  /** `true` for one without a value. Names are in lower case, whatever case they are looked up in. */
  readonly parameters: Map<string, string | true>;
  #written: Pick<Written, 'find'> = NOTHING_WRITTEN;

  constructor(value: string, parameters?: Entries<string | true>) {
    this.value = value;
    this.parameters = named(parameters);
  }

  /** Throws SipParseError when the part after the first ';' is not a list of parameters. */
  static parse(text: string): Parameterable {
    const semicolon = valueEnd(text);
    const parameterable = new Parameterable(text.slice(0, semicolon).trim());
    const written = readParameters(text.slice(semicolon), parameterable.parameters);
    if (written === undefined)
      throw new SipParseError('a value with parameters', text, 'its parameters are not well formed', semicolon);
    parameterable.#written = written;
    return parameterable;
  }

  /** Throws TypeError when a part cannot be written. */
  toString(): string {
    if (/[\r\n]/.test(this.value)) throw new TypeError('Parameterable.value: a line break cannot be sent');
    return this.value + writeParameters(this.parameters, this.#written, 'Parameterable');
  }

  /** A copy that shares nothing with this one. */
  clone(): Parameterable {
    const copy = new Parameterable(this.value, this.parameters);
    copy.#written = this.#written;
    return copy;
  }

  /** Whether both have the same value and parameters, apart from the order and case of parameter names. */
  equals(other: unknown): boolean {
    if (
      !(other instanceof Parameterable) ||
      this.value !== other.value ||
      this.parameters.size !== other.parameters.size
    )
      return false;
    for (const [name, value] of this.parameters) if (other.parameters.get(name) !== value) return false;
    return true;
  }
}

/** Index of the first ';' outside of quotes and <>. */
function valueEnd(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text[i] === ';') return i;
    if (text[i] === '"') i = closingQuote(text, i, text.length);
    else if (text[i] === '<') {
      const close = text.indexOf('>', i);
      if (close < 0) break;
      i = close;
    }
  }
  return text.length;
}
