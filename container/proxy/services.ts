// What the proxy core needs of the house around it, and whom it tells of responses: two ports.
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { Response, Uri } from '../message/index.js';
import type { Transactions } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import type { Branch } from './branch.js';
import type { Lingering } from './lingering.js';
import type { ResponseContext } from './response-context.js';

/** Bounds and times of the proxy core; milliseconds. */
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

export interface ProxyServices {
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
  /** A response whose server transaction is gone goes by its Via (§16.7 step 9). */
  respondByVia(response: Response, inbound: Flow): void;
  /** RFC 3263; a promise only where names are to be resolved. `size` is the request's in octets. */
  locate(uri: Uri, size: number): readonly Hop[] | Promise<readonly Hop[]>;
  /** This hop has failed: for a while it comes last (RFC 3263 §4.3). */
  avoid(hop: Hop): void;
  /** Something that should be known, about one call. */
  problem(text: string, error: unknown): void;
}

/** A best response that was chosen, and its branch where it came from one. */
export interface Choice {
  readonly branch: Branch | undefined;
  readonly response: Response;
}

/** What is done with a response of that branch once its handler has settled. Not of one response alone: each would be a function more for each response. */
export type Settled = (branch: Branch, response: Response) => void;

/**
 * Whoever hears of responses before they go upstream (C-4). `settled` is called once the application's handler has settled, at once when there is none
 * and none is running. What the handler changed in the response is changed.
 */
export interface Supervisor {
  provisional(branch: Branch, response: Response, settled: Settled): void;
  success(branch: Branch, response: Response, isRetransmission: boolean, settled: Settled): void;
  /** A final response that may not be the end of the proxying (C-14): `isIntermediate` tells when its turn has come. */
  intermediate(branch: Branch, response: Response, isIntermediate: () => boolean, settled: () => void): void;
  /** Asks `choose` for the best response when its turn has come: undefined when branches were added meanwhile. */
  best(choose: () => Choice | undefined, settled: () => void): void;
  /** What goes upstream has been chosen; transactions may linger. */
  completed(): void;
  /** Every transaction of the context has ended. */
  ended(context: ResponseContext): void;
  /** The final response has gone upstream. */
  forwarded(): void;
  /** Whether it needs to hear of what lingers. Where it does not, it is told that all has ended as soon as nothing but retransmissions can come. */
  readonly mayEnd: boolean;
}
