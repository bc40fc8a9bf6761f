// The calls in progress and the recent ones, with their messages as sent on the wire and between applications; limited
// in calls, legs, messages and octets.
import type { Flow } from '../transport/flow.js';
import type { Parties } from '../transport/internal-flow.js';
import { CallLeg, type CallState, isOver, leadOf, stateOf } from './call-leg.js';
import { callIdOf, fromOf, startLineOf, toOf, withoutSecrets } from './wire-text.js';

/** A call in the list of calls. */
export interface CallSummary {
  /** That of the first leg. */
  readonly callId: string;
  /** Those of all legs. */
  readonly callIds: readonly string[];
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
  /** The first is the one that began first. */
  readonly legs: CallLeg[];
  began: number;
  last: number;
  /** As last told. */
  state: CallState;
  messages: number;
  octets: number;
  notes: Note[];
}

/** The Call-IDs of the calls that the container takes part in or stays on the path of. */
type Standing = Pick<ReadonlySet<string>, 'has'>;

interface CallOptions {
  readonly calls: number;
  readonly messages: number;
  /** How long a request may stay unanswered without a message, in milliseconds. */
  readonly silence?: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Called when the state of a call has changed. */
  changed?(call: CallSummary): void;
  /** Asked only when somebody looks, or when there are too many calls. */
  standing?(): Standing;
}

/** The total size of the messages kept, in octets. */
const MAX_OCTETS = 64 * 1_048_576;
/** How many of the oldest legs are searched for a call that is over, before the oldest call is forgotten. */
const LOOKED_AT = 16;
const MAX_CALL_ID = 1024;
/** A call has so many legs; further ones are calls of their own. */
const MAX_LEGS = 64;
/** RFC 3261 §16.6: Timer C is longer than three minutes. */
const SILENCE = 200_000;

export class Calls {
  readonly #options: CallOptions;
  /** By Call-ID: the call that it belongs to, and its leg. In the order in which they began. */
  readonly #legs = new Map<string, { call: Call; readonly leg: CallLeg }>();
  #size = 0;
  #octets = 0;
  /** Calls that began since it was last asked which of them stand. */
  #begunSince = 0;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  /** Records a message that we send. */
  noteSent(method: string, status: number, wire: string, flow: Flow): void {
    this.note(callIdOf(wire), method, status, true, wire, flow);
  }

  note(callId: string, method: string, status: number, isSent: boolean, wire: string, flow: Flow): void {
    const at = this.#options.now();
    const entry = this.#entryOf(callId, method, status, isSent, false, at);
    if (entry === undefined) return;
    const { call, leg } = entry;
    const { transport, localAddress, localPort, remoteAddress, remotePort } = flow;
    if (call.notes.length < this.#options.messages)
      this.#keep(call, { at, isSent, wire, transport, localAddress, localPort, remoteAddress, remotePort });
    leg.follow(method, status, isSent);
    this.#tell(call);
  }

  /**
   * Records a message from one application to another. It changes the state of a leg only when the leg began inside.
   */
  noteInside(callId: string, method: string, status: number, wire: string, parties: Parties): void {
    const at = this.#options.now();
    const entry = this.#entryOf(callId, method, status, true, true, at);
    if (entry === undefined) return;
    const { call, leg } = entry;
    if (call.notes.length < this.#options.messages) this.#keep(call, { at, wire, parties, isResponse: status !== 0 });
    if (!leg.isInside) return;
    leg.follow(method, status, status === 0);
    this.#tell(call);
  }

  /** The two Call-IDs are legs of one call. */
  join(callId: string, other: string): void {
    if (callId === other || callId.length > MAX_CALL_ID || other.length > MAX_CALL_ID) return;
    const one = this.#legs.get(callId)?.call ?? this.#legs.get(other)?.call ?? this.#begin(callId, this.#options.now());
    for (const each of [callId, other]) {
      const known = this.#legs.get(each)?.call;
      if (known === undefined) this.#add(one, each);
      else if (known !== one) this.#merge(one, known);
    }
  }

  /** The call and leg that the message belongs to or begins; undefined when there is none. */
  #entryOf(callId: string, method: string, status: number, isSent: boolean, isInside: boolean, at: number) {
    if (callId === '' || callId.length > MAX_CALL_ID) return undefined;
    let entry = this.#legs.get(callId);
    if (entry === undefined || entry.leg.method === '') {
      // These cannot begin a call, and its beginning was not seen.
      if (status !== 0 || method === 'ACK' || method === 'CANCEL') return undefined;
      if (entry === undefined) {
        this.#begin(callId, at);
        entry = this.#legs.get(callId);
      }
      entry?.leg.begin(method, isSent, isInside);
    }
    if (entry === undefined) return undefined;
    entry.call.last = at;
    entry.call.messages++;
    return entry;
  }

  #begin(callId: string, at: number): Call {
    const call: Call = { legs: [], began: at, last: at, state: 'trying', messages: 0, octets: 0, notes: [] };
    this.#add(call, callId);
    this.#size++;
    this.#begunSince++;
    if (this.#size > this.#options.calls) this.#forgetOne(call);
    return call;
  }

  #add(call: Call, callId: string): void {
    if (call.legs.length >= MAX_LEGS) return;
    const leg = new CallLeg(callId);
    call.legs.push(leg);
    this.#legs.set(callId, { call, leg });
  }

