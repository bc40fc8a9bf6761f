// One end of a TCP connection on the virtual network: octets in order, cut into segments as the link's rules and the
// seed say.

import { present } from '../../container/base/present.js';
import type { Connection, ConnectionReceiver, SocketAddress } from '../../container/transport/network.js';
import type { LinkProperties } from './link-rules.js';
import { endpoint, hostError, type Transmission } from './transmission.js';
import type { VirtualNetwork } from './virtual-network.js';

export type Accept = (connection: Connection) => ConnectionReceiver;

/** Octets that may be on their way before the peer has read them. */
const WINDOW = 65_536;
/** What a lost segment costs, and how often a stalled end looks again. */
const RETRY = 200;

/** Starts a connection; it is refused or established in virtual time. */
export function dial(
  network: VirtualNetwork,
  local: SocketAddress,
  remote: SocketAddress,
  receiver: ConnectionReceiver,
): Connection {
  const end = new VirtualConnection(network, local, remote, network.nextConnection(), receiver);
  end.knock();
  return end;
}

export class VirtualConnection implements Connection {
  peer?: VirtualConnection;
  #state: 'connecting' | 'open' | 'ending' | 'ended' | 'closed' = 'connecting';
  #queue = '';
  /** Writes that have not left yet, and where they end in the stream. */
  readonly #writes: { transmission: Transmission; end: number }[] = [];
  #accepted = 0;
  #unread: string[] = [];
  #paused = false;
  /** Octets that the peer has not read yet. */
  #flight = 0;
  /** When the last thing arrives at the peer: nothing overtakes it. */
  #lastArrival = 0;
  #stalledSince: number | undefined;
  #pumping = false;
  #endsWhenOpen = false;

  constructor(
    private readonly network: VirtualNetwork,
    readonly local: SocketAddress,
    readonly remote: SocketAddress,
    readonly number: number,
    private receiver: ConnectionReceiver,
  ) {}

  get backlog(): number {
    return this.#queue.length;
  }

