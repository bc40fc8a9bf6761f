// What the tests of this folder pass in: a clock that is moved by hand, an agenda that is drained by hand, and a
// network that only keeps what was sent.
import { Agenda } from '../../container/base/agenda.js';
import type { Clock, Deadline, Timed } from '../../container/base/clock.js';
import { present } from '../../container/base/present.js';
import type {
  Connection,
  ConnectionReceiver,
  DatagramReceiver,
  DatagramSocket,
  Listener,
  LocalInterface,
  Network,
  SocketAddress,
} from '../../container/transport/network.js';

interface FakeDeadline extends Deadline {
  due: number;
  owner: Timed;
  which: string;
  pending: boolean;
}

export class FakeClock implements Clock {
  #now = 1000;
  #deadlines: FakeDeadline[] = [];

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  start(delay: number, owner: Timed, which: string): Deadline {
    const deadline: FakeDeadline = {
      due: this.#now + delay,
      owner,
      which,
      pending: true,
      stop() {
        this.pending = false;
      },
    };
    this.#deadlines.push(deadline);
    return deadline;
  }

  get pending(): number {
    return this.#deadlines.filter((one) => one.pending).length;
  }

  advance(time: number): void {
    const end = this.#now + time;
    for (;;) {
      this.#deadlines = this.#deadlines.filter((one) => one.pending);
      const next = this.#deadlines.sort((a, b) => a.due - b.due)[0];
      if (next === undefined || next.due > end) break;
      this.#now = Math.max(this.#now, next.due);
      next.pending = false;
      next.owner.expire(next.which);
    }
    this.#now = end;
  }
}

/** An agenda whose jobs wait until `settle`. */
export class FakeAgenda extends Agenda {
  readonly #waiting: (() => void)[];

  constructor() {
    const waiting: (() => void)[] = [];
    super(
      (drain) => waiting.push(drain),
      (error) => {
        throw error;
      },
    );
    this.#waiting = waiting;
  }

  settle(): void {
    for (let drain = this.#waiting.shift(); drain !== undefined; drain = this.#waiting.shift()) drain();
  }
}

export interface Sent {
  wire: string;
  address: string;
  port: number;
  from: SocketAddress;
}

export class FakeSocket implements DatagramSocket {
  failure: Error | undefined;
  closed = false;

  constructor(
    readonly local: SocketAddress,
    readonly receiver: DatagramReceiver,
    readonly sent: Sent[],
    readonly later: (() => void)[],
  ) {}

  send(wire: string, port: number, address: string, failed?: (error: Error) => void): void {
    this.sent.push({ wire, address, port, from: this.local });
    const { failure } = this;
    if (failure !== undefined && failed !== undefined) this.later.push(() => failed(failure));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

export class FakeConnection implements Connection {
  written = '';
  backlog = 0;
  ended = false;
  destroyed = false;

  constructor(
    readonly local: SocketAddress,
    readonly remote: SocketAddress,
    public receiver: ConnectionReceiver,
  ) {}

  write(wire: string): void {
    this.written += wire;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }
}

export const INTERFACES: LocalInterface[] = [
  { address: '127.0.0.1', family: 4, internal: true, prefix: 8 },
  { address: '192.0.2.1', family: 4, internal: false, prefix: 24 },
  { address: '10.0.0.1', family: 4, internal: false, prefix: 8 },
  { address: '::1', family: 6, internal: true, prefix: 128 },
  { address: '2001:db8::1', family: 6, internal: false, prefix: 64 },
];

export class FakeNetwork implements Network {
  readonly sockets: FakeSocket[] = [];
  readonly sent: Sent[] = [];
  readonly connections: FakeConnection[] = [];
  readonly later: (() => void)[] = [];
  readonly #accepts = new Map<number, (connection: Connection) => ConnectionReceiver>();
  listening = 0;
  taken = 0;
  #free = 20_000;

  async bind(address: string, port: number, receiver: DatagramReceiver): Promise<DatagramSocket> {
    if (port !== 0 && port === this.taken) throw new Error('address already in use');
    const socket = new FakeSocket({ address, port: port || this.#free++ }, receiver, this.sent, this.later);
    this.sockets.push(socket);
    return socket;
  }

  async listen(
    address: string,
    port: number,
    accept: (connection: Connection) => ConnectionReceiver,
  ): Promise<Listener> {
    if (port !== 0 && port === this.taken) throw new Error('address already in use');
    const local = { address, port: port || this.#free++ };
    this.#accepts.set(local.port, accept);
    this.listening++;
    return {
      local,
      close: async () => {
        this.listening--;
      },
    };
  }

  connect(remote: SocketAddress, receiver: ConnectionReceiver, from = '192.0.2.1'): Connection {
    const connection = new FakeConnection({ address: from, port: this.#free++ }, remote, receiver);
    this.connections.push(connection);
    return connection;
  }

  interfaces(): LocalInterface[] {
    return INTERFACES;
  }

  /** A peer connects to the listener on this port. */
  incoming(port: number, remote: SocketAddress, address = '192.0.2.1'): FakeConnection {
    const connection = new FakeConnection({ address, port }, remote, { connected() {}, receive() {}, closed() {} });
    this.connections.push(connection);
    connection.receiver = present(this.#accepts.get(port))(connection);
    return connection;
  }

  /** What sockets have to report. */
  report(): void {
    for (const job of this.later.splice(0)) job();
  }
}

export interface RequestParts {
  via?: string;
  method?: string;
  length?: string;
  body?: string;
  more?: string;
}

/** A small request that is right in all that the test does not change. */
export function request({ via = 'SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKb', ...parts }: RequestParts = {}): string {
  const { method = 'OPTIONS', body = '', more = '' } = parts;
  const length = parts.length ?? `Content-Length: ${body.length}\r\n`;
  return `${method} sip:b@example.com SIP/2.0\r\nVia: ${via}\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: c1\r\nCSeq: 1 ${method}\r\nMax-Forwards: 70\r\n${more}${length}\r\n${body}`;
}

export function response(via: string, status = 200): string {
  return `SIP/2.0 ${status} Fine\r\nVia: ${via}\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=2\r\nCall-ID: c1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`;
}