  /** The earlier takes in the later. */
  #merge(one: Call, other: Call): void {
    const [first, second] = one.began <= other.began ? [one, other] : [other, one];
    if (first.legs.length + second.legs.length > MAX_LEGS) return;
    this.#remove(second);
    for (const leg of second.legs) this.#legs.set(leg.callId, { call: first, leg });
    first.legs.push(...second.legs);
    first.last = Math.max(first.last, second.last);
    first.messages += second.messages;
    this.#octets -= first.octets;
    first.notes = [...first.notes, ...second.notes].sort((a, b) => a.at - b.at).slice(0, this.#options.messages);
    first.octets = first.notes.reduce((sum, { wire }) => sum + wire.length, 0);
    this.#octets += first.octets;
    this.#tell(first);
  }

  #keep(call: Call, note: Note): void {
    call.notes.push(note);
    call.octets += note.wire.length;
    this.#octets += note.wire.length;
    while (this.#octets > MAX_OCTETS && this.#size > 1) this.#forgetOne(call);
  }

  /** The newest first. */
  list(): CallSummary[] {
    this.#sweep();
    const calls: CallSummary[] = [];
    for (const { call, leg } of this.#legs.values())
      if (leg === call.legs[0] && call.messages > 0) calls.push(summaryOf(call));
    return calls.reverse();
  }

  /** The call that has a leg with that Call-ID. */
  get(callId: string): CallTrace | undefined {
    this.#sweep();
    const call = this.#legs.get(callId)?.call;
    if (call === undefined || call.messages === 0) return undefined;
    return { ...summaryOf(call), trace: call.notes.map(tracedOf), omitted: call.messages - call.notes.length };
  }

  /** Each call that has a leg with one of these Call-IDs. */
  callsOf(callIds: readonly string[]): CallTrace[] {
    const calls = new Set(callIds.map((callId) => this.#legs.get(callId)?.call));
    return [...calls].flatMap((call) => this.get(call?.legs[0]?.callId ?? '') ?? []);
  }

  #tell(call: Call): void {
    const before = call.state;
    call.state = call.legs.length === 1 ? (call.legs[0]?.state ?? before) : stateOf(call.legs);
    if (before !== call.state || call.messages === 1) this.#options.changed?.(summaryOf(call));
  }

  /** Finds the legs that the container has left: it takes no part in them, and will see no BYE. */
  #sweep(): void {
    const standing = this.#options.standing?.();
    this.#begunSince = 0;
    if (standing === undefined) return;
    const silentSince = this.#options.now() - (this.#options.silence ?? SILENCE);
    for (const { call, leg } of this.#legs.values()) {
      if (isOver(leg.state) || standing.has(leg.callId)) continue;
      if (leg.state !== 'established' && call.last > silentSince) continue;
      leg.state = 'left';
      if (call.messages > 0) this.#tell(call);
    }
  }

  /** Forgets the oldest call that is over, if one of the oldest is; otherwise the oldest. Never the given one. */
  #forgetOne(kept: Call): void {
    let found = this.#oldestOver(kept);
    if (found === undefined && this.#begunSince * 4 > this.#options.calls) {
      this.#sweep();
      found = this.#oldestOver(kept);
    }
    found ??= this.#oldest(kept);
    if (found !== undefined) this.#remove(found);
  }

  #oldestOver(kept: Call): Call | undefined {
    let looked = 0;
    for (const { call } of this.#legs.values()) {
      if (call !== kept && isOver(call.state)) return call;
      if (++looked === LOOKED_AT) break;
    }
    return undefined;
  }

  #oldest(kept: Call): Call | undefined {
    for (const { call } of this.#legs.values()) if (call !== kept) return call;
    return undefined;
  }

  #remove(call: Call): void {
    for (const { callId } of call.legs) this.#legs.delete(callId);
    this.#size--;
    this.#octets -= call.octets;
  }
}

function summaryOf(call: Call): CallSummary {
  const { legs, state, began, last, messages, notes } = call;
  const { method = '', status = 0 } = leadOf(legs) ?? {};
  const callIds = legs.map(({ callId }) => callId);
  const wire = notes[0]?.wire ?? '';
  const parties = { from: text(fromOf(wire)), to: text(toOf(wire)) };
  const summary = { callId: callIds[0] ?? '', callIds, method, ...parties, state, began, last, messages };
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
