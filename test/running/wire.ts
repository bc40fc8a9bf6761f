// Sockets on loopback that speak octets, and SIP messages taken apart into lines without any judgement of what the
// lines say.
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, connect as openConnection, type Server, type Socket } from 'node:net';
import { present } from '../../container/base/present.js';

/** What came, in order, until somebody takes it. */
export class Inbox<T> {
  readonly #name: string;
  readonly #items: T[] = [];
  readonly #waiting: { wanted: (item: T) => boolean; resolve: (item: T) => void }[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  push(item: T): void {
    const at = this.#waiting.findIndex(({ wanted }) => wanted(item));
    if (at < 0) this.#items.push(item);
    else present(this.#waiting.splice(at, 1)[0]).resolve(item);
  }

  /** The first one that is `wanted`, which is taken out. */
  async take(wanted: (item: T) => boolean = () => true, ms = 1000): Promise<T> {
    const at = this.#items.findIndex(wanted);
    if (at >= 0) return present(this.#items.splice(at, 1)[0]);
    return new Promise<T>((resolve, reject) => {
      const entry = {
        wanted,
        resolve: (item: T) => {
          clearTimeout(late);
          resolve(item);
        },
      };
      const late = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(
          new Error(`${this.#name}: not in ${ms} ms, but: ${JSON.stringify(this.#items, null, 1).slice(0, 2000)}`),
        );
      }, ms);
      this.#waiting.push(entry);
    });
  }

  /** What nobody has taken, which is forgotten. */
  rest(): T[] {
    return this.#items.splice(0);
  }
}

/** A message as lines; a folded line is one, with what folds it. Characters are octets. */
export class Raw {
  readonly start: string;
  readonly lines: readonly string[];
  readonly body: string;

  constructor(readonly wire: string) {
    const end = wire.indexOf('\r\n\r\n');
    const head = end < 0 ? wire.replace(/\r\n$/, '') : wire.slice(0, end);
    [this.start = '', ...this.lines] = head.split(/\r\n(?![ \t])/) as [string, ...string[]];
    const body = end < 0 ? '' : wire.slice(end + 4);
    const length = this.value('content-length');
    this.body = length !== undefined && /^\d+$/.test(length) ? body.slice(0, Number(length)) : body;
  }

  get isRequest(): boolean {
    return !this.start.startsWith('SIP/2.0 ');
  }

  get method(): string {
    return this.isRequest ? this.start.slice(0, this.start.indexOf(' ')) : '';
  }

  get uri(): string {
    return this.start.split(/ +/)[1] ?? '';
  }

  /** 0 of a request. */
  get status(): number {
    return this.isRequest ? 0 : Number(this.start.slice(8, 11));
  }

  /** Values of every field of that name as written, without the white space around them. */
  values(name: string): string[] {
    return this.lines.filter((line) => keyOf(line) === name).map(fieldValueOf);
  }

  value(name: string): string | undefined {
    return this.values(name)[0];
  }
}

const COMPACT: Readonly<Record<string, string>> = {
  c: 'content-type',
  f: 'from',
  i: 'call-id',
  l: 'content-length',
  m: 'contact',
  t: 'to',
  v: 'via',
};

/** Name of a header line in small letters and in full. */
export function keyOf(line: string): string {
  const name = line.slice(0, line.indexOf(':')).trim().toLowerCase();
  return COMPACT[name] ?? name;
}

export function fieldValueOf(line: string): string {
  return line.slice(line.indexOf(':') + 1).trim();
}

/** One message that came, and how to answer on the same way. */
export interface Arrival {
  readonly raw: Raw;
  readonly transport: 'UDP' | 'TCP';
  /** The port that it came to. */
  readonly port: number;
  reply(wire: string): void;
}

export interface End {
  readonly inbox: Inbox<Arrival>;
  readonly port: number;
  send(wire: string, port: number): void;
  close(): Promise<void>;
}

