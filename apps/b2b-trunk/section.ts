// Reads a section of siplet.yaml by hand: each key is checked where it is taken, and all faults are
// told at once, each with its place.

/** Turns a value into what is needed; throws an Error whose message says what it must be. */
export type Kind<T> = (value: unknown) => T;

export class Section {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #taken = new Set<string>();

  private constructor(
    value: unknown,
    readonly place: string,
    readonly faults: string[],
  ) {
    this.#values = isMap(value) ? value : {};
    if (!isMap(value)) faults.push(`${place}: must be a map of keys and values`);
  }

  /** What `reader` makes of the section. Throws an Error that names every fault of it. */
  static read<T>(value: unknown, place: string, reader: (section: Section) => T): T {
    const faults: string[] = [];
    const made = Section.#within(value ?? {}, place, faults, reader);
    if (faults.length > 0) throw new Error(faults.join('; '));
    return made;
  }

  static #within<T>(value: unknown, place: string, faults: string[], reader: (section: Section) => T): T {
    const section = new Section(value, place, faults);
    const made = reader(section);
    for (const key of Object.keys(section.#values))
      if (!section.#taken.has(key)) faults.push(`${place}.${key}: there is no such key`);
    return made;
  }

  /** The value of a key, or the fallback where there is none or a wrong one. */
  take<T, F = T>(key: string, kind: Kind<T>, fallback: F): T | F {
    this.#taken.add(key);
    const value = this.#values[key];
    if (value === undefined || value === null) return fallback;
    try {
      return kind(value);
    } catch (fault) {
      this.faults.push(`${this.place}.${key}: ${(fault as Error).message}, not ${JSON.stringify(value)}`);
      return fallback;
    }
  }

  /** As `take`, of a key that must be there; `instead` is nobody's value, since there is a fault then. */
  need<T>(key: string, kind: Kind<T>, instead: T): T {
    if (this.#values[key] === undefined || this.#values[key] === null) this.refuse(`${key} is missing`);
    return this.take(key, kind, instead);
  }

  /** A section below this one. */
  section<T>(key: string, reader: (section: Section) => T): T {
    this.#taken.add(key);
    return Section.#within(this.#values[key] ?? {}, `${this.place}.${key}`, this.faults, reader);
  }

  /** What `reader` makes of each key: the names are the author's own. */
  each<T>(reader: (section: Section, name: string) => T): Map<string, T> {
    return new Map(Object.keys(this.#values).map((name) => [name, this.section(name, (one) => reader(one, name))]));
  }

  /** The value of each key. */
  values<T>(kind: Kind<T>): Map<string, T> {
    const names = Object.keys(this.#values).filter((name) => this.take(name, kind, undefined) !== undefined);
    return new Map(names.map((name) => [name, kind(this.#values[name])]));
  }

  /** A fault that concerns more than one key. */
  refuse(message: string): void {
    this.faults.push(`${this.place}: ${message}`);
  }
}

export const text: Kind<string> = (value) => expect(typeof value === 'string', 'must be a text', value as string);

export const flag: Kind<boolean> = (value) =>
  expect(typeof value === 'boolean', 'must be true or false', value as boolean);

export const amount: Kind<number> = (value) =>
  expect(Number.isFinite(value) && (value as number) >= 0, 'must be a number, 0 or more', value as number);

export const positive: Kind<number> = (value) =>
  expect(Number.isFinite(value) && (value as number) > 0, 'must be a number above 0', value as number);

export const count: Kind<number> = (value) =>
  expect(Number.isSafeInteger(value) && (value as number) >= 0, 'must be a whole number, 0 or more', value as number);

/** One value stands for a list of one. */
export function list<T>(kind: Kind<T>): Kind<T[]> {
  return (value) => (Array.isArray(value) ? value.map(kind) : [kind(value)]);
}

export function expect<T>(isRight: boolean, message: string, value: T): T {
  if (!isRight) throw new Error(message);
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
