// What the proxy needs of the container around it.
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
  /** How long a caller may send a request again that is not answered: 64*T1. */
  readonly linger: number;
  /** How long the choice waits for the answer to a CANCEL that a timeout or the application caused. */
  readonly cancelGrace: number;
  /** Max-Forwards of a request that carries none (§16.6 step 3). */
  readonly maxForwards: number;
  /** Branches of one response context at most (security: redirect storms). */
  readonly maxBranches: number;
  /** Redirections that may follow one another (§16.7 step 4). */
  readonly maxRecursion: number;
}

export interface ProxyServices extends Location, Upstream {
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly transactions: Transactions;
  readonly settings: ProxySettings;
  /** Who hears of transactions that linger, of all but accepted INVITEs. */
  readonly lingering: Lingering;
  /** The flow to a hop (§18.1.1). */
  open(hop: Hop): Flow;
  /** A flow to this container itself, when the next hop is a Record-Route URI of ours: another application of the same process has the dialog too. */
  internalFlow(next: Uri, inbound: Flow): Flow | undefined;
  /** Whether an address names one of our listeners. */
  hasInterface(address: string): boolean;
}
