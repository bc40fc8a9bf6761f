// Things by number, for what comes and goes with every call: a place that is left is given to the next, and finding one takes no hashing.
// A Map would leave behind, each time that it grows or is cleared of what was deleted, a table of what stood in it: that keeps the dead alive until the next full collection.

/** Of objects; numbers from 0 on. */
export class Slots<T extends object> {
  /** In a place that is free: the next one that is, or -1. */
  readonly #places: (T | number)[] = [];
  /** By place: the how manieth it was that was given it. */
  readonly #serials: number[] = [];
  #added = 0;
  #free = -1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number that the next one gets. */
  get next(): number {
    return this.#free < 0 ? this.#places.length : this.#free;
  }

  /** Its number. */
  add(thing: T): number {
    const slot = this.next;
    if (slot < this.#places.length) this.#free = this.#places[slot] as number;
    this.#places[slot] = thing;
    this.#serials[slot] = this.#added++;
    this.#size++;
    return slot;
  }

  /** Undefined where nothing is, whatever the number. */
  get(slot: number): T | undefined {
    const place = this.#places[slot];
    return typeof place === 'object' ? place : undefined;
  }

  /** Its number is free for another; false when it has not, or no longer, that number. */
  delete(slot: number, thing: T): boolean {
    if (this.#places[slot] !== thing) return false;
    this.#places[slot] = this.#free;
    this.#free = slot;
    this.#size--;
    return true;
  }

  /** In the order in which they were added. */
  values(): T[] {
    const found: { readonly thing: T; readonly serial: number }[] = [];
    for (const [slot, thing] of this.#places.entries())
      if (typeof thing === 'object') found.push({ thing, serial: this.#serials[slot]! });
    return found.sort((a, b) => a.serial - b.serial).map(({ thing }) => thing);
  }
}
