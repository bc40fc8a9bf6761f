// A list of callers: exact ones, beginnings, and patterns with stars. A long list costs no more than a short one,
// unless it is of the last kind.

/** Who calls, in all the ways in which a list may name him: 'alice', 'alice@example.com', '+4930123'. */
export type Names = readonly string[];

export class Patterns {
  readonly #exact = new Set<string>();
  readonly #beginnings = new Set<string>();
  readonly #lengths: readonly number[];
  readonly #others: string[] = [];

  /** `*` stands for any text, also for none; case does not count. */
  constructor(patterns: Iterable<string>) {
    for (const pattern of patterns) {
      const text = pattern.toLowerCase();
      const star = text.indexOf('*');
      if (star < 0) this.#exact.add(text);
      else if (star === text.length - 1) this.#beginnings.add(text.slice(0, -1));
      else this.#others.push(text);
    }
    this.#lengths = [...new Set([...this.#beginnings].map(({ length }) => length))];
  }

  /** Whether one of the names is in the list. */
  has(names: Names): boolean {
    return names.some((name) => {
      const text = name.toLowerCase();
      return (
        this.#exact.has(text) ||
        this.#lengths.some((length) => length <= text.length && this.#beginnings.has(text.slice(0, length))) ||
        this.#others.some((pattern) => fits(pattern, text))
      );
    });
  }
}

/** Goes through both once, and at each star remembers where to begin again: no pattern takes exponential time. */
export function fits(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < text.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      resume = i;
    } else if (pattern[at] === text[i]) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
