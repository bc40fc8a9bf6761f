// Requests that the router has sent out and expects back (ROUTE_BACK, JSR 289 §15.6): the table keeps the router's
// answer for a while.
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { Uri } from '../message/index.js';
import type { RoutingState } from '../transport/routing-state.js';

/** The parameter of our Route URI that names the entry. */
export const RETURN = 'return';

/** How many requests may be out at one time; beyond that the oldest is forgotten. */
const MAX_OUT = 10_000;
/** Milliseconds that a request may be out. */
const TIME_OUT = 300_000;

interface Entry {
  readonly routingState: RoutingState;
  readonly callId: string;
  readonly since: number;
}

export class Returns implements Timed {
  /** In the order in which they were sent out. The identifier cannot be guessed, so it needs no check. */
  readonly #out = new Map<string, Entry>();
  #deadline: Deadline | undefined;

  constructor(
    readonly clock: Clock,
    readonly identifiers: Identifiers,
  ) {}

  get size(): number {
    return this.#out.size;
  }

  /** Returns the parameters, with a leading ';', of our Route URI that brings the request back. */
  add(routingState: RoutingState, callId: string): string {
    const id = this.identifiers.branch();
    const [oldest] = this.#out.keys();
    if (oldest !== undefined && this.#out.size >= MAX_OUT) this.#out.delete(oldest);
    this.#out.set(id, { routingState, callId, since: this.clock.now() });
    this.#deadline ??= this.clock.start(TIME_OUT, this, 'out');
    return `;${RETURN}=${id}`;
  }

  /**
   * Undefined when the URI names no entry; 'gone' when it names one that is unknown, for this call or altogether. A
   * request may come back more than once (forks).
   */
  of(uri: Uri | undefined, callId: string): RoutingState | 'gone' | undefined {
    if (uri === undefined || uri.parameters === '') return undefined;
    const id = uri.parameter(RETURN);
    if (id === undefined) return undefined;
    const entry = typeof id === 'string' ? this.#out.get(id) : undefined;
    return entry === undefined || entry.callId !== callId ? 'gone' : entry.routingState;
  }

  expire(): void {
    const now = this.clock.now();
    for (const [id, { since }] of this.#out) {
      if (now - since < TIME_OUT) {
        this.#deadline = this.clock.start(since + TIME_OUT - now, this, 'out');
        return;
      }
      this.#out.delete(id);
    }
    this.#deadline = undefined;
  }
}
