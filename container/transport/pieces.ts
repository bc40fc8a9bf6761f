// Joins octets that arrive piece by piece: n pieces of one octet cost n steps, and no octet is read twice.

/** Pieces are joined in blocks, so that many small ones do not make a list as long as the message. */
const BLOCK = 1024;

export class Pieces {
  length = 0;
  #blocks: string[] = [];
  #small: string[] = [];
  /** The last three octets: a separator that the next piece completes may begin in them. */
  tail = '';

  add(piece: string): void {
    if (piece.length === 0) return;
    this.length += piece.length;
    this.tail = piece.length >= 3 ? piece.slice(-3) : (this.tail + piece).slice(-3);
    if (this.#small.push(piece) < BLOCK) return;
    this.#blocks.push(this.#small.join(''));
    this.#small = [];
  }

  /** Returns all octets as one string and forgets them. */
  take(): string {
    const all = this.#blocks.join('') + this.#small.join('');
    this.clear();
    return all;
  }

  clear(): void {
    this.length = 0;
    this.tail = '';
    if (this.#blocks.length > 0) this.#blocks = [];
    if (this.#small.length > 0) this.#small = [];
  }
}
