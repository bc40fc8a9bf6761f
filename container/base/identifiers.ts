// The port for randomness: branches, tags, Call-IDs. The container draws them from the system's generator; tests count.

export interface Identifiers {
  /** The part of a branch after the magic cookie; at least 64 random bits, lower case. */
  branch(): string;
  /** A From or To tag: at least 32 random bits (§19.3). */
  tag(): string;
  /** A Call-ID, or any other identifier that must not be guessable: at least 128 random bits. */
  id(): string;
  /** A number in [0, 1). */
  fraction(): number;
}
