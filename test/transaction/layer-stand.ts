// A stand for one transaction layer: a clock that is turned by hand, flows that note what was sent and when, users that
// note what they were told.
import type { Clock, Deadline, Timed } from '../../container/base/clock.js';
import type { Identifiers } from '../../container/base/identifiers.js';
import { present } from '../../container/base/present.js';
import { Malformed, parse, type Request, type Response, responseTo } from '../../container/message/index.js';
import { TransactionLayer, type TransactionOptions } from '../../container/transaction/transaction-layer.js';
import type {
  ClientTransaction,
  ClientUser,
  ServerTransaction,
  ServerUser,
  TransactionFailure,
} from '../../container/transaction/user.js';
import type { Flow, FlowUser, Hop } from '../../container/transport/flow.js';
import type { TransportName } from '../../container/transport/network.js';

class HandDeadline implements Deadline {
  pending = true;
  constructor(
    readonly at: number,
    readonly owner: Timed,
    readonly which: string,
  ) {}
  stop(): void {
    this.pending = false;
  }
}

/** Deadlines fire in order of time, and of start where that is equal. */
export class HandClock implements Clock {
  #now = 0;
  #deadlines: HandDeadline[] = [];

  now(): number {
    return this.#now;
  }
  wallTime(): number {
    return this.#now;
  }
  start(delay: number, owner: Timed, which: string): Deadline {
    if (!Number.isFinite(delay)) throw new Error(`${which} would never end`);
    const deadline = new HandDeadline(this.#now + delay, owner, which);
    this.#deadlines.push(deadline);
    return deadline;
  }
  /** Names of the timers that run, in order of their time. */
  get running(): string[] {
    return this.#pending().map((deadline) => deadline.which);
  }
  /** Lets time pass up to and with `time`. */
  turnTo(time: number): void {
    for (;;) {
      const next = this.#pending()[0];
      if (next === undefined || next.at > time) break;
      this.#now = next.at;
      next.pending = false;
      next.owner.expire(next.which);
    }
    this.#now = time;
  }
  #pending(): HandDeadline[] {
    this.#deadlines = this.#deadlines.filter((deadline) => deadline.pending);
    return [...this.#deadlines].sort((a, b) => a.at - b.at);
  }
}

export class CountingIdentifiers implements Identifiers {
  #count = 0;
  branch(): string {
    return `b${++this.#count}`;
  }
  tag(): string {
    return `tag${++this.#count}`;
  }
  id(): string {
    return `id${++this.#count}`;
  }
  fraction(): number {
    return 0;
  }
}

export interface Sent {
  readonly at: number;
  readonly wire: string;
}

export class NotingFlow implements Flow {
  readonly sent: Sent[] = [];
  readonly localAddress = '192.0.2.1';
  readonly localPort = 5060;
  readonly remoteAddress = '192.0.2.2';
  readonly remotePort = 5060;
  readonly sentBy = '192.0.2.1:5060';
  readonly open = true;
  readonly senders = new Set<FlowUser>();
  constructor(
    readonly transport: TransportName,
    readonly clock: Clock,
  ) {}
  get reliable(): boolean {
    return this.transport !== 'UDP';
  }
  send(wire: string, sender?: FlowUser): void {
    this.sent.push({ at: this.clock.now(), wire });
    if (sender !== undefined) this.senders.add(sender);
  }
  forget(sender: FlowUser): void {
    this.senders.delete(sender);
  }
  /** The connection is lost: every registered sender is told. */
  fail(error = new Error('connection refused')): void {
    const senders = [...this.senders];
    this.senders.clear();
    for (const sender of senders) sender.transportFailed(error);
  }
  /** 'INVITE 0' 'ACK 12': first word, or the status, and the time. */
  get log(): string[] {
    return this.sent.map(({ at, wire }) => `${startOf(wire)} ${at}`);
  }
  /** Times at which something that begins with `start` was sent. */
  times(start: string): number[] {
    return this.sent.filter(({ wire }) => startOf(wire) === start).map(({ at }) => at);
  }
  last(): Request | Response {
    return read(present(this.sent.at(-1)).wire);
  }
}

function startOf(wire: string): string {
  const words = wire.slice(0, wire.indexOf('\r\n')).split(' ');
  return words[0] === 'SIP/2.0' ? present(words[1]) : present(words[0]);
}

export function read(wire: string): Request | Response {
  const message = parse(wire, 'datagram');
  if (message instanceof Malformed) throw new Error(`${message.reason} ${message.section}:\n${wire}`);
  return message;
}

/** Notes 'passed 180', 'timeout', 'transport', 'terminated'. */
export class NotingClient implements ClientUser {
  readonly notes: string[] = [];
  readonly failures: TransactionFailure[] = [];
  constructor(readonly also: (response: Response, transaction: ClientTransaction) => void = () => {}) {}
  response(response: Response, transaction: ClientTransaction): void {
    this.notes.push(`passed ${response.status}`);
    this.also(response, transaction);
  }
  failed(failure: TransactionFailure): void {
    this.failures.push(failure);
    this.notes.push(failure.cause);
  }
  terminated(): void {
    this.notes.push('terminated');
  }
}

/** Notes 'ack', 'ack to 2xx', 'timeout', 'transport', 'terminated'. */
export class NotingServer implements ServerUser {
  readonly notes: string[] = [];
  acknowledged(_ack: Request, to2xx: boolean): void {
    this.notes.push(to2xx ? 'ack to 2xx' : 'ack');
  }
  failed(failure: TransactionFailure): void {
    this.notes.push(failure.cause);
  }
  terminated(): void {
    this.notes.push('terminated');
  }
}

export interface Passed {
  readonly request: Request;
  readonly transaction: ServerTransaction | undefined;
}

export class Stand {
  readonly clock = new HandClock();
  readonly flow: NotingFlow;
  readonly layer: TransactionLayer;
  readonly passed: Passed[] = [];
  readonly strays: Response[] = [];
  readonly faults: Malformed[] = [];
  /** Where responses go, if not where the request came from; null is nowhere. */
  flowBack: NotingFlow | null | undefined = undefined;
  /** What the user does with a request; nothing by default. */
  onRequest: (request: Request, transaction: ServerTransaction | undefined, flow: Flow) => void = () => {};

