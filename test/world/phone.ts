// A scripted SIP phone: it does what the test tells it, counts CSeq, keeps tags and route sets, and knows nothing of
// the container's code.
import type { Connection } from '../../container/transport/network.js';
import { bracketed, composeRequest, type RequestOptions } from './compose.js';
import type { Dialog } from './dialog.js';
import { ServerRequest } from './incoming.js';
import { ClientRequest } from './outgoing.js';
import { type Arrival, type Destination, PhoneWire, type Transport } from './phone-wire.js';
import type { Scheduler } from './scheduler.js';
import { faultsOf } from './text-faults.js';
import { parameter, TextMessage, uriIn, uriParts } from './text-message.js';
import { LIFETIME } from './timing.js';
import { canonical, endpoint } from './transmission.js';
import type { VirtualClock } from './virtual-clock.js';
import type { VirtualNetwork } from './virtual-network.js';
import type { VirtualResolver } from './virtual-resolver.js';

/** What a phone needs of its world. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly scheduler: Scheduler;
  readonly resolver: VirtualResolver;
  failure(what: string, cause?: unknown): Error;
}

export interface PhoneOptions {
  /** 5060 unless told. */
  readonly port?: number;
  /** What it sends its own requests with: UDP unless told. */
  readonly transport?: Transport;
  /** What it can be reached with: both unless told (§18.2.1). */
  readonly listens?: readonly Transport[];
  /** Where requests outside a dialog go, whatever their URI says. */
  readonly outbound?: string;
}

export class Phone {
  /** Acknowledges 3xx-6xx to its INVITEs. */
  autoAck = true;
  /** Answers an INVITE with 100 at once. */
  autoTrying = false;
  /** Answers OPTIONS, BYE with 200 at once. */
  answerOptions = false;
  answerBye = false;
  /** Answers a CANCEL with 200 and its INVITE with 487 at once. */
  answerCancel = false;
  /** Sends again what is not answered, with T1 and T2, and answers what comes again as before. */
  reliable = false;
  /** What comes and is wrong is a failure of the test. */
  strict = true;
  /** All that came, in order. */
  readonly received: (Arrival & { readonly message: TextMessage })[] = [];
  readonly address: string;
  readonly port: number;
  readonly transport: Transport;
  readonly wire: PhoneWire;
  readonly #outbound: string | undefined;
  /** By method and branch: what came first. */
  readonly #requests = new Map<string, ServerRequest>();
  /** By Call-ID and number: every INVITE that an ACK may be for. */
  readonly #invites = new Map<string, ServerRequest[]>();
  readonly #unread: ServerRequest[] = [];
  readonly #sent = new Map<string, ClientRequest>();
  readonly #dialogs = new Map<string, Dialog>();
  readonly #tags = new Map<string, string>();
  readonly #scripts = new Map<string, (request: ServerRequest) => void>();
  #count = { branch: 0, tag: 0, call: 0 };

  constructor(
    private readonly world: Surroundings,
    readonly name: string,
    address: string,
    options: PhoneOptions = {},
  ) {
    this.address = canonical(address);
    this.port = options.port ?? 5060;
    this.transport = options.transport ?? 'UDP';
    this.#outbound = options.outbound;
    const take = (arrival: Arrival) => this.#take(arrival);
    const fault = (error: unknown) => this.#complain(String(error));
    this.wire = new PhoneWire(world.network, address, this.port, options.listens ?? ['UDP', 'TCP'], take, fault);
  }

  /** Address of record: sip:alice@10.0.0.1 */
  get uri(): string {
    return `sip:${this.name}@${endpoint(this.address, this.port).replace(/:5060$/, '')}`;
  }

  contactFor(transport: Transport): string {
    return `sip:${this.name}@${endpoint(this.address, this.port)}${transport === 'TCP' ? ';transport=tcp' : ''}`;
  }

  // Sending.

  /** Sends an INVITE. */
  invite(uri: string, options: RequestOptions = {}): ClientRequest {
    return this.request('INVITE', uri, options);
  }

