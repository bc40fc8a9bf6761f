// A container with one application, phones around it over UDP or over TCP, and what a proxy may change in a request that it forwards.
import {
  Ack,
  BestResponse,
  Initial,
  ProvisionalResponse,
  type ProxyOptions,
  type SipRequest,
  type SipResponse,
  Subsequent,
  Siplet as siplet,
} from '@siplet/sdk';
import { expect } from 'vitest';
import type { RequestOptions } from '../world/compose.js';
import type { ServerRequest } from '../world/incoming.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { Phone } from '../world/phone.js';
import type { Transport } from '../world/phone-wire.js';
import { Siplet, type SipletOptions } from '../world/siplet.js';
import { parameter, TextMessage } from '../world/text-message.js';
import { World } from '../world/world.js';

export const BOTH: readonly Transport[] = ['UDP', 'TCP'];
export const SIPLET = '10.0.0.9';
const PHONES = { alice: '10.0.0.1', bob: '10.0.0.2', carol: '10.0.0.3', dave: '10.0.0.4' };

/** What the application does; without `initial` it forwards every request to its Request-URI. */
export interface Script {
  readonly initial?: (request: SipRequest) => unknown;
  readonly subsequent?: (request: SipRequest) => unknown;
  readonly ack?: (request: SipRequest) => unknown;
  readonly provisional?: (response: SipResponse) => unknown;
  readonly best?: (response: SipResponse) => unknown;
}

const DECORATORS = {
  initial: Initial(),
  subsequent: Subsequent(),
  ack: Ack(),
  provisional: ProvisionalResponse(),
  best: BestResponse(),
} as const;

/** The application of a script. */
export function applicationOf(script: Script): Function {
  const Subject = { Subject: class {} }.Subject;
  for (const [key, value] of Object.entries({ initial: transit, ...script })) {
    const descriptor = { configurable: true, writable: true, value };
    Object.defineProperty(Subject.prototype, key, descriptor);
    (DECORATORS[key as keyof Script] as MethodDecorator)(Subject.prototype, key, descriptor);
  }
  siplet({ name: 'subject' })(Subject);
  return Subject;
}

/** Forwards to the Request-URI: what is to be done for a domain that is not ours (§16.5). */
export function transit(request: SipRequest): void {
  request.proxy().proxyTo(request.uri);
}

/** Forwards to these. */
export function proxies(targets: string | readonly string[], options?: ProxyOptions): (request: SipRequest) => void {
  return (request) => request.proxy(options).proxyTo(targets);
}

export interface StageOptions extends SipletOptions {
  /** What alice sends with, and what the URIs of the others ask for. */
  readonly transport?: Transport;
}

export class Stage {
  readonly alice: Phone;
  readonly bob: Phone;
  readonly carol: Phone;
  readonly dave: Phone;

  constructor(
    readonly world: World,
    readonly container: Siplet,
    readonly transport: Transport,
  ) {
    const phone = (name: keyof typeof PHONES) => world.phone(name, PHONES[name], { transport });
    this.alice = phone('alice');
    this.bob = phone('bob');
    this.carol = phone('carol');
    this.dave = phone('dave');
  }

  /** Request-URI of a phone: over this transport. */
  uri(name: string, phone: keyof typeof PHONES = name as keyof typeof PHONES): string {
    return uriOver(this.transport, name, phone);
  }

  /** Route value of a phone that plays a proxy: over this transport. */
  route(phone: keyof typeof PHONES, lr = ';lr'): string {
    return `<sip:${PHONES[phone]}${over(this.transport)}${lr}>`;
  }

  /** Alice's INVITE to bob, by way of the container. */
  invite(options: RequestOptions = {}, uri = this.uri('bob')): ClientRequest {
    return this.alice.invite(uri, { via: SIPLET, ...options });
  }

  request(method: string, options: RequestOptions = {}, uri = this.uri('bob')): ClientRequest {
    return this.alice.request(method, uri, { via: SIPLET, ...options });
  }

  /** A call that stands: alice has acknowledged bob's 200, and bob has her ACK. */
  async call(options: RequestOptions = {}): Promise<{ call: ClientRequest; invite: ServerRequest }> {
    const call = this.invite(options);
    const invite = await this.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    return { call, invite };
  }

  /** Sends octets of alice's to the container; gives the responses that came until nothing can come any more. */
  async answersTo(wire: string): Promise<TextMessage[]> {
    const before = this.alice.received.length;
    this.alice.send(wire, SIPLET);
    await this.world.run(40_000);
    return this.alice.received.slice(before).map(({ message }) => message);
  }

  /** Waits until nothing can come any more: not one of these got anything. */
  async nothingReaches(...phones: Phone[]): Promise<void> {
    await this.world.run(200_000);
    expect(phones.flatMap(({ name, received }) => received.map(({ message }) => [name, message.startLine]))).toEqual(
      [],
    );
  }

