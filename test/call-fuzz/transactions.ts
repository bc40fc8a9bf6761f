// The transactions of a strict user agent (§17): it repeats, acknowledges and matches as the sections say, and
// complains of what should not come.
import { present } from '../../container/base/present.js';
import { type Headers, request, responseTo, Sip } from '../fuzz/text.js';
import {
  CONTAINER,
  type Line,
  type Link,
  type Reach,
  type Station,
  type Transport,
  type Wires,
} from '../fuzz/wires.js';

const T1 = 500;
const T2 = 4000;
export const LIFETIME = 64 * T1;

/** Where a message goes: to the container, or straight to another user agent. */
export interface Hop {
  readonly host: string;
  readonly transport: Transport;
  readonly line?: Line | undefined;
}

/** A request of ours. */
export interface Client {
  readonly request: Sip;
  readonly hop: Hop;
  /** Undefined: nothing came in time. */
  readonly take: (response: Sip | undefined) => void;
  provisional: boolean;
  final: Sip | undefined;
  over: boolean;
  cancelled: boolean;
}

/** A request that came. */
export interface Server {
  readonly request: Sip;
  readonly hop: Hop;
  readonly time: number;
  last: string | undefined;
  final: number;
  cancelled: boolean;
  /** By To tag: 2xx and other finals that wait for their ACK. */
  readonly waiting: Map<string, { acknowledged: boolean; body: string }>;
}

export abstract class Transactions implements Station {
  readonly clients = new Map<string, Client>();
  readonly servers = new Map<string, Server>();
  protected readonly lines = new Set<Line>();
  #branches = 0;

  constructor(
    readonly wires: Wires,
    readonly name: string,
    readonly address: string,
    readonly link: Link,
    public reach: Reach,
    private readonly fault: (text: string) => void,
  ) {}

  complain(text: string): void {
    this.fault(`${this.name}: ${text}`);
  }

  after(delay: number, job: () => void): void {
    this.wires.after(delay, () => {
      if (this.reach === 'open') job();
    });
  }

  // Messages out -----------------------------------------------------------------------------------

  protected send(wire: string, { host, transport, line }: Hop): void {
    if (this.reach !== 'open') return;
    if (host !== CONTAINER) this.#straight(wire, host);
    else if (transport === 'UDP') this.wires.submit(this, wire);
    else {
      const way = line?.isOpen ? line : ([...this.lines].find(({ isOpen }) => isOpen) ?? this.wires.dial(this));
      this.lines.add(way);
      way.answer(wire);
    }
  }

