// A container with several engines in a process of its own, a caller and a callee on loopback, and an application that
// says in which thread it runs.

import { present } from '../../container/base/present.js';
import { Container } from '../running/process.js';
import { type Arrival, acknowledgementOf, datagrams, type End, Raw, responseTo, sink } from '../running/wire.js';

/** Writes the number of its thread into all that passes; what it does with a call says the user who is called. */
export const application = (port: number, more = '') => `
import { threadId } from 'node:worker_threads';
import { Cancel, Invite, Message, Options, Status, Siplet, Subsequent, SessionKey, type SipRequest, type SipResponse, type SipUri, Sessions, Metrics } from '@siplet/sdk';
import { inject } from 'inversify';

@Siplet({ name: 'place' })
export class Place {
  constructor(@inject(Metrics) readonly metrics: any) {}

  @Invite()
  async take(request: SipRequest) {
    const { user = '' } = request.uri as SipUri;
    this.metrics.counter('calls', 'calls').increment();
    // Behind the container's back: its own 'process' refuses to end an engine.
    if (user === 'die') Function('return process')().exit(3);
    while (user === 'hang');
    mark(request);
    if (user === 'bridge') await request.b2bua().bridge({ to: 'sip:bob@127.0.0.1:${port}', headers: { 'X-Thread': String(threadId) } });
    else if (user === 'busy') answer(request, 486);
    else if (user === 'answer') {
      answered.add(request.callId);
      answer(request, 200);
    }
    else request.proxy({ recordRoute: true }).proxyTo('sip:' + user + '@127.0.0.1:${port}' + (user === 'stream' ? ';transport=tcp' : ''));
  }
  @Subsequent() pass(request: SipRequest) {
    mark(request);
    if (request.method !== 'ACK' && answered.has(request.callId)) answer(request, 200);
  }
  @Status(200) passed(response: SipResponse) { mark(response); }
  @Message() told(request: SipRequest) { answer(request, 200); }
  ${more}
}

/** Of this thread. */
const answered = new Set<string>();
function mark(message: SipRequest | SipResponse) { message.headers.set('X-Thread', String(threadId)); }
function answer(request: SipRequest, status: number) {
  const response = request.createResponse(status);
  mark(response);
  response.send();
}
`;

let last = 0;

/** A request as one of our phones sends it. */
export interface Wanted {
  readonly callId: string;
  readonly target?: string;
  readonly to?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly lines?: readonly string[];
  readonly transport?: 'UDP' | 'TCP';
}

export class TwoEngines {
  private constructor(
    readonly container: Container,
    readonly callee: End,
    readonly caller: End,
  ) {}

  static async open(configuration = '', words: readonly string[] = [], more = ''): Promise<TwoEngines> {
    const callee = await sink();
    const caller = await datagrams('127.0.0.1');
    const shutdown = configuration.includes('shutdown:') ? '' : 'shutdown: { timeout: 1s }\n';
    const workers = configuration.includes('workers:') ? '' : 'workers: 2\n';
    const text = `${workers}${shutdown}${configuration}`;
    const container = await Container.start({ 'place.ts': application(callee.port, more) }, text, words);
    return new TwoEngines(container, callee, caller);
  }

  async close(): Promise<{ status: number | null; err: string }> {
    const end = await this.container.stop();
    await Promise.all([this.callee.close(), this.caller.close()]);
    return end;
  }

  request(method: string, wanted: Wanted): Raw {
    const { callId, target = 'sip:bob@127.0.0.1', to = '<sip:bob@127.0.0.1>', cseq = 1, transport = 'UDP' } = wanted;
    const branch = wanted.branch ?? `z9hG4bKphone${process.pid}x${++last}`;
    const lines = [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/${transport} 127.0.0.1:${this.caller.port};branch=${branch};rport`,
      'Max-Forwards: 70',
      `From: <sip:alice@127.0.0.1>;tag=alice${callId}`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <sip:alice@127.0.0.1:${this.caller.port}>`,
      `X-Call: ${callId}`,
      ...(wanted.lines ?? []),
      'Content-Length: 0',
    ];
    return new Raw(`${lines.join('\r\n')}\r\n\r\n`);
  }

  /** By UDP, from the one socket of the caller. */
  send(raw: Raw): Raw {
    this.caller.send(raw.wire, this.container.udp);
    return raw;
  }

  /** The response to it, of that status. */
  async answer(to: Raw, status: number, end: { readonly inbox: End['inbox'] } = this.caller): Promise<Raw> {
    const { raw } = await end.inbox.take(
      ({ raw: each }) =>
        !each.isRequest &&
        each.value('call-id') === to.value('call-id') &&
        each.value('cseq') === to.value('cseq') &&
        each.status >= (status < 200 ? 101 : 200),
      3000,
    );
    if (raw.status !== status) throw new Error(`${raw.start} and not ${status}`);
    return raw;
  }

