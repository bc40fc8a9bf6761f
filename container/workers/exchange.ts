// The single reader: the main thread receives every datagram of every socket, and hands it to the engine that it
// belongs to. Order within a call is kept.
import type { DatagramReceiver } from '../transport/network.js';
import { engineNamedIn, engineOfCall, type Ground, hashOf, transactionOf } from './destination.js';
import { HeadScan } from './head-scan.js';
import type { Moved } from './moved.js';
import type { Ring } from './ring.js';

/** Shorter datagrams only keep firewalls open. */
const SHORTEST = 5;

/**
 * Milliseconds: when turns of the event loop follow each other faster than this, there is much to read, and the thread
 * rests in between.
 */
const BUSY = 3;
const REST = 1;
/**
 * The maximum of datagrams that one turn reads from a socket. If there were that many, more are waiting, and it reads
 * on.
 */
const FULL = 32;

const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/**
 * Blocks the whole thread: connections can wait for a millisecond too, and stopping and starting each socket by a timer
 * would cost more.
 */
function sleep(milliseconds: number): void {
  Atomics.wait(NOBODY, 0, 0, milliseconds);
}

interface Place {
  readonly ring: Ring;
  /** Called when the engine sleeps and there is something for it. */
  wake(): void;
  isDue: boolean;
}

export class Exchange {
  readonly #places: (Place | undefined)[];
  readonly #scan = new HeadScan();
  readonly #ground: Ground;
  readonly #moved: Moved;
  readonly #due: Place[] = [];
  /** Datagrams dropped because an engine had no room for them, by engine. */
  readonly dropped: number[];
  readonly #rest: typeof sleep;

  /** `rest` waits that many milliseconds without reading. */
  constructor(count: number, salt: string, moved: Moved, rest = sleep) {
    this.#rest = rest;
    this.#places = Array.from({ length: count }, () => undefined);
    this.dropped = Array.from({ length: count }, () => 0);
    this.#moved = moved;
    this.#ground = { count, salt, movedTo: (callId) => moved.get(callId) };
  }

  #last = 0;
  /** Datagrams since the start of the turn. */
  #came = 0;

  /** From now on that engine takes messages. */
  attach(engine: number, ring: Ring, wake: () => void): void {
    this.#places[engine] = { ring, wake, isDue: false };
  }

  /** The engine is gone: new calls go to the others. */
  detach(engine: number): void {
    this.#places[engine] = undefined;
  }

  /** The receiver for the socket of that listener. */
  receiver(listener: number): DatagramReceiver {
    return {
      receive: (wire, address, port) => {
        this.#came++;
        if (wire.length < SHORTEST) return;
        this.give(this.engineOf(wire), wire, address, port, listener);
      },
    };
  }

  /** Whether that engine takes messages. */
  isThere(engine: number): boolean {
    return this.#places[engine] !== undefined;
  }

  /** Gives a datagram to that engine. It is dropped when there is no room for it, or no engine. */
  give(engine: number, wire: string, address: string, port: number, listener: number): void {
    const place = this.#places[engine];
    if (place === undefined) return;
    if (!place.ring.push(wire, address, port, listener)) this.dropped[engine] = (this.dropped[engine] ?? 0) + 1;
    this.#wakeSoon(place);
  }

  /** The engine, from 0, for this message; one that takes messages, if there is any. */
  engineOf(wire: string): number {
    const scan = this.#scan;
    scan.read(wire);
    const moved = scan.isResponse || this.#moved.size === 0 ? undefined : this.#moved.get(transactionOf(scan));
    const named = moved === undefined ? engineNamedIn(scan, this.#ground) : -1;
    if (named < 0 && scan.isResponse) scan.read(wire, true);
    const engine = moved ?? (named >= 0 ? named : this.#engineOfCall());
    const there = this.isThere(engine) ? engine : this.#nextTo(engine);
    // Its CANCEL and its ACK do not contain the reason.
    if (!scan.isResponse && (there !== engine || (named >= 0 && scan.named !== ''))) this.#keep(there);
    return there;
  }

  #engineOfCall(): number {
    const { method, callId } = this.#scan;
    const isOfAnother = method === 'CANCEL' || method === 'ACK';
    // If its INVITE had been moved, that would be known: another INVITE with the same Call-ID was moved.
    if (isOfAnother && transactionOf(this.#scan) !== '') return hashOf(callId) % this.#ground.count;
    return engineOfCall(callId, this.#ground);
  }

  /**
   * Moves the request, and what belongs to it, to `home`; if that engine is away, it stays with `from`. Returns the
   * engine that gets it.
   */
  move(wire: string, from: number, home: number): number {
    const engine = this.isThere(home) ? home : from;
    this.#scan.read(wire);
    this.#keep(engine);
    return engine;
  }

  /** Remembers the engine for the message scanned last. */
  #keep(engine: number): void {
    const { callId } = this.#scan;
    const transaction = transactionOf(this.#scan);
    if (transaction !== '') this.#moved.add(transaction, engine);
    if (callId !== '' && (hashOf(callId) % this.#ground.count !== engine || this.#moved.get(callId) !== undefined))
      this.#moved.add(callId, engine);
  }

  /** The next engine that takes messages, or this one. */
  #nextTo(engine: number): number {
    const { count } = this.#ground;
    for (let i = 1; i < count; i++) {
      const other = (engine + i) % count;
      if (this.#places[other] !== undefined) return other;
    }
    return engine;
  }

  /** Wakes the engine once for all messages that one turn of the event loop brings. */
  #wakeSoon(place: Place): void {
    if (place.isDue) return;
    place.isDue = true;
    if (this.#due.push(place) === 1) setImmediate(this.#wake);
  }

  readonly #wake = (): void => {
    for (const place of this.#due.splice(0)) {
      place.isDue = false;
      if (place.ring.wakes()) place.wake();
    }
    const now = performance.now();
    const isBusy = now - this.#last < BUSY;
    this.#last = now;
    const isBehind = this.#came >= FULL;
    this.#came = 0;
    // What arrives meanwhile is read in one go and wakes the engines once.
    if (isBusy && !isBehind) this.#rest(REST);
  };
}
