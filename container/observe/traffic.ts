// Counts the messages on the wire and between applications by method and status, and passes them to the recent calls
// where those are kept.
import type { Request, Response } from '../message/index.js';
import type { WireObserver } from '../transport/counters.js';
import type { Flow } from '../transport/flow.js';
import type { Parties } from '../transport/internal-flow.js';
import type { Calls } from './calls.js';
import type { Labels, Value } from './series.js';
import { methodOf, statusOf } from './wire-text.js';

/** The methods counted by name. Others are counted together, because peers can invent any number of methods. */
const METHODS = [
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'PRACK', 'UPDATE', 'INFO', 'MESSAGE', 'SUBSCRIBE'],
  ...['NOTIFY', 'REFER', 'PUBLISH'],
];
const OTHER = 'other';

/** By method, then by status; 0 is the request itself. */
class Counts {
  readonly #named = new Map(METHODS.map((method) => [method, new Map<number, number>()]));
  readonly #others = new Map<number, number>();

  count(method: string, status: number): void {
    const own = this.#named.get(method) ?? this.#others;
    own.set(status, (own.get(status) ?? 0) + 1);
  }

  values(shared: Labels): Value[] {
    const all = [...this.#named, [OTHER, this.#others] as const];
    return all.flatMap(([method, own]) =>
      [...own].map(([status, value]) => ({ labels: { ...shared, method, status: status === 0 ? '' : status }, value })),
    );
  }
}

export class Traffic implements WireObserver {
  readonly #in = new Counts();
  readonly #out = new Counts();
  readonly #inside = new Counts();
  readonly #calls: Calls | undefined;

  constructor(calls?: Calls) {
    this.#calls = calls;
  }

  received(message: Request | Response, wire: string | undefined, flow: Flow): void {
    const status = message.isRequest ? 0 : (message as Response).status;
    const method = message.isRequest ? (message as Request).method : message.cseq.method;
    this.#in.count(method, status);
    this.#calls?.note(message.callId, method, status, false, wire ?? message.toWire(), flow);
  }

  sent(wire: string, flow: Flow): void {
    const status = statusOf(wire);
    const method = methodOf(wire, status);
    this.#out.count(method, status);
    this.#calls?.noteSent(method, status, wire, flow);
  }

  passed(message: Request | Response, wire: string, parties: Parties): void {
    const status = message.isRequest ? 0 : (message as Response).status;
    const method = message.isRequest ? (message as Request).method : message.cseq.method;
    this.#inside.count(method, status);
    this.#calls?.noteInside(message.callId, method, status, wire, parties);
  }

  joined(callId: string, other: string): void {
    this.#calls?.join(callId, other);
  }

  /** On the wire. */
  values(): Value[] {
    return [...this.#in.values({ direction: 'in' }), ...this.#out.values({ direction: 'out' })];
  }

  /** From application to application. */
  valuesInside(): Value[] {
    return this.#inside.values({});
  }
}
