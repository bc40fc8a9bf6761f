// Counts what is on the wire, and what passes from application to application, by method and status, and hands it to
// the recent calls where those are kept.
import type { Request, Response } from '../message/index.js';
import type { WireObserver } from '../transport/counters.js';
import type { Flow } from '../transport/flow.js';
import type { Parties } from '../transport/internal-flow.js';
import type { Calls } from './calls.js';
import type { Labels, Value } from './series.js';
import { methodOf, statusOf } from './wire-text.js';

/** What is counted by name: methods come from the wire, and there is no end of them. */
const METHODS = [
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'PRACK', 'UPDATE', 'INFO', 'MESSAGE', 'SUBSCRIBE'],
  ...['NOTIFY', 'REFER', 'PUBLISH'],
];
const OTHER = 'other';

/** By method, then by status: 0 is the request itself. */
type Counts = Map<string, Map<number, number>>;

export class Traffic implements WireObserver {
  readonly #in: Counts = new Map([...METHODS, OTHER].map((method) => [method, new Map()]));
  readonly #out: Counts = new Map([...METHODS, OTHER].map((method) => [method, new Map()]));
  readonly #inside: Counts = new Map([...METHODS, OTHER].map((method) => [method, new Map()]));
  readonly #calls: Calls | undefined;

  constructor(calls?: Calls) {
    this.#calls = calls;
  }

  received(message: Request | Response, wire: string | undefined, flow: Flow): void {
    const status = message.isRequest ? 0 : (message as Response).status;
    const method = message.isRequest ? (message as Request).method : message.cseq.method;
    count(this.#in, method, status);
    this.#calls?.note(message.callId, method, status, false, wire ?? message.toWire(), flow);
  }

  sent(wire: string, flow: Flow): void {
    const status = statusOf(wire);
    const method = methodOf(wire, status);
    count(this.#out, method, status);
    this.#calls?.noteSent(method, status, wire, flow);
  }

  passed(message: Request | Response, wire: string, parties: Parties): void {
    const status = message.isRequest ? 0 : (message as Response).status;
    const method = message.isRequest ? (message as Request).method : message.cseq.method;
    count(this.#inside, method, status);
    this.#calls?.noteInside(message.callId, method, status, wire, parties);
  }

  /** On the wire. */
  values(): Value[] {
    return [...valuesOf(this.#in, { direction: 'in' }), ...valuesOf(this.#out, { direction: 'out' })];
  }

  /** From application to application. */
  valuesInside(): Value[] {
    return valuesOf(this.#inside, {});
  }
}

function count(counts: Counts, method: string, status: number): void {
  const own = counts.get(method) ?? counts.get(OTHER)!;
  own.set(status, (own.get(status) ?? 0) + 1);
}

function valuesOf(counts: Counts, shared: Labels): Value[] {
  return [...counts].flatMap(([method, own]) =>
    [...own].map(([status, value]) => ({ labels: { ...shared, method, status: status === 0 ? '' : status }, value })),
  );
}