  /** A call by way of the container succeeds, whatever was before. */
  async works(): Promise<void> {
    const call = this.request('MESSAGE');
    (await this.bob.receive('MESSAGE')).reply(200);
    await call.response(200);
  }
}

export async function stage(script: Script = {}, options: StageOptions = {}): Promise<Stage> {
  const world = new World();
  const container = await Siplet.start(world, { subject: { Subject: applicationOf(script) } }, options);
  return new Stage(world, container, options.transport ?? 'UDP');
}

/** sip:NAME@address-of-the-phone, with the transport if it is TCP. */
export function uriOver(transport: Transport, name: string, phone = name as keyof typeof PHONES): string {
  return `sip:${name}@${PHONES[phone]}${over(transport)}`;
}

function over(transport: Transport): string {
  return transport === 'TCP' ? ';transport=tcp' : '';
}

/** An INVITE as alice would write it, to be spoilt. */
export function inviteText(s: Stage, branch = 'z9hG4bK-raw'): string {
  return [
    `INVITE ${s.uri('bob')} SIP/2.0`,
    `Via: SIP/2.0/${s.transport} 10.0.0.1:5060;branch=${branch}`,
    'Max-Forwards: 70',
    'From: <sip:alice@10.0.0.1>;tag=a1',
    `To: <${s.uri('bob')}>`,
    'Call-ID: raw@10.0.0.1',
    'CSeq: 1 INVITE',
    `Contact: <${s.uri('alice')}>`,
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

/** Header lines of a message as they came, without the line end. */
export function linesOf(wire: string): string[] {
  return wire.slice(0, wire.indexOf('\r\n\r\n')).split('\r\n').slice(1);
}

/** What is expected to be otherwise in the forwarded request, apart from what §16.6 and RFC 5393 have every proxy do. */
export interface Differences {
  readonly uri?: string;
  /** Header fields in the place of all that have this name; none to have them taken away. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly maxBreadth?: string;
  /** One Record-Route value of ours stands above all that were there. */
  readonly recordRoute?: boolean;
}

/**
 * The forwarded request is the one that was sent: same fields in the same order with the same names and values, same body; with our own Via on top,
 * Max-Forwards less one, and Max-Breadth at the end (RFC 5393 §5.3.3.1). Gives our Via.
 */
export function expectForwarded(received: TextMessage, sent: TextMessage, differences: Differences = {}): string {
  const expected = new TextMessage(sent.startLine, [...sent.headers], sent.body);
  const hops = sent.header('Max-Forwards');
  expected.set('Max-Forwards', hops === undefined ? '70' : String(Number(hops) - 1));
  expected.set('Max-Breadth', differences.maxBreadth ?? '60');
  for (const [name, values] of Object.entries(differences.headers ?? {})) expected.set(name, ...values);
  const [via = ''] = received.list('Via');
  const top = expected.headers.findIndex(([name]) => /^(via|v)$/i.test(name));
  expected.headers.splice(top, 0, ['Via', via]);
  expect(via).toMatch(/^SIP\/2\.0\/(UDP|TCP) 10\.0\.0\.9:5060;branch=z9hG4bK[0-9a-zA-Z._-]+(;rport)?$/);
  expect(received.startLine).toBe(
    differences.uri === undefined ? sent.startLine : sent.startLine.replace(sent.uri, () => differences.uri!),
  );
  const fields = [...received.headers];
  if (differences.recordRoute) {
    const at = fields.findIndex(([name]) => name.toLowerCase() === 'record-route');
    expect(fields.splice(at, 1)[0]?.[1]).toMatch(/^<sip:10\.0\.0\.9:5060(;transport=tcp)?;lr;sid=[0-9a-z.]+>$/);
  }
  expect(fields).toEqual(expected.headers);
  expect(received.body === sent.body, 'the body is the same, octet by octet').toBe(true);
  return via;
}

/** A refusal by the container itself (§8.2.6): status, and every field that is the request's; gives it. */
export function expectRefusal(responses: readonly TextMessage[], sent: TextMessage, status: number): TextMessage {
  expect(responses.map((response) => response.status)).toEqual([status]);
  const [response] = responses as [TextMessage];
  expect(response.list('Via')).toEqual(sent.list('Via'));
  for (const name of ['From', 'Call-ID', 'CSeq']) expect(response.header(name)).toBe(sent.header(name));
  const to = response.header('To') ?? '';
  const tag = parameter(to, 'tag');
  expect(tag).toMatch(/^[0-9a-zA-Z._-]+$/);
  expect(to).toBe(`${sent.header('To')};tag=${tag}`);
  expect(response.body).toBe('');
  return response;
}

/** Status of everything that was answered to it, in order. */
export function statuses(request: ClientRequest): number[] {
  return request.responses.map(({ status }) => status);
}

/** Requests of this method that came to a phone. */
export function arrived(phone: Phone, method: string): TextMessage[] {
  return phone.received
    .map(({ message }) => message)
    .filter((message) => message.isRequest && message.method === method);
}
