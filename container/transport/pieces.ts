// Octets that arrive bit by bit, put together once: adding n pieces of one octet costs n steps, and no octet is looked
// at twice.

/** Pieces are joined in blocks, so that many small ones do not keep a list as long as the message. */
const BLOCK = 1024;

export class Pieces {
  length = 0;
  #blocks: string[] = [];
  #small: string[] = [];
  /** The last three octets: what a separator that the next piece ends may have begun with. */
  tail = '';

  add(piece: string): void {
    if (piece.length === 0) return;
    this.length += piece.length;
    this.tail = piece.length >= 3 ? piece.slice(-3) : (this.tail + piece).slice(-3);
    if (this.#small.push(piece) < BLOCK) return;
    this.#blocks.push(this.#small.join(''));
    this.#small = [];
  }

  /** All of them as one string; nothing is left. */
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