/** A datagram socket; `inbox` may be one that it shares with others. */
export async function datagrams(address: string, port = 0, inbox = new Inbox<Arrival>('UDP')): Promise<End> {
  const socket: DatagramSocket = createSocket('udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  const own = socket.address().port;
  socket.on('message', (octets, { address: from, port: source }) => {
    const reply = (wire: string) => socket.send(Buffer.from(wire, 'latin1'), source, from);
    inbox.push({ raw: new Raw(octets.toString('latin1')), transport: 'UDP', port: own, reply });
  });
  return {
    inbox,
    port: own,
    send: (wire, to) => socket.send(Buffer.from(wire, 'latin1'), to, '127.0.0.1'),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Takes messages off a connection; pongs and pings (CRLFs) are passed over. */
function readMessages(socket: Socket, inbox: Inbox<Arrival>): void {
  let rest = '';
  const reply = (wire: string) => void socket.write(wire, 'latin1');
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    rest = (rest + text).replace(/^(\r\n)+/, '');
    for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
      const length = Number(/\r\n(?:content-length|l)\s*:\s*(\d+)/i.exec(rest.slice(0, end + 2))?.[1] ?? 0);
      if (rest.length < end + 4 + length) return;
      const raw = new Raw(rest.slice(0, end + 4 + length));
      rest = rest.slice(end + 4 + length).replace(/^(\r\n)+/, '');
      inbox.push({ raw, transport: 'TCP', port: present(socket.localPort), reply });
    }
  });
}

/** A connection from `address` to a port of the container. */
export class Connection {
  readonly inbox = new Inbox<Arrival>('TCP');
  /** Settles when the other side has ended it, or broken it. */
  readonly ended: Promise<void>;
  isOpen = true;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    readMessages(socket, this.inbox);
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.isOpen = false;
        resolve();
      };
      socket.once('end', end).once('close', end);
    });
  }

  static async open(address: string, port: number): Promise<Connection> {
    const socket = openConnection({ host: '127.0.0.1', port, localAddress: address, noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  send(wire: string): void {
    this.#socket.write(wire, 'latin1');
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    await this.ended;
  }
}

/** Takes connections. */
export async function streams(address: string, port = 0, inbox = new Inbox<Arrival>('TCP')): Promise<End> {
  const connections = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => {}).once('close', () => connections.delete(socket));
    readMessages(socket, inbox);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    inbox,
    port: (server.address() as AddressInfo).port,
    send: () => {
      throw new Error('answers only');
    },
    close: () => {
      for (const socket of connections) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** UDP and TCP on one port of 127.0.0.1: what goes to a URI with that port comes here, large requests too (§18.1.1). */
export async function sink(): Promise<End> {
  const inbox = new Inbox<Arrival>('the sink');
  for (let tries = 0; ; tries++) {
    const tcp = await streams('127.0.0.1', 0, inbox);
    try {
      const udp = await datagrams('127.0.0.1', tcp.port, inbox);
      return { ...udp, close: async () => void (await Promise.all([udp.close(), tcp.close()])) };
    } catch (error) {
      await tcp.close();
      if (tries === 10) throw error;
    }
  }
}

/** The response to a received request, with a To tag and without a body. */
export function responseTo(request: Raw, status: number, extra: readonly string[] = []): string {
  const back = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'record-route']);
  const lines = request.lines
    .filter((line) => back.has(keyOf(line)))
    .map((line) => (keyOf(line) === 'to' && status > 100 && !/;\s*tag\s*=/.test(line) ? `${line};tag=sink` : line));
  return `${[`SIP/2.0 ${status} Whatever`, ...lines, ...extra, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`;
}

/** The ACK to a final response other than 2xx, of whatever was sent (§17.1.1.3). */
export function acknowledgementOf(request: Raw, response: Raw): string {
  const lines = request.lines.filter((line) => keyOf(line) === 'from' || keyOf(line) === 'call-id');
  const via = present(request.lines.find((line) => keyOf(line) === 'via'));
  const routes = request.lines.filter((line) => keyOf(line) === 'route');
  const cseq = `CSeq: ${Number.parseInt(request.value('cseq') ?? '', 10)} ACK`;
  const to = `To: ${response.value('to')}`;
  const start = request.start.replace(/^\S+/, 'ACK');
  return `${[start, via, ...routes, to, ...lines, cseq, 'Max-Forwards: 70', 'Content-Length: 0'].join('\r\n')}\r\n\r\n`;
}
