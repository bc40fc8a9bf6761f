// One call from its first INVITE to its end, and the record that is left of it.
import type { Circuit } from './carriers.js';
import type { Failure } from './causes.js';

/** Who ended it; 'container' is nobody at the phones: a leg was lost, or the container was stopped. */
type Party = 'caller' | 'callee' | 'container';

/** How one carrier did; a carrier whose circuits were all taken has no status. */
interface Attempt {
  readonly carrier: string;
  readonly status?: number;
  /** Q.850. */
  readonly cause?: number;
  /** Milliseconds until its final response. */
  readonly ms?: number;
}

/** One JSON line. Times are ISO 8601 in UTC, with milliseconds. */
export interface CallRecord {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  /** What was dialled, in E.164 where the dial plan knows how. */
  readonly number: string;
  readonly start: string;
  readonly answer: string | null;
  readonly end: string;
  /** Seconds from answer to end; 0 when nobody answered. */
  readonly duration: number;
  /** The carrier that took the call. */
  readonly carrier: string | null;
  /** All that were tried, in order. */
  readonly attempts: readonly Attempt[];
  /** The final status; null when there was none, because the container was stopped. */
  readonly status: number | null;
  /** Null when the call was refused: nobody could hang up. */
  readonly hungUp: Party | null;
}

export class Call {
  readonly #attempts: Attempt[] = [];
  readonly #start: number;
  #current: { readonly carrier: string; readonly circuit: Circuit; readonly at: number } | undefined;
  #answer: number | undefined;
  #hangUp: { readonly by: Party; readonly at: number } | undefined;
  #isOver = false;

  constructor(
    private readonly who: Pick<CallRecord, 'callId' | 'from' | 'to' | 'number'>,
    private readonly now: () => number,
    private readonly record: (record: CallRecord) => void,
  ) {
    this.#start = now();
  }

  isFull(carrier: string): void {
    this.#attempts.push({ carrier });
  }

  tries(carrier: string, circuit: Circuit): void {
    this.#current = { carrier, circuit, at: this.now() };
  }

  failed(failure: Failure): void {
    this.#conclude(failure);
    this.#current?.circuit.release();
    this.#current = undefined;
  }

  answered(status: number): void {
    this.#answer = this.now();
    this.#conclude({ status, cause: undefined });
  }

  /** The first who hangs up has done it. */
  hungUp(by: Party): void {
    this.#hangUp ??= { by, at: this.now() };
  }

  /** The call is over: its circuit is free, and its record is made. A second time does nothing. */
  over(status: number | null, by: Party | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { by: party, at: end } = this.#hangUp ?? { by, at: this.now() };
    const carrier = this.#answer === undefined ? null : (this.#current?.carrier ?? null);
    this.#current?.circuit.release();
    this.record({
      ...this.who,
      start: new Date(this.#start).toISOString(),
      answer: this.#answer === undefined ? null : new Date(this.#answer).toISOString(),
      end: new Date(end).toISOString(),
      duration: this.#answer === undefined ? 0 : (end - this.#answer) / 1000,
      carrier,
      attempts: this.#attempts,
      status,
      hungUp: party,
    });
  }

  #conclude({ status, cause }: Failure): void {
    if (this.#current === undefined) return;
    const { carrier, at } = this.#current;
    this.#attempts.push({ carrier, status, ...(cause === undefined ? {} : { cause }), ms: this.now() - at });
  }
}
