// Who hears of the responses to a proxied request before they go upstream (C-4).
import type { Response } from '../message/index.js';
import type { Branch } from './branch.js';

/** A best response that was chosen, and its branch where it came from one. */
export interface Choice {
  readonly branch: Branch | undefined;
  readonly response: Response;
}

/** What is done with a response of a branch once its handler has settled: one function for all responses, not one for each. */
export type Settled = (branch: Branch, response: Response) => void;

export const passProvisional: Settled = ({ context }, response) => {
  context.server.respond(response);
};

export const passSuccess: Settled = ({ context }, response) => {
  context.forwardSuccess(response);
};

export const passSuccessOnce: Settled = ({ context }, response) => {
  context.forwardOnce(response);
};

/**
 * `settled` is called once the application's handler has settled, at once when there is none and none is running. What the handler changed in the
 * response is changed.
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
  /** Every transaction of the request has ended. */
  ended(): void;
  /** The final response has gone upstream. */
  forwarded(): void;
  /** Whether it does without hearing of what lingers. Then it is told of the end as soon as nothing but retransmissions can come. */
  readonly mayEnd: boolean;
}