  /** What comes to the callee of the call with that X-Call. */
  arrival(callId: string, method: string): Promise<Arrival> {
    return this.callee.inbox.take(({ raw }) => raw.value('x-call') === callId && raw.method === method, 3000);
  }
}

/** A call that stands: from the caller's side and from the callee's. */
export class StandingCall {
  cseq = 1;

  private constructor(
    readonly stage: TwoEngines,
    readonly callId: string,
    readonly invite: Raw,
    readonly answer: Raw,
    readonly invited: Arrival,
    readonly thread: string,
  ) {}

  static async begin(stage: TwoEngines, callId: string, user = 'bob'): Promise<StandingCall> {
    const invite = stage.send(stage.request('INVITE', { callId, target: `sip:${user}@127.0.0.1` }));
    const invited = await stage.arrival(callId, 'INVITE');
    invited.reply(responseTo(invited.raw, 180));
    invited.reply(responseTo(invited.raw, 200, [`Contact: <sip:bob@127.0.0.1:${stage.callee.port}>`]));
    await stage.caller.inbox.take(({ raw }) => raw.value('call-id') === callId && raw.status === 180, 3000);
    const answer = await stage.answer(invite, 200);
    const call = new StandingCall(stage, callId, invite, answer, invited, invited.raw.value('x-thread') ?? 'none');
    call.send('ACK');
    await stage.callee.inbox.take(
      ({ raw }) => raw.value('call-id') === invited.raw.value('call-id') && raw.method === 'ACK',
      3000,
    );
    return call;
  }

  /** In its dialog, by the caller. */
  send(method: string): Raw {
    const { stage, answer, callId } = this;
    const cseq = method === 'ACK' ? this.cseq : ++this.cseq;
    const target = /<([^>]*)>/.exec(answer.value('contact') ?? '')?.[1] ?? `sip:bob@127.0.0.1:${stage.callee.port}`;
    const lines = answer
      .values('record-route')
      .reverse()
      .map((value) => `Route: ${value}`);
    return stage.send(stage.request(method, { callId, target, to: present(answer.value('to')), cseq, lines }));
  }

  /** In its dialog, by the callee. */
  sendBack(method: string, cseq: number): Raw {
    const { stage, invited, callId } = this;
    const contact = /<([^>]*)>/.exec(invited.raw.value('contact') ?? '')?.[1] ?? '';
    const raw = new Raw(
      `${[
        `${method} ${contact} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${stage.callee.port};branch=z9hG4bKcallee${process.pid}x${++last};rport`,
        'Max-Forwards: 70',
        ...invited.raw.values('record-route').map((value) => `Route: ${value}`),
        `From: ${invited.raw.value('to')};tag=sink`,
        `To: ${invited.raw.value('from')}`,
        `Call-ID: ${invited.raw.value('call-id')}`,
        `CSeq: ${cseq} ${method}`,
        `Contact: <sip:bob@127.0.0.1:${stage.callee.port}>`,
        `X-Call: ${callId}`,
        'Content-Length: 0',
      ].join('\r\n')}\r\n\r\n`,
    );
    stage.callee.send(raw.wire, stage.container.udp);
    return raw;
  }

  /** From the caller to the callee and back: the thread that it passed. */
  async passes(method: string): Promise<string> {
    const sent = this.send(method);
    const { raw, reply } = await this.stage.callee.inbox.take(
      ({ raw: each }) => each.value('call-id') === this.invited.raw.value('call-id') && each.method === method,
      3000,
    );
    reply(responseTo(raw, 200, [`Contact: <sip:bob@127.0.0.1:${this.stage.callee.port}>`]));
    await this.stage.answer(sent, 200);
    if (method === 'INVITE') {
      this.send('ACK');
      await this.stage.callee.inbox.take(
        ({ raw: each }) => each.value('call-id') === this.invited.raw.value('call-id') && each.method === 'ACK',
        3000,
      );
    }
    return raw.value('x-thread') ?? 'none';
  }

  /** From the callee to the caller and back. */
  async passesBack(method: string, cseq: number): Promise<string> {
    const sent = this.sendBack(method, cseq);
    const { raw, reply } = await this.stage.caller.inbox.take(
      ({ raw: each }) => each.value('call-id') === this.callId && each.method === method,
      3000,
    );
    reply(responseTo(raw, 200, [`Contact: <sip:alice@127.0.0.1:${this.stage.caller.port}>`]));
    await this.stage.answer(sent, 200, this.stage.callee);
    return raw.value('x-thread') ?? 'none';
  }
}

export { acknowledgementOf, responseTo };
