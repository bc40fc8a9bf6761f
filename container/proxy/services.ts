// What the proxy needs from the container.
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { Uri } from '../message/index.js';
import type { Transactions } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import type { Lingering, Upstream } from './lingering.js';
import type { Location } from './next-hop.js';

/** Bounds and times of the proxy; milliseconds. */
export interface ProxySettings {
  /** Timer C (§16.6 step 11): more than three minutes. */
  readonly timerC: number;
  /** How long a caller may retransmit an unanswered request: 64*T1. */
  readonly linger: number;
  /** How long the choice waits for the response to a CANCEL that a timeout or the application caused. */
  readonly cancelGrace: number;
  /** Max-Forwards of a request that carries none (§16.6 step 3). */
  readonly maxForwards: number;
  /** The maximum number of branches of one response context (security: redirect storms). */
  readonly maxBranches: number;
  /** Redirections that may follow one another (§16.7 step 4). */
  readonly maxRecursion: number;
}

export interface ProxyServices extends Location, Upstream {
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly transactions: Transactions;
  readonly settings: ProxySettings;
  /** The user of lingering transactions, except those of accepted INVITEs. */
  readonly lingering: Lingering;
  /** The flow to a hop (§18.1.1). */
  open(hop: Hop): Flow;
  /**
   * A flow to this container itself, when the next hop is a Record-Route URI of ours: another application in the same
   * process is in the dialog, too.
   */
  internalFlow(next: Uri, inbound: Flow): Flow | undefined;
  /** Whether an address names one of our listeners. */
  hasInterface(address: string): boolean;
}
