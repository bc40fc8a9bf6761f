// The one who reads: every datagram of every socket comes to the main thread, which hands it to the engine that it
// belongs to. Order within a call is kept.
import type { DatagramReceiver } from '../transport/network.js';
import { engineNamedIn, engineOfCall, type Ground, hashOf, transactionOf } from './destination.js';
import { HeadScan } from './head-scan.js';
import type { Moved } from './moved.js';
import type { Ring } from './ring.js';

/** Shorter datagrams keep holes in firewalls open, and say nothing. */
const SHORTEST = 5;

/**
 * Milliseconds: turns that follow one another sooner than this say that there is much to
 * read; then it rests in between.
 */
const BUSY = 3;
const REST = 1;
/**
 * Datagrams that a turn brings of one socket, and no more: when there were as many, others
 * wait already, and it reads on.
 */
const FULL = 32;

const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/**
 * The whole thread: connections too can wait for a millisecond, and a timer that stops and
 * starts each socket would cost more.
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
  /** Datagrams that an engine had no room for, by engine. */
  readonly dropped: number[];
  readonly #rest: typeof sleep;

  /** `rest` lets so many milliseconds pass in which nothing is read. */
  constructor(count: number, salt: string, moved: Moved, rest = sleep) {
    this.#rest = rest;
    this.#places = Array.from({ length: count }, () => undefined);
    this.dropped = Array.from({ length: count }, () => 0);
    this.#moved = moved;
    this.#ground = { count, salt, movedTo: (callId) => moved.get(callId) };
  }

  #last = 0;
  /** Datagrams since then. */
  #came = 0;

  /** That engine takes messages from now on. */
  attach(engine: number, ring: Ring, wake: () => void): void {
    this.#places[engine] = { ring, wake, isDue: false };
  }

  /** It is gone: what begins goes to the others. */
  detach(engine: number): void {
    this.#places[engine] = undefined;
  }

  /** For the socket that is the `listener`th. */
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

  /** A datagram for that engine; where there is no room for it, or no engine, it is dropped. */
  give(engine: number, wire: string, address: string, port: number, listener: number): void {
    const place = this.#places[engine];
    if (place === undefined) return;
    if (!place.ring.push(wire, address, port, listener)) this.dropped[engine] = (this.dropped[engine] ?? 0) + 1;
    this.#wakeSoon(place);
  }

  /** The engine, from 0, that is to have this message. One that is there, if any is. */
  engineOf(wire: string): number {
    const scan = this.#scan;
    scan.read(wire);
    const moved = scan.isResponse || this.#moved.size === 0 ? undefined : this.#moved.get(transactionOf(scan));
    const named = moved === undefined ? engineNamedIn(scan, this.#ground) : -1;
    if (named < 0 && scan.isResponse) scan.read(wire, true);
    const engine = moved ?? (named >= 0 ? named : this.#engineOfCall());
    const there = this.isThere(engine) ? engine : this.#nextTo(engine);
    // Its CANCEL and its ACK do not say why.
    if (!scan.isResponse && (there !== engine || (named >= 0 && scan.named !== ''))) this.#keep(there);
    return there;
  }

  #engineOfCall(): number {
    const { method, callId } = this.#scan;
    const isOfAnother = method === 'CANCEL' || method === 'ACK';
    // Its INVITE, had it been moved, would be known: another of the same Call-ID was.
    if (isOfAnother && transactionOf(this.#scan) !== '') return hashOf(callId) % this.#ground.count;
    return engineOfCall(callId, this.#ground);
  }

  /**
   * The request goes to `home`, and so does what belongs to it; where that is away, whoever has it
   * keeps it. Which of them it is.
   */
  move(wire: string, from: number, home: number): number {
    const engine = this.isThere(home) ? home : from;
    this.#scan.read(wire);
    this.#keep(engine);
    return engine;
  }

  /** Of what was scanned. */
  #keep(engine: number): void {
    const { callId } = this.#scan;
    const transaction = transactionOf(this.#scan);
    if (transaction !== '') this.#moved.add(transaction, engine);
    if (callId !== '' && (hashOf(callId) % this.#ground.count !== engine || this.#moved.get(callId) !== undefined))
      this.#moved.add(callId, engine);
  }

  /** The next that is there, or itself. */
  #nextTo(engine: number): number {
    const { count } = this.#ground;
    for (let i = 1; i < count; i++) {
      const other = (engine + i) % count;
      if (this.#places[other] !== undefined) return other;
    }
    return engine;
  }

  /** Once for all that one turn of the event loop brings. */
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
    // What comes meanwhile is read in one go, and wakes the engines once.
    if (isBusy && !isBehind) this.#rest(REST);
  };
}
