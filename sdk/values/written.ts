// How the parts of a parsed value were written, so that what the application leaves alone is written that way again.

/**
 * 'sip:a%3Bb@h' and 'sip:a;b@h' differ (§19.1.4), though the user of both is 'a;b' when decoded. So a value remembers
 * how each decoded part was written, and uses it for as long as the part is what it was.
 */
export class Written {
  readonly #texts = new Map<string, string>();

  /** Notes how `value` of that part was written. */
  note(part: string, value: string, text: string): void {
    this.#texts.set(`${part}\0${value}`, text);
  }

  /** How it was written, when that is known. */
  find(part: string, value: string): string | undefined {
    return this.#texts.get(`${part}\0${value}`);
  }
}

/** Nothing to remember: most values are written as they would be anyway. */
export const NOTHING_WRITTEN: Pick<Written, 'find'> = { find: () => undefined };
