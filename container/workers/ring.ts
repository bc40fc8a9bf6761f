// A ring of datagrams from the thread that reads to the one that handles them: one writer, one reader, shared memory. A
// datagram that does not fit is dropped, as in the kernel.

/** Octets, a power of two: as much as the socket's own buffer. */
const CAPACITY = 4 * 1_048_576;
/** Length, port, listener, length of the address. */
const HEAD = 8;
/**
 * Added to the listener of a datagram that one engine has handed over to another, which must not hand it on. Listeners
 * have lower numbers.
 */
export const HANDED_OVER = 128;
/** A length that means: the next record is at the beginning. */
const WRAP = -1;

const READ = 0;
const WRITTEN = 1;
const ASLEEP = 2;
/** Octets before the records: each counter has a cache line of its own. */
const COUNTERS = 192;
const STRIDE = 16;

interface Octets {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number, length: number): number;
}

/** Receives the records. */
export interface RingUser {
  receive(wire: string, address: string, port: number, listener: number): void;
}

export class Ring {
  readonly memory: SharedArrayBuffer;
  readonly #counters: Int32Array;
  readonly #view: DataView;
  readonly #octets: Octets;
  readonly #capacity: number;
  /** The writer's own copy of its position, and the reader's own copy of its position. */
  #written: number;
  #read: number;
  /** Datagrams dropped for lack of room. */
  dropped = 0;

  constructor(memory = Ring.memory()) {
    this.memory = memory;
    this.#capacity = memory.byteLength - COUNTERS;
    this.#counters = new Int32Array(memory, 0, COUNTERS / 4);
    this.#written = Atomics.load(this.#counters, WRITTEN * STRIDE);
    this.#read = Atomics.load(this.#counters, READ * STRIDE);
    this.#view = new DataView(memory, COUNTERS);
    this.#octets = Buffer.from(memory, COUNTERS) as unknown as Octets;
  }

  /** `capacity` is a power of two. */
  static memory(capacity = CAPACITY): SharedArrayBuffer {
    return new SharedArrayBuffer(COUNTERS + capacity);
  }

  /** Returns false when there is no room. `listener` is below 256. */
  push(wire: string, address: string, port: number, listener: number): boolean {
    const mask = this.#capacity - 1;
    let written = this.#written;
    const used = (written - Atomics.load(this.#counters, READ * STRIDE)) | 0;
    // Records begin at multiples of four, so that a length always fits before the end.
    const size = (HEAD + address.length + wire.length + 3) & ~3;
    let at = written & mask;
    const left = this.#capacity - at;
    const skipped = left < size ? left : 0;
    if (used + skipped + size > this.#capacity) {
      this.dropped++;
      return false;
    }
    if (skipped > 0) {
      this.#view.setInt32(at, WRAP, true);
      written = (written + skipped) | 0;
      at = 0;
    }
    this.#view.setInt32(at, wire.length, true);
    this.#view.setUint16(at + 4, port, true);
    this.#view.setUint8(at + 6, listener);
    this.#view.setUint8(at + 7, address.length);
    this.#octets.latin1Write(address, at + HEAD, address.length);
    this.#octets.latin1Write(wire, at + HEAD + address.length, wire.length);
    this.#written = (written + size) | 0;
    Atomics.store(this.#counters, WRITTEN * STRIDE, this.#written);
    return true;
  }

  /** Passes on up to `most` records. Returns whether there may be more. */
  drain(user: RingUser, most: number): boolean {
    const mask = this.#capacity - 1;
    for (let count = 0; count < most; ) {
      const read = this.#read;
      if (read === Atomics.load(this.#counters, WRITTEN * STRIDE)) return false;
      const at = read & mask;
      const length = this.#view.getInt32(at, true);
      if (length === WRAP) {
        this.#moveTo((read + this.#capacity - at) | 0);
        continue;
      }
      const port = this.#view.getUint16(at + 4, true);
      const listener = this.#view.getUint8(at + 6);
      const start = at + HEAD + this.#view.getUint8(at + 7);
      const address = this.#octets.latin1Slice(at + HEAD, start);
      const wire = this.#octets.latin1Slice(start, start + length);
      this.#moveTo((read + ((start - at + length + 3) & ~3)) | 0);
      count++;
      user.receive(wire, address, port, listener);
    }
    return true;
  }

  #moveTo(read: number): void {
    this.#read = read;
    Atomics.store(this.#counters, READ * STRIDE, read);
  }

  /**
   * The reader has nothing to do and wants to be woken. Returns false if there is something after all; then it is not
   * asleep.
   */
  sleep(): boolean {
    Atomics.store(this.#counters, ASLEEP * STRIDE, 1);
    if (this.#read === Atomics.load(this.#counters, WRITTEN * STRIDE)) return true;
    return Atomics.exchange(this.#counters, ASLEEP * STRIDE, 0) === 0;
  }

  /** Whether the writer must wake the reader: once for each sleep. */
  wakes(): boolean {
    return (
      Atomics.load(this.#counters, ASLEEP * STRIDE) === 1 && Atomics.exchange(this.#counters, ASLEEP * STRIDE, 0) === 1
    );
  }
}
