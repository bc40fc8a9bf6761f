// Objects by number, for objects that come and go with every call. A free slot goes to the next one, and finding one
// takes no hashing. A Map leaves a table of its former contents behind each time that it grows or is tidied, and that
// table keeps them alive until the next full collection.

/** Of objects; numbers from 0 on. */
export class Slots<T extends object> {
  /** In a free slot: the next free one, or -1. */
  readonly #places: (T | number)[] = [];
  /** When the object in this slot was added: 0 for the first. */
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
      if (typeof thing === 'object') found.push({ thing, serial: this.#serials[slot] ?? 0 });
    return found.sort((a, b) => a.serial - b.serial).map(({ thing }) => thing);
  }
}