  constructor(transport: TransportName = 'UDP', options: TransactionOptions = {}) {
    this.flow = new NotingFlow(transport, this.clock);
    const below = {
      open: (_hop: Hop) => this.flow,
      respond: (response: Response, arrivedOn: Flow, sender?: FlowUser) => {
        const flow = this.flowBack === undefined ? arrivedOn : this.flowBack;
        flow?.send(response.toWire(), sender);
        return flow ?? undefined;
      },
    };
    this.layer = new TransactionLayer(below, this.clock, new CountingIdentifiers(), options);
    this.layer.user = {
      request: (request, transaction, flow) => {
        this.passed.push({ request, transaction });
        this.onRequest(request, transaction, flow);
      },
      stray: (response) => this.strays.push(response),
      malformed: (fault) => this.faults.push(fault),
    };
  }

  get hop(): Hop {
    return { transport: this.flow.transport, address: '192.0.2.2', port: 5060 };
  }

  /** Sends a request of that method. */
  send(method: string, user: ClientUser = new NotingClient(), loopPart?: string): ClientTransaction {
    return this.layer.send(outgoing(method), this.hop, user, loopPart);
  }

  /** The peer's response to the last request of that method (or to `request`). */
  answer(
    status: number,
    method = 'INVITE',
    toTag = 'callee',
    change: (response: Response) => void = () => {},
  ): Response {
    const sent = this.flow.sent.map(({ wire }) => wire).filter((wire) => wire.startsWith(`${method} `));
    const response = responseTo(
      read(present(sent.at(-1))) as Request,
      status,
      undefined,
      status === 100 ? undefined : toTag,
    );
    change(response);
    this.layer.receive(read(response.toWire()), this.flow);
    return response;
  }

  receive(wire: string, flow: Flow = this.flow): void {
    this.layer.receive(parse(wire, 'datagram'), flow);
  }

  /** The server transaction of the last request that was passed. */
  get server(): ServerTransaction {
    return present(present(this.passed.at(-1)).transaction);
  }

  /** The user answers the last request. */
  respond(status: number, toTag = 'ours', request = present(this.passed.at(-1))): boolean {
    return present(request.transaction).respond(
      responseTo(request.request, status, undefined, status === 100 ? undefined : toTag),
    );
  }

  get total(): number {
    const { inviteClient, nonInviteClient, inviteServer, nonInviteServer } = this.layer.size;
    return inviteClient + nonInviteClient + inviteServer + nonInviteServer;
  }
}

/** A request of ours, without a Via. */
export function outgoing(method: string): Request {
  const request = read(incoming(method, { contact: true })) as Request;
  request.delete('Via');
  return request;
}

export interface Variation {
  readonly uri?: string;
  readonly via?: string;
  readonly branch?: string;
  readonly sentBy?: string;
  readonly toTag?: string;
  readonly fromTag?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly cseqMethod?: string;
  readonly extra?: readonly string[];
  readonly contact?: boolean;
  readonly body?: string;
}

/** A request of a peer, as octets. */
export function incoming(method: string, variation: Variation = {}): string {
  const { body = '' } = variation;
  const branch = variation.branch ?? 'z9hG4bKpeer1';
  const via =
    variation.via ?? `SIP/2.0/UDP ${variation.sentBy ?? '192.0.2.2:5060'}${branch === '' ? '' : `;branch=${branch}`}`;
  return [
    `${method} ${variation.uri ?? 'sip:callee@example.com'} SIP/2.0`,
    `Via: ${via}`,
    'Max-Forwards: 70',
    `From: <sip:caller@example.com>;tag=${variation.fromTag ?? 'caller'}`,
    `To: <sip:callee@example.com>${variation.toTag === undefined ? '' : `;tag=${variation.toTag}`}`,
    `Call-ID: ${variation.callId ?? 'call-1'}`,
    `CSeq: ${variation.cseq ?? 1} ${variation.cseqMethod ?? method}`,
    ...(variation.contact ? ['Contact: <sip:caller@192.0.2.2>'] : []),
    ...(variation.extra ?? []),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}