  /** Past the container: nothing gets lost there. */
  #straight(wire: string, host: string): void {
    const other = this.wires.stations.get(host);
    this.wires.watch.travels(this.address, host, 'UDP', wire, other?.reach === 'open' ? 1 : 0);
    if (other?.reach === 'open') this.wires.after(this.wires.delay(other), () => other.receive(wire, 'UDP', undefined));
  }

  protected newBranch(): string {
    return `z9hG4bK-${this.name}-${++this.#branches}`;
  }

  protected ask(method: string, uri: string, headers: Headers, body: string, hop: Hop, take: Client['take']): Client {
    const via: [string, string] = ['Via', `SIP/2.0/${hop.transport} ${this.address}:5060;branch=${this.newBranch()}`];
    const sip = new Sip(request(method, uri, [via, ...headers], body));
    const client: Client = {
      request: sip,
      hop,
      take,
      provisional: false,
      final: undefined,
      over: false,
      cancelled: false,
    };
    if (method !== 'ACK') this.#begin(client);
    this.send(sip.wire, hop);
    return client;
  }

  #begin(client: Client): void {
    const { request: sip, hop } = client;
    this.clients.set(`${sip.method} ${sip.branch}`, client);
    if (hop.transport === 'UDP') this.#again(client, T1, 0);
    this.after(LIFETIME, () => {
      if (client.over || client.final !== undefined || (sip.method === 'INVITE' && client.provisional)) return;
      client.over = true;
      client.take(undefined);
    });
  }

  /** Timers A and E. */
  #again(client: Client, interval: number, elapsed: number): void {
    if (elapsed + interval >= LIFETIME) return;
    this.after(interval, () => {
      const isInvite = client.request.method === 'INVITE';
      if (client.over || client.final !== undefined || (isInvite && client.provisional)) return;
      this.send(client.request.wire, client.hop);
      const next = client.provisional ? T2 : 2 * interval;
      this.#again(client, isInvite ? next : Math.min(next, T2), elapsed + interval);
    });
  }

  /** §9.1: the likeness of an INVITE that has had a provisional response and no final one. */
  cancel(client: Client): void {
    const { request: sip, hop } = client;
    if (client.cancelled || client.over || client.final !== undefined || !client.provisional) return;
    client.cancelled = true;
    const copy: Client = {
      request: new Sip(this.#likeness('CANCEL', sip, present(sip.header('to')))),
      hop,
      take: () => {},
      provisional: false,
      final: undefined,
      over: false,
      cancelled: false,
    };
    this.#begin(copy);
    this.send(copy.request.wire, hop);
  }

  #likeness(method: string, sip: Sip, to: string): string {
    const routes = sip.all('route').map((route): [string, string] => ['Route', route]);
    return request(method, sip.uri, [
      ['Via', present(sip.header('via'))],
      ...routes,
      ['From', present(sip.header('from'))],
      ['To', to],
      ['Call-ID', present(sip.header('call-id'))],
      ['CSeq', `${parseInt(sip.cseq, 10)} ${method}`],
    ]);
  }

  respond(server: Server, status: number, tag: string, headers: Headers = [], body = ''): void {
    const wire = responseTo(server.request, { status, tag, headers, body });
    server.last = wire;
    if (status >= 200) server.final = server.final || status;
    this.send(wire, server.hop);
    if (status < 200 || server.request.method !== 'INVITE') return;
    const wait = { acknowledged: false, body };
    server.waiting.set(tag, wait);
    if (status < 300 || server.hop.transport === 'UDP') this.#repeat(server, wire, wait, T1, 0);
    this.after(LIFETIME, () => {
      if (!wait.acknowledged && status < 300) this.unacknowledged(server, tag);
    });
  }

  /** Timer G, and §13.3.1.4. */
  #repeat(server: Server, wire: string, wait: { acknowledged: boolean }, interval: number, elapsed: number): void {
    if (elapsed + interval >= LIFETIME) return;
    this.after(interval, () => {
      if (wait.acknowledged) return;
      this.send(wire, server.hop);
      this.#repeat(server, wire, wait, Math.min(2 * interval, T2), elapsed + interval);
    });
  }

  // Messages in ------------------------------------------------------------------------------------

  receive(wire: string, transport: Transport, line: Line | undefined): void {
    if (wire.trim() === '' || this.reach !== 'open') return;
    if (line !== undefined) this.lines.add(line);
    const sip = new Sip(wire);
    if (!sip.isRequest) this.#response(sip);
    else if (sip.method === 'ACK') this.#acknowledge(sip);
    else this.#request(sip, transport, line);
  }

  #response(sip: Sip): void {
    const client = this.clients.get(`${sip.method} ${sip.branch}`);
    if (client === undefined) {
      this.complain(`${sip} to a ${sip.method} that was never sent (§17.1.3)`);
      return;
    }
    if (sip.method === 'INVITE') this.#inviteResponse(client, sip);
    else if (sip.status < 200) client.provisional = true;
    else if (client.final === undefined && !client.over) {
      client.final = sip;
      client.take(sip);
    }
  }

  #inviteResponse(client: Client, sip: Sip): void {
    const { final } = client;
    if (sip.status < 200) {
      if (final !== undefined) return;
      client.provisional = true;
      client.take(sip);
      return;
    }
    if (sip.status >= 300) {
      this.send(this.#likeness('ACK', client.request, present(sip.header('to'))), client.hop);
      if (final !== undefined) return;
    } else if (final !== undefined && final.status >= 300) return;
    client.final ??= sip;
    client.take(sip);
  }

  #acknowledge(ack: Sip): void {
    const server = this.servers.get(`INVITE ${ack.branch}`);
    if (server !== undefined && server.final >= 300) {
      for (const wait of server.waiting.values()) wait.acknowledged = true;
      return;
    }
    this.confirmed(ack);
  }

  #request(sip: Sip, transport: Transport, line: Line | undefined): void {
    const key = `${sip.method} ${sip.branch}`;
    const known = this.servers.get(key);
    if (known !== undefined) {
      if (known.last !== undefined) this.send(known.last, known.hop);
      return;
    }
    const sentBy = /^SIP\/2\.0\/\w+ ([\d.]+)/.exec(sip.header('via') ?? '')?.[1] ?? CONTAINER;
    const server: Server = {
      request: sip,
      hop: { host: sentBy, transport, line },
      time: this.wires.clock.now(),
      last: undefined,
      final: 0,
      cancelled: false,
      waiting: new Map(),
    };
    this.servers.set(key, server);
    if (sip.method === 'CANCEL') this.#cancel(server);
    else this.requested(server);
  }

  #cancel(server: Server): void {
    const invite = this.servers.get(`INVITE ${server.request.branch}`);
    if (invite === undefined) this.complain('a CANCEL for no INVITE (§9.1)');
    this.respond(server, invite === undefined ? 481 : 200, `${this.name}c`);
    if (invite === undefined || invite.cancelled) return;
    invite.cancelled = true;
    if (invite.final === 0) this.cancelled(invite);
  }

  protected abstract requested(server: Server): void;
  protected abstract cancelled(invite: Server): void;
  /** An ACK to a 2xx. */
  protected abstract confirmed(ack: Sip): void;
  /** A 2xx had no ACK in 64*T1. */
  protected abstract unacknowledged(server: Server, tag: string): void;
}
