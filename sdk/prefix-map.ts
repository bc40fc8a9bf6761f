// Values by prefix, such as the rates of telephone numbers. The longest prefix counts.

/**
 * Values by prefix. The empty prefix begins every text.
 *
 * ```ts
 * new PrefixMap([['+', 0.5], ['+49', 0.1]]).get('+4930123456') // 0.1
 * ```
 */
export class PrefixMap<T> {
  readonly #values: ReadonlyMap<string, T>;
  /** Of the prefixes, the longest first: a look-up costs as much for ten thousand of them as for ten. */
  readonly #lengths: readonly number[];

  constructor(entries: Iterable<readonly [prefix: string, value: T]>) {
    this.#values = new Map(entries);
    this.#lengths = [...new Set([...this.#values.keys()].map(({ length }) => length))].sort((a, b) => b - a);
  }

  /** How many prefixes there are. */
  get size(): number {
    return this.#values.size;
  }

  /** The value of the longest prefix of the text; undefined when it has none. */
  get(text: string): T | undefined {
    return this.getAll(text)[0];
  }

  /** The values of all prefixes of the text, that of the longest first. */
  getAll(text: string): T[] {
    const prefixes = this.#lengths.filter((length) => length <= text.length).map((length) => text.slice(0, length));
    return prefixes.filter((prefix) => this.#values.has(prefix)).map((prefix) => this.#values.get(prefix) as T);
  }
}
