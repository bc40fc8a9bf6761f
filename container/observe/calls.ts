// The calls in progress and the recent ones, with their messages as sent on the wire and between applications; limited
// in calls, messages and octets.
import type { Flow } from '../transport/flow.js';
import type { Parties } from '../transport/internal-flow.js';
import { callIdOf, fromOf, startLineOf, toOf, withoutSecrets } from './wire-text.js';

type CallState = 'trying' | 'ringing' | 'established' | 'ended' | 'failed';

/** A call in the list of calls. */
export interface CallSummary {
  readonly callId: string;
  readonly method: string;
  readonly from: string;
  readonly to: string;
  readonly state: CallState;
  /** The final response to the request that began the call, once there is one. */
  readonly status?: number;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly last: number;
  readonly messages: number;
}

/** One message on the wire, or from one application to another inside the container. */
export type TracedMessage = WireMessage | InternalMessage;

interface TracedText {
  readonly at: number;
  /** 'INVITE sip:bob@example.com SIP/2.0' */
  readonly start: string;
  readonly text: string;
}

interface WireMessage extends TracedText {
  readonly direction: 'in' | 'out';
  readonly transport: string;
  /** Our address and the peer's: 192.0.2.1:5060. */
  readonly local: string;
  readonly remote: string;
}

interface InternalMessage extends TracedText {
  readonly direction: 'inside';
  /** The names of the applications, as far as they are known. */
  readonly sender?: string;
  readonly recipient?: string;
}

export interface CallTrace extends CallSummary {
  readonly trace: readonly TracedMessage[];
  /** How many messages were not kept because there were `trace.messages` already. */
  readonly omitted: number;
}

type Note = WireNote | InternalNote;

interface InternalNote {
  readonly at: number;
  readonly wire: string;
  /** The recipient is set when an application has taken the message. */
  readonly parties: Parties;
  readonly isResponse: boolean;
}

interface WireNote {
  readonly at: number;
  readonly isSent: boolean;
  readonly wire: string;
  readonly parties?: undefined;
  readonly transport: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

interface Call {
  readonly callId: string;
  readonly method: string;
  /** Whether we sent the request that began the call. */
  readonly isOurs: boolean;
  /** Whether the request that began the call went from one application to another. */
  readonly isInside: boolean;
  readonly began: number;
  last: number;
  state: CallState;
  status: number;
  messages: number;
  octets: number;
  readonly notes: Note[];
}

interface CallOptions {
  readonly calls: number;
  readonly messages: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Called when the state of a call has changed. */
  changed?(call: CallSummary): void;
}

/** The total size of the messages kept, in octets. */
const MAX_OCTETS = 64 * 1_048_576;
/** How many of the oldest calls are searched for one that has ended, before the oldest is forgotten. */
const LOOKED_AT = 16;
const MAX_CALL_ID = 1024;

export class Calls {
  readonly #options: CallOptions;
  readonly #calls = new Map<string, Call>();
  #octets = 0;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  /** Records a message that we send. */
  noteSent(method: string, status: number, wire: string, flow: Flow): void {
    this.note(callIdOf(wire), method, status, true, wire, flow);
  }

