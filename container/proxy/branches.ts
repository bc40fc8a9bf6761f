// The branches of a search, including those that redirections added.
import type { Response } from '../message/index.js';
import type { Branch, CancelCause } from './branch.js';

/** The branch whose latest response this is. */
export function branchWith(response: Response, branches: readonly Branch[]): Branch | undefined {
  for (const branch of branches) {
    if (branch.latest === response) return branch;
    const below = branchWith(response, branch.recursed);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** Cancels every branch that has not ended, except `except`. False: there is none. */
export function cancelOpen(
  branches: readonly Branch[],
  except: Branch | undefined,
  cause: CancelCause,
  reason: string | undefined,
): boolean {
  // Collected first, so that branches which a handler adds during the cancelling are not among them.
  const open: Branch[] = [];
  collectOpen(branches, except, open);
  for (const branch of open) branch.cancel(cause, reason);
  return open.length > 0;
}

function collectOpen(branches: readonly Branch[], except: Branch | undefined, found: Branch[]): void {
  for (const branch of branches) {
    if (branch !== except && branch.state !== 'ended') found.push(branch);
    if (branch.recursed.length > 0) collectOpen(branch.recursed, except, found);
  }
}