  /** Sends any request. */
  request(method: string, uri: string, options: RequestOptions = {}): ClientRequest {
    const destination = this.#nextHop(uri, options);
    const { transport } = destination;
    const branch = options.branch ?? `z9hG4bK-${this.name}-${++this.#count.branch}`;
    const dialog = options.fromTag === '';
    const tag = options.fromTag ?? `${this.name}-${++this.#count.tag}`;
    const message = composeRequest(
      {
        method,
        uri,
        via: `SIP/2.0/${transport} ${endpoint(this.address, this.port)};branch=${branch}`,
        from: dialog ? (options.from ?? '') : `${bracketed(options.from ?? this.uri)};tag=${tag}`,
        to: dialog ? (options.to ?? '') : bracketed(options.to ?? uri),
        callId: options.callId ?? `${++this.#count.call}@${this.name}`,
        sequence: options.sequence ?? 1,
        route: options.route ?? [],
        contact:
          method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE' ? this.contactFor(transport) : undefined,
      },
      options,
    );
    return this.track(new ClientRequest(this, message, destination, this.dialogWith(message, true))).send();
  }

  /** Sends a message or any octets: to a destination, or to 'siplet', '10.0.0.9:5070', 'siplet;transport=tcp'. */
  send(message: TextMessage | string, to: Destination | string, connection?: Connection): void {
    this.wire.send(String(message), typeof to === 'string' ? this.destination(to) : to, connection);
  }

  /** Host, port and transport of 'siplet', '10.0.0.9:5070' or 'siplet;transport=tcp'. */
  destination(place: string, transport?: Transport): Destination {
    const { host, port, parameters } = uriParts(/^sips?:/i.test(place) ? place : `sip:${place}`);
    const name = parameters.get('maddr') ?? host;
    const address = this.resolve(name);
    if (address === undefined) throw this.failure(`${this.name} does not know the address of ${name}`);
    const named = parameters.get('transport')?.toUpperCase() as Transport | undefined;
    return { address, port: port ?? 5060, transport: transport ?? named ?? this.transport };
  }

  /** The address of a name or literal. */
  resolve(host: string): string | undefined {
    try {
      return canonical(host);
    } catch {
      return this.world.resolver.first(host);
    }
  }

  // Receiving.