  write(wire: string): void {
    if (wire === '' || (this.#state !== 'connecting' && this.#state !== 'open')) return;
    this.#queue += wire;
    this.#accepted += wire.length;
    this.#writes.push({ transmission: this.#note('write', wire), end: this.#accepted });
    this.#pump();
  }

  end(): void {
    if (this.#state === 'connecting') this.#endsWhenOpen = true;
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#pump();
  }

  destroy(): void {
    if (this.#state === 'closed') return;
    if (this.peer && this.#state !== 'ended') this.#farewell();
    this.#stop();
  }

  /** Not part of the port: this end reads no more until it resumes. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const octets of this.#unread.splice(0)) this.#read(octets);
  }

  /** Both ends are told that the connection is broken. */
  reset(): void {
    if (this.#state === 'closed') return;
    this.#note('reset');
    const error = () => hostError('ECONNRESET', 'read');
    const peer = this.peer;
    this.#stop(error());
    if (peer && peer.#state !== 'closed') peer.#stop(error());
  }

  /** The way there: somebody listens and accepts, or nobody does, or no answer comes. */
  knock(since = this.network.clock.now()): void {
    const { network } = this;
    const link = this.#link();
    if (network.clock.now() === since) this.#note('connect');
    if (link.unreachable) {
      this.#stop(hostError('EHOSTUNREACH', `connect ${endpoint(this.remote.address, this.remote.port)}`));
      return;
    }
    const back = network.rules.between(this.remote, this.local, 'TCP');
    if (link.cut || back.cut) {
      if (network.clock.now() - since >= network.patience) this.#stop(hostError('ETIMEDOUT', 'connect'));
      else network.clock.after(RETRY, () => this.#state === 'connecting' && this.knock(since));
      return;
    }
    this.#later(network.delay(link), () => {
      if (this.#state !== 'connecting') return;
      const accept = link.refuse ? undefined : network.listenerAt(this.remote);
      if (accept) this.#meet(accept, network.delay(back));
      else {
        network.note('refused', this.remote, this.local, '', this.number, 'heard');
        this.#later(network.delay(back), () => this.#stop(hostError('ECONNREFUSED', 'connect')));
      }
    });
  }

  /** At the other end: there the connection is open at once, here when the answer has come. */
  #meet(accept: Accept, answerTakes: number): void {
    const { network } = this;
    const peer = new VirtualConnection(network, this.remote, this.local, this.number, NOBODY);
    peer.peer = this;
    this.peer = peer;
    peer.#state = 'open';
    peer.#lastArrival = network.clock.now() + answerTakes;
    network.connections.add(peer);
    this.#later(answerTakes, () => {
      if (this.#state !== 'connecting') return;
      this.#state = 'open';
      network.connections.add(this);
      this.receiver.connected();
      if (this.#endsWhenOpen) this.end();
      else this.#pump();
    });
    peer.#note('connected').fate = 'heard';
    peer.receiver = accept(peer);
  }

  /** Sends what may be sent. Writes of one moment travel apart unless the link gathers them. */
  #pump(): void {
    if (this.#state !== 'open' && this.#state !== 'ending') return;
    const link = this.#link();
    if (link.gather > 0 && this.#queue !== '') {
      if (this.#pumping) return;
      this.#pumping = true;
      this.network.clock.after(link.gather, () => {
        this.#pumping = false;
        this.#flush(this.#link());
      });
    } else this.#flush(link);
  }

  #flush(link: LinkProperties): void {
    if (this.#state !== 'open' && this.#state !== 'ending') return;
    if (link.cut || link.unreachable) {
      this.#stall();
      return;
    }
    this.#stalledSince = undefined;
    while (this.#queue !== '' && this.#flight < WINDOW) {
      const room = WINDOW - this.#flight;
      const cut = link.segment > 0 ? this.network.random.between(1, link.segment) : room;
      const octets = this.#queue.slice(0, Math.min(cut, room));
      this.#queue = this.#queue.slice(octets.length);
      this.#send(octets, link);
    }
    if (this.#state === 'ending' && this.#queue === '') {
      this.#state = 'ended';
      this.#farewell();
    }
  }

  #send(octets: string, link: LinkProperties): void {
    const segment = this.#note('segment', octets);
    const sent = this.#accepted - this.#queue.length;
    while (this.#writes[0] && this.#writes[0].end <= sent) present(this.#writes.shift()).transmission.fate = 'heard';
    this.#flight += octets.length;
    this.#inOrder(link, () => {
      segment.fate = 'heard';
      segment.arrivals.push(this.network.clock.now());
      present(this.peer).#read(octets);
    });
  }

  /** Tells the peer that nothing more comes; behind everything that was sent. */
  #farewell(): void {
    this.#note('end').fate = 'heard';
    this.#inOrder(this.#link(), () => present(this.peer).#finish());
  }

  #read(octets: string): void {
    if (this.#paused) {
      this.#unread.push(octets);
      return;
    }
    const sender = present(this.peer);
    sender.#flight -= octets.length;
    if (this.#state === 'open' || this.#state === 'ending' || this.#state === 'ended') {
      this.receiver.receive(octets);
      sender.#pump();
    } else if (sender.#state !== 'closed') {
      // Data for an end that is gone: it answers with a reset.
      sender.#note('reset');
      sender.#stop(hostError('ECONNRESET', 'read'));
    }
  }

  /** The peer has ended: this end sends what it still has, and is closed. */
  #finish(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.#state = 'ending';
    this.#flush(this.#link());
    if (this.#state === 'ending' || this.#paused) this.network.clock.after(RETRY, () => this.#finish());
    else this.#stop();
  }

  #stall(): void {
    const now = this.network.clock.now();
    this.#stalledSince ??= now;
    if (this.#queue === '' && this.#state === 'open') return;
    if (now - this.#stalledSince >= this.network.patience) this.#stop(hostError('ETIMEDOUT', 'write'));
    else if (!this.#pumping) {
      this.#pumping = true;
      this.network.clock.after(RETRY, () => {
        this.#pumping = false;
        this.#flush(this.#link());
      });
    }
  }

  /** This end is gone; its user hears of it next, and once. */
  #stop(error?: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#queue = '';
    for (const { transmission } of this.#writes.splice(0)) transmission.fate = 'lost';
    this.network.connections.delete(this);
    this.#later(0, () => this.receiver.closed(error));
  }

  #inOrder(link: LinkProperties, job: () => void): void {
    const lost = this.network.random.chance(link.loss) ? RETRY : 0;
    const now = this.network.clock.now();
    this.#lastArrival = Math.max(this.#lastArrival, now + this.network.delay(link) + lost);
    this.#later(this.#lastArrival - now, job);
  }

  #later(delay: number, job: () => void): void {
    this.network.underway++;
    this.network.clock.after(delay, () => {
      this.network.underway--;
      job();
    });
  }

  #link(): LinkProperties {
    return this.network.rules.between(this.local, this.remote, 'TCP');
  }

  #note(kind: Transmission['kind'], wire = ''): Transmission {
    return this.network.note(kind, this.local, this.remote, wire, this.number);
  }
}

/** Hears nothing: until the one who accepts has said who does. */
const NOBODY: ConnectionReceiver = { connected() {}, receive() {}, closed() {} };
