// A list of callers, in which '*' stands for any text.

export class Patterns {
  readonly #exact = new Set<string>();
  readonly #withStar: string[] = [];

  /** Case does not count. */
  constructor(patterns: Iterable<string>) {
    for (const pattern of patterns) {
      if (pattern.includes('*')) this.#withStar.push(pattern.toLowerCase());
      else this.#exact.add(pattern.toLowerCase());
    }
  }

  /** Whether one of the names is in the list. */
  hasAny(names: readonly string[]): boolean {
    return names
      .map((name) => name.toLowerCase())
      .some((name) => this.#exact.has(name) || this.#withStar.some((pattern) => fits(pattern, name)));
  }
}

/** Remembers at each star where to try again: no pattern takes exponential time, as a regular expression may. */
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
