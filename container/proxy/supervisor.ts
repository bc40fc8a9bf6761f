// The port that is shown the responses to a proxied request before they go upstream (C-4).
import type { Response } from '../message/index.js';
import type { Branch } from './branch.js';

/** The chosen best response, and its branch if it came from one. */
export interface Choice {
  readonly branch: Branch | undefined;
  readonly response: Response;
}

/**
 * Goes on with a response of a branch once its handler has settled. One function serves all responses.
 */
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
 * `settled` is called once the application's handler has settled, at once when there is no handler and none is running.
 * The handler's changes to the response stay.
 */
export interface Supervisor {
  provisional(branch: Branch, response: Response, settled: Settled): void;
  success(branch: Branch, response: Response, isRetransmission: boolean, settled: Settled): void;
  /** A final response that might not end the proxying (C-14): `isIntermediate` tells, when its turn has come. */
  intermediate(branch: Branch, response: Response, isIntermediate: () => boolean, settled: () => void): void;
  /**
   * Calls `choose` for the best response when its turn has come. It returns undefined when branches were added
   * meanwhile.
   */
  best(choose: () => Choice | undefined, settled: () => void): void;
  /** The response that goes upstream has been chosen; transactions may linger. */
  completed(): void;
  /** Every transaction of the request has ended. */
  ended(): void;
  /** The final response has gone upstream. */
  forwarded(): void;
  /**
   * Whether it need not be told of lingering transactions. It is then told of the end as soon as only retransmissions
   * can come.
   */
  readonly mayEnd: boolean;
}
