// How the parts of a parsed value were written, so that unchanged parts are written that way again.

/**
 * 'sip:a%3Bb@h' and 'sip:a;b@h' differ (§19.1.4), though the user of both is 'a;b' when decoded. So a value remembers
 * how each decoded part was written, and writes it that way as long as the part is unchanged.
 */
export class Written {
  readonly #texts = new Map<string, string>();

  /** Notes how `value` of that part was written. */
  note(part: string, value: string, text: string): void {
    this.#texts.set(`${part}\0${value}`, text);
  }

  /** How the part was written, if that is known. */
  find(part: string, value: string): string | undefined {
    return this.#texts.get(`${part}\0${value}`);
  }
}

/** Remembers nothing: most values need no notes. */
export const NOTHING_WRITTEN: Pick<Written, 'find'> = { find: () => undefined };
