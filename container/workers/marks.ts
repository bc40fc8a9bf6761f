// The mark of an engine in the identifiers that it makes: their first character. Tags, which occur beside those of
// other elements, also have a check.
import type { Identifiers } from '../base/identifiers.js';

/** One character for each engine. Only one case, because branches may be compared without regard to case (§7.3.1). */
const ENGINES = 'abcdefghijklmnopqrstuvwxyz234567';

/** How many engines can be distinguished. */
export const MAX_ENGINES = ENGINES.length;

/** Characters of the check in a tag. One foreign tag in a million passes for ours; its request then finds no dialog. */
const CHECK = 4;

/** The engine of that character, or -1. */
export function engineOf(code: number): number {
  const lower = code | 32;
  if (lower >= 97 && lower <= 122) return lower - 97;
  return code >= 50 && code <= 55 ? code - 50 + 26 : -1;
}

/** The engine that made the tag, or -1 when it is not of this run. */
export function engineOfTag(tag: string, salt: string): number {
  if (tag.length <= 1 + CHECK) return -1;
  const engine = engineOf(tag.charCodeAt(0));
  return engine >= 0 && tag.startsWith(checkOf(tag, 1 + CHECK, engine, salt), 1) ? engine : -1;
}

/** FNV-1a over the salt, the engine and the part of the tag after the check. */
function checkOf(text: string, from: number, engine: number, salt: string): string {
  let hash = 0x811c_9dc5 ^ engine;
  for (let i = 0; i < salt.length; i++) hash = Math.imul(hash ^ salt.charCodeAt(i), 0x0100_0193);
  for (let i = from; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash ^= hash >>> 15;
  let check = '';
  for (let i = 0; i < CHECK; i++) check += ENGINES.charAt((hash >>> (5 * i)) & 31);
  return check;
}

/** Identifiers that contain the number of their engine. */
export class MarkedIdentifiers implements Identifiers {
  readonly #identifiers: Identifiers;
  readonly #engine: number;
  readonly #mark: string;
  readonly #salt: string;

  /** `engine` counts from 0; all engines of this run share `salt`. */
  constructor(identifiers: Identifiers, engine: number, salt: string) {
    this.#identifiers = identifiers;
    this.#engine = engine;
    this.#mark = ENGINES.charAt(engine);
    this.#salt = salt;
  }

  branch(): string {
    return this.#mark + this.#identifiers.branch();
  }

  tag(): string {
    const chance = this.#identifiers.tag();
    return this.#mark + checkOf(chance, 0, this.#engine, this.#salt) + chance;
  }

  id(): string {
    return this.#mark + this.#identifiers.id();
  }

  fraction(): number {
    return this.#identifiers.fraction();
  }
}
