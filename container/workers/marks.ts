// What an identifier of an engine says of the engine that made it: its first character; of a tag, which stands among
// those of strangers, a check besides.
import type { Identifiers } from '../base/identifiers.js';

/** One character an engine. One case only, since branches may be compared without case (§7.3.1). */
const ENGINES = 'abcdefghijklmnopqrstuvwxyz234567';

/** How many engines can be told apart. */
export const MAX_ENGINES = ENGINES.length;

/**
 * Characters of the check in a tag: one of a million tags of others is taken for ours, and
 * its request finds nothing there.
 */
const CHECK = 4;

/** The engine that a character stands for, or -1. */
export function engineOf(code: number): number {
  const lower = code | 32;
  if (lower >= 97 && lower <= 122) return lower - 97;
  return code >= 50 && code <= 55 ? code - 50 + 26 : -1;
}

/** The engine that made the tag, or -1 when it is none of this run's. */
export function engineOfTag(tag: string, salt: string): number {
  if (tag.length <= 1 + CHECK) return -1;
  const engine = engineOf(tag.charCodeAt(0));
  return engine >= 0 && tag.startsWith(checkOf(tag, 1 + CHECK, engine, salt), 1) ? engine : -1;
}

/** FNV-1a over the salt, the engine and what stands in the tag behind the check. */
function checkOf(text: string, from: number, engine: number, salt: string): string {
  let hash = 0x811c_9dc5 ^ engine;
  for (let i = 0; i < salt.length; i++) hash = Math.imul(hash ^ salt.charCodeAt(i), 0x0100_0193);
  for (let i = from; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash ^= hash >>> 15;
  let check = '';
  for (let i = 0; i < CHECK; i++) check += ENGINES.charAt((hash >>> (5 * i)) & 31);
  return check;
}

/** Identifiers that carry the number of their engine. */
export class MarkedIdentifiers implements Identifiers {
  readonly #identifiers: Identifiers;
  readonly #engine: number;
  readonly #mark: string;
  readonly #salt: string;

  /** `engine` counts from 0; `salt` is this run's, the same for all of its engines. */
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
