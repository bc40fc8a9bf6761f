// The one who reads: every datagram of every socket comes to the main thread, which hands it to the engine that it belongs to. Order within a call is kept.
import type { DatagramReceiver } from '../transport/network.js';
import type { UdpHandle } from '../transport/udp.js';
import { engineNamedIn, engineOfCall, type Ground, hashOf } from './destination.js';
import { HeadScan } from './head-scan.js';
import type { Moved } from './moved.js';
import type { Ring } from './ring.js';

/** Shorter datagrams keep holes in firewalls open, and say nothing. */
const SHORTEST = 5;

/** Milliseconds: turns that follow one another sooner than this say that there is much to read; then it rests in between. */
const BUSY = 3;
const REST = 1;
/** Datagrams that a turn brings of one socket, and no more: when there were as many, others wait already, and it reads on. */
const FULL = 32;

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

  constructor(count: number, salt: string, moved: Moved) {
    this.#places = Array.from({ length: count }, () => undefined);
    this.dropped = Array.from({ length: count }, () => 0);
    this.#moved = moved;
    this.#ground = { count, salt, movedTo: (callId) => moved.get(callId) };
  }

  #last = 0;
  /** Datagrams since then. */
  #came = 0;
  #isResting = false;
  #handles: readonly UdpHandle[] = [];

  /** The sockets that it reads. */
  reads(handles: readonly UdpHandle[]): void {
    this.#handles = handles;
  }

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

  /** A datagram for that engine; where there is no room for it, or no engine, it is dropped. */
  give(engine: number, wire: string, address: string, port: number, listener: number): void {
    const place = this.#places[engine];
    if (place === undefined) return;
    if (!place.ring.push(wire, address, port, listener)) this.dropped[engine]!++;
    this.#wakeSoon(place);
  }

  /** The engine, from 0, that is to have this message. One that is there, if any is. */
  engineOf(wire: string): number {
    const scan = this.#scan;
    scan.read(wire);
    const named = engineNamedIn(scan, this.#ground);
    if (named < 0 && scan.isResponse) scan.read(wire, true);
    const engine = named >= 0 ? named : engineOfCall(scan.callId, this.#ground);
    const there = this.#places[engine] === undefined ? this.#nextTo(engine) : engine;
    // Its CANCEL and its ACK bear the Call-ID alone.
    if (!scan.isResponse && (there !== engine || (named >= 0 && scan.named !== '')) && scan.callId !== '')
      this.#keep(scan.callId, there);
    return there;
  }

  /** Messages of that call go to that engine, unless they name another. */
  move(callId: string, engine: number): void {
    this.#keep(callId, engine);
  }

  #keep(callId: string, engine: number): void {
    if (hashOf(callId) % this.#ground.count !== engine || this.#moved.get(callId) !== undefined)
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
    if (isBusy && !isBehind) this.#rest();
  };

  /** Reads nothing for a moment: what comes meanwhile is read in one go, and wakes the engines once. */
  #rest(): void {
    if (this.#isResting) return;
    this.#isResting = true;
    for (const handle of this.#handles) handle.recvStop();
    setTimeout(this.#resume, REST);
  }

  readonly #resume = (): void => {
    this.#isResting = false;
    for (const handle of this.#handles) handle.recvStart();
  };
}
