// One call from its first INVITE to its end, and the record that it leaves.
import type { SipRequest } from '@siplet/sdk';
import type { Circuit } from './carriers.js';
import type { Failure } from './causes.js';

/** The party that ended a call; 'container': a leg was lost, or the container was stopped. */
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
  /** What was dialled, in E.164 where the dial plan completes it. */
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
  /** Whether the carrier that has the call now has said that it makes progress. */
  hasProgress = false;
  readonly #attempts: Attempt[] = [];
  readonly #date = Date.now();
  // From here on time is counted by a clock that nobody sets.
  readonly #start = performance.now();
  #current: { readonly carrier: string; readonly circuit: Circuit; readonly at: number } | undefined;
  #answer: number | undefined;
  #hangUp: { readonly by: Party; readonly at: number } | undefined;
  #isOver = false;

  /** `record` is called once, when the call is over. */
  constructor(
    private readonly request: Pick<SipRequest, 'callId' | 'from' | 'to' | 'session'>,
    private readonly number: string,
    private readonly record: (record: CallRecord) => void,
  ) {}

  isFull(carrier: string): void {
    this.#attempts.push({ carrier });
  }

  tries(carrier: string, circuit: Circuit): void {
    this.hasProgress = false;
    this.#current = { carrier, circuit, at: performance.now() };
  }

  failed(failure: Failure): void {
    this.#conclude(failure);
    this.#current?.circuit.release();
    this.#current = undefined;
  }

  answered(status: number): void {
    this.#answer = performance.now();
    this.#conclude({ status, cause: undefined });
  }

  /** The party whose BYE this is has hung up, unless the other was first. */
  hungUp({ session }: Pick<SipRequest, 'session'>): void {
    // All dialogs of the caller have its Call-ID, whichever phone has answered.
    this.#hangUp ??= { by: session.callId === this.request.callId ? 'caller' : 'callee', at: performance.now() };
  }

  /** The call is over: its circuit is free, and its record is made. A second time does nothing. */
  over(status: number | null, by: Party | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { by: party, at: end } = this.#hangUp ?? { by, at: performance.now() };
    const carrier = this.#answer === undefined ? null : (this.#current?.carrier ?? null);
    this.#current?.circuit.release();
    this.record({
      callId: this.request.callId,
      from: String(this.request.from.uri),
      to: String(this.request.to.uri),
      number: this.number,
      start: this.#timeAt(this.#start),
      answer: this.#answer === undefined ? null : this.#timeAt(this.#answer),
      end: this.#timeAt(end),
      duration: this.#answer === undefined ? 0 : Math.round(end - this.#answer) / 1000,
      carrier,
      attempts: this.#attempts,
      status,
      hungUp: party,
    });
  }

  #timeAt(time: number): string {
    return new Date(this.#date + (time - this.#start)).toISOString();
  }

  #conclude({ status, cause }: Failure): void {
    if (this.#current === undefined) return;
    const { carrier, at } = this.#current;
    const ms = Math.round(performance.now() - at);
    this.#attempts.push({ carrier, status, ...(cause === undefined ? {} : { cause }), ms });
  }
}
