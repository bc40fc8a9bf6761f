// What sessions need from the container.
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { Request } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import type { EncodedUris } from './encoded-uris.js';
import type { Invocation } from './invocation.js';

export interface SessionServices {
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly invocation: Invocation;
  readonly encodedUris: EncodedUris;
  /** The sessions of both kinds whose id has been asked for. */
  readonly named: Map<string, object>;
  /** Milliseconds without a message after which a dialog is forgotten. */
  readonly dialogIdle: number;
  /** Whether an address names one of our listeners. */
  hasInterface(address: string): boolean;
  /**
   * Sends a request of the container's own in a proxied dialog. Resolves when it has been answered, or when its peer
   * cannot be reached. `heardOn` is the flow on which the peer was heard last.
   */
  sendInDialog(request: Request, heardOn: Flow | undefined): Promise<void>;
}