  note(callId: string, method: string, status: number, isSent: boolean, wire: string, flow: Flow): void {
    const at = this.#options.now();
    const call = this.#callOf(callId, method, status, isSent, false, at);
    if (call === undefined) return;
    const { transport, localAddress, localPort, remoteAddress, remotePort } = flow;
    if (call.notes.length < this.#options.messages)
      this.#keep(call, { at, isSent, wire, transport, localAddress, localPort, remoteAddress, remotePort });
    this.#follow(call, method, status, isSent);
  }

  /**
   * Records a message from one application to another. It changes the state of a call only when the call began inside.
   */
  noteInside(callId: string, method: string, status: number, wire: string, parties: Parties): void {
    const at = this.#options.now();
    const call = this.#callOf(callId, method, status, true, true, at);
    if (call === undefined) return;
    if (call.notes.length < this.#options.messages) this.#keep(call, { at, wire, parties, isResponse: status !== 0 });
    if (call.isInside) this.#follow(call, method, status, status === 0);
  }

  /** The call that the message belongs to or begins; undefined when there is none. */
  #callOf(
    callId: string,
    method: string,
    status: number,
    isSent: boolean,
    isInside: boolean,
    at: number,
  ): Call | undefined {
    if (callId === '' || callId.length > MAX_CALL_ID) return undefined;
    let call = this.#calls.get(callId);
    if (call === undefined) {
      // These cannot begin a call, and its beginning was not seen.
      if (status !== 0 || method === 'ACK' || method === 'CANCEL') return undefined;
      call = {
        callId,
        method,
        isOurs: isSent,
        isInside,
        began: at,
        last: at,
        state: 'trying',
        status: 0,
        messages: 0,
        octets: 0,
        notes: [],
      };
      this.#calls.set(callId, call);
      if (this.#calls.size > this.#options.calls) this.#forgetOne();
    }
    call.last = at;
    call.messages++;
    return call;
  }

  #keep(call: Call, note: Note): void {
    call.notes.push(note);
    call.octets += note.wire.length;
    this.#octets += note.wire.length;
    while (this.#octets > MAX_OCTETS && this.#calls.size > 1) this.#forgetOne();
  }

  /** The newest first. */
  list(): CallSummary[] {
    return [...this.#calls.values()].reverse().map(summaryOf);
  }

  get(callId: string): CallTrace | undefined {
    const call = this.#calls.get(callId);
    if (call === undefined) return undefined;
    return { ...summaryOf(call), trace: call.notes.map(tracedOf), omitted: call.messages - call.notes.length };
  }

  /** Updates the state of a call, as its first dialog shows it. */
  #follow(call: Call, method: string, status: number, isSent: boolean): void {
    const before = call.state;
    if (method === call.method) followBegin(call, status, isSent);
    else if (method === 'BYE' && status >= 200 && before === 'established') call.state = 'ended';
    if (before !== call.state || call.messages === 1) this.#options.changed?.(summaryOf(call));
  }

  /** Forgets the oldest call that has ended, if one of the oldest has; otherwise the oldest. */
  #forgetOne(): void {
    let oldest: Call | undefined;
    let looked = 0;
    for (const call of this.#calls.values()) {
      oldest ??= call;
      if (call.state === 'ended' || call.state === 'failed') {
        oldest = call;
        break;
      }
      if (++looked === LOOKED_AT) break;
    }
    if (oldest === undefined) return;
    this.#calls.delete(oldest.callId);
    this.#octets -= oldest.octets;
  }
}

/** Handles a request of the method that began the call, or a response to one. */
function followBegin(call: Call, status: number, isSent: boolean): void {
  const isSameSide = isSent === call.isOurs;
  if (status === 0) {
    // The request is repeated with credentials (§22.2).
    if (isSameSide && call.state === 'failed') call.state = 'trying';
    return;
  }
  if (isSameSide || call.state === 'ended' || call.state === 'established') return;
  if (status >= 300) call.state = 'failed';
  else if (status >= 200) call.state = call.method === 'INVITE' ? 'established' : 'ended';
  else if (status > 100) call.state = 'ringing';
  if (status >= 200) call.status = status;
}

function summaryOf({ callId, method, state, status, began, last, messages, notes }: Call): CallSummary {
  const wire = notes[0]?.wire ?? '';
  const summary = { callId, method, from: text(fromOf(wire)), to: text(toOf(wire)), state, began, last, messages };
  return status === 0 ? summary : { ...summary, status };
}

function tracedOf(note: Note): TracedMessage {
  const { at, wire } = note;
  const said = { start: text(startLineOf(wire)), text: text(withoutSecrets(wire)) };
  if (note.parties === undefined) {
    const local = addressOf(note.localAddress, note.localPort);
    const remote = addressOf(note.remoteAddress, note.remotePort);
    return { at, direction: note.isSent ? 'out' : 'in', transport: note.transport, local, remote, ...said };
  }
  const { sender: asking, recipient: asked } = note.parties;
  const [sender, recipient] = note.isResponse ? [asked, asking] : [asking, asked];
  const names = { ...(sender === undefined ? {} : { sender }), ...(recipient === undefined ? {} : { recipient }) };
  return { at, direction: 'inside', ...names, ...said };
}

function addressOf(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Decodes octets as UTF-8. */
function text(wire: string): string {
  return Buffer.from(wire, 'latin1').toString('utf8');
}
