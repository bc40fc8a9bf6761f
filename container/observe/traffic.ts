// Counts what is on the wire by direction, method and status, and hands it to the recent calls where those are kept.
import type { Request, Response } from '../message/index.js';
import type { WireObserver } from '../transport/counters.js';
import type { Flow } from '../transport/flow.js';
import type { Calls } from './calls.js';
import type { Value } from './series.js';
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

  values(): Value[] {
    return [...valuesOf(this.#in, 'in'), ...valuesOf(this.#out, 'out')];
  }
}

function count(counts: Counts, method: string, status: number): void {
  const own = counts.get(method) ?? counts.get(OTHER)!;
  own.set(status, (own.get(status) ?? 0) + 1);
}

function valuesOf(counts: Counts, direction: string): Value[] {
  return [...counts].flatMap(([method, own]) =>
    [...own].map(([status, value]) => ({ labels: { direction, method, status: status === 0 ? '' : status }, value })),
  );
}
