// The application as user agent in a dialog, as its session sees it (JSR 289 §6.2).
import type * as sdk from '@siplet/sdk';
import type { Request } from '../message/index.js';

export interface UserAgent {
  /** From and To of requests that it sends in the dialog, wire text; undefined before there is a dialog. */
  readonly dialog: { readonly local: string; readonly remote: string } | undefined;
  /** Requests that it has sent and that have no final response. */
  readonly sent: Iterable<{ readonly request: Request }>;
  /**
   * Throws IllegalStateError for ACK and CANCEL, after the end of the dialog, and before the session has a request or
   * a dialog that names the peer.
   */
  createRequest(method: string): sdk.SipRequest;
  /**
   * The next request of one of these methods, of any method when there are none. Rejects when the dialog ends first.
   */
  next(methods: readonly string[]): Promise<sdk.SipRequest>;
  /**
   * Ends the dialog: BYE (§15), CANCEL (§9.1), or a final response while it is early. `reason` is the Reason of the
   * BYE. Resolves when that is done.
   */
  terminate(reason?: string): Promise<void>;
  /** The helper that joins this leg to others (JSR 289 §14). */
  b2bua(request: sdk.SipRequest): sdk.B2bua;
  /** Whether a header that a handler sets in a request of the dialog is passed on with the request. */
  mayPass(key: string): boolean;
  /** An early dialog has failed: another request may make a new one. */
  forgetDialog(): void;
  /** The session has been invalidated. */
  dispose(): void;
}
