// Chance as a value that is passed in: branches, tags, Call-IDs. The container's draws from the system's generator, a
// test's counts.

export interface Identifiers {
  /** What follows the magic cookie in a branch; at least 64 bits of chance, lower case. */
  branch(): string;
  /** A From or To tag: at least 32 bits of chance (§19.3). */
  tag(): string;
  /** A Call-ID, and any other identifier that nobody may guess: at least 128 bits. */
  id(): string;
  /** A number from 0 up to and without 1. */
  fraction(): number;
}
