// Numbered slots for objects that come and go with every call. A free slot is used again, and a look-up needs no
// hashing. A Map leaves a table of its former contents behind each time that it grows or is compacted, and that table
// keeps them alive until the next full collection.

/** Objects by number, from 0 on. */
export class Slots<T extends object> {
  /** The object in this slot. A free slot has the number of the next free one, or -1. */
  readonly #places: (T | number)[] = [];
  /** When the object in this slot was added: 0 for the first. */
  readonly #serials: number[] = [];
  #added = 0;
  #free = -1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number that the next object gets. */
  get next(): number {
    return this.#free < 0 ? this.#places.length : this.#free;
  }

  /** Returns the object's number. */
  add(thing: T): number {
    const slot = this.next;
    if (slot < this.#places.length) this.#free = this.#places[slot] as number;
    this.#places[slot] = thing;
    this.#serials[slot] = this.#added++;
    this.#size++;
    return slot;
  }

  /** Undefined if the slot is free or does not exist. */
  get(slot: number): T | undefined {
    const place = this.#places[slot];
    return typeof place === 'object' ? place : undefined;
  }

  /** Frees the slot. Returns false if the object is not in it. */
  delete(slot: number, thing: T): boolean {
    if (this.#places[slot] !== thing) return false;
    this.#places[slot] = this.#free;
    this.#free = slot;
    this.#size--;
    return true;
  }

  /** The objects, in the order in which they were added. */
  values(): T[] {
    const found: { readonly thing: T; readonly serial: number }[] = [];
    for (const [slot, thing] of this.#places.entries())
      if (typeof thing === 'object') found.push({ thing, serial: this.#serials[slot] ?? 0 });
    return found.sort((a, b) => a.serial - b.serial).map(({ thing }) => thing);
  }
}