  /**
   * The next request of this method (or for which this is true) that the test has not seen; time passes until it comes.
   */
  receive(wanted: string | ((request: ServerRequest) => boolean), within?: number): Promise<ServerRequest> {
    const what = `${this.name} waits for ${typeof wanted === 'string' ? wanted : 'a request'}`;
    return this.until(what, within, () => {
      const index = this.#unread.findIndex((each) =>
        typeof wanted === 'string' ? each.method === wanted : wanted(each),
      );
      return index < 0 ? undefined : this.#unread.splice(index, 1)[0];
    });
  }

  /** Does this with every request of this method; `receive` does not see them. */
  on(method: string, script: (request: ServerRequest) => void): this {
    this.#scripts.set(method, script);
    return this;
  }

  /** Lets time pass, in which nothing may come. */
  async receivesNothing(within: number = LIFETIME): Promise<void> {
    const before = this.received.length;
    await this.world.scheduler.run(within);
    const surprise = this.received[before];
    if (surprise) throw this.failure(`${this.name} should receive nothing; it got ${surprise.message.startLine}`);
  }

  /** Requests that the test has not looked at. */
  get unread(): readonly ServerRequest[] {
    return this.#unread;
  }

  /** The INVITE that a CANCEL is meant for (§9.2). */
  inviteOf(cancel: ServerRequest): ServerRequest | undefined {
    return this.#requests.get(`INVITE ${cancel.message.branch}`);
  }

  // What its requests need of it.

  until<T>(what: string, within: number = LIFETIME + 8000, probe: () => T | undefined): Promise<T> {
    return this.world.scheduler.until(probe, within, () => {
      throw this.failure(`${what}; it did not come within ${within / 1000} s`);
    });
  }

  failure(what: string): Error {
    return this.world.failure(what);
  }

  after(delay: number, job: () => void): void {
    this.world.clock.after(delay, job);
  }

  track(request: ClientRequest): ClientRequest {
    if (request.message.method !== 'ACK')
      this.#sent.set(`${request.message.method} ${request.message.branch}`, request);
    return request;
  }

  keep(dialog: Dialog): void {
    this.#dialogs.set(`${dialog.callId} ${parameter(dialog.local, 'tag')} ${parameter(dialog.remote, 'tag')}`, dialog);
  }

  /** The dialog of ours that a request belongs to. */
  dialogWith(request: TextMessage, ours = false): Dialog | undefined {
    const [local, remote] = ours ? [request.fromTag, request.toTag] : [request.toTag, request.fromTag];
    return this.#dialogs.get(`${request.callId} ${local} ${remote}`);
  }

  /** The To tag of its responses: one per request and its retransmissions. */
  tagOf({ message }: ServerRequest): string {
    const key = `${message.branch} ${message.callId}`;
    const tag = this.#tags.get(key) ?? `${this.name}-${++this.#count.tag}`;
    this.#tags.set(key, tag);
    return tag;
  }

  /** §8.1.2: the test's word, the outbound proxy, the first Route, the Request-URI. */
  #nextHop(uri: string, options: RequestOptions): Destination {
    const place = options.via ?? (options.fromTag === '' ? undefined : this.#outbound);
    if (place !== undefined) return this.destination(place, options.transport);
    const next = options.route?.[0] === undefined ? uri : uriIn(options.route[0]);
    // In a dialog the URI says it all: without a transport it is UDP (RFC 3263 §4.1).
    const udp = options.fromTag === '' && !/;transport=/i.test(next);
    return this.destination(next, options.transport ?? (udp ? 'UDP' : undefined));
  }

  #take(arrival: Arrival): void {
    if (arrival.wire.trim() === '') return;
    let message: TextMessage;
    try {
      message = TextMessage.read(arrival.wire);
    } catch (error) {
      this.#complain(String(error));
      return;
    }
    this.received.push({ ...arrival, message });
    const faults = faultsOf(message, arrival.transport);
    if (faults.length > 0) this.#complain(`${message.startLine}: ${faults.join(', ')}`);
    if (!message.isRequest) this.#sent.get(`${message.method} ${message.branch}`)?.receive(message);
    else this.#takeRequest(new ServerRequest(this, message, arrival));
  }

  #takeRequest(request: ServerRequest): void {
    const { method, message } = request;
    const key = `${method} ${message.branch}`;
    const earlier = this.#requests.get(key);
    if (method === 'ACK') this.#acknowledge(message);
    else if (this.reliable && earlier) {
      earlier.resend();
      return;
    }
    if (!earlier) this.#requests.set(key, request);
    if (method === 'INVITE') {
      const call = `${message.callId} ${message.sequence}`;
      this.#invites.set(call, [...(this.#invites.get(call) ?? []), request]);
    }
    const script = this.#scripts.get(method);
    if (script) script(request);
    else if (!this.#answers(request)) this.#unread.push(request);
  }

  /** What it has been told to do with such requests by itself; false when that leaves the request to the test. */
  #answers(request: ServerRequest): boolean {
    const { method } = request;
    if (method === 'INVITE' && this.autoTrying) request.reply(100);
    if (method === 'CANCEL' && this.answerCancel) this.#cancelled(request);
    else if ((method === 'OPTIONS' && this.answerOptions) || (method === 'BYE' && this.answerBye)) request.reply(200);
    else return false;
    return true;
  }

  #acknowledge(ack: TextMessage): void {
    for (const invite of this.#invites.get(`${ack.callId} ${ack.sequence}`) ?? []) {
      if (invite.isAcknowledgedBy(ack)) invite.acknowledged = true;
    }
  }

  #cancelled(cancel: ServerRequest): void {
    const invite = this.inviteOf(cancel);
    cancel.reply(invite ? 200 : 481);
    if (invite && !invite.replies.some((reply) => reply.status >= 200)) invite.reply(487);
  }

  #complain(what: string): void {
    if (this.strict) this.world.scheduler.fault(new Error(`${this.name} received what is wrong: ${what}`));
  }
}
