// Calls that failed, and whose caller is to hear of it when nobody has caught that (contract section 3).
import { CallFailed } from '@siplet/sdk';
import type { Incoming } from '../dispatch/incoming.js';

const callers = new WeakMap<CallFailed, Incoming>();

export function callFailed(incoming: Incoming, error: CallFailed): void {
  callers.set(error, incoming);
}

/** Whatever handler or promise has left it: the caller gets it as it is. False: it is no such error. */
export function relayUncaught(error: unknown): boolean {
  const incoming = error instanceof CallFailed ? callers.get(error) : undefined;
  incoming?.relayFailure(error as CallFailed);
  return incoming !== undefined;
}
