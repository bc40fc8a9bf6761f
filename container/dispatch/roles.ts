// C-1: the roles of an application in a request exclude each other, and it keeps the one that it has taken.
import { IllegalStateError } from '@siplet/sdk';
import type { Request } from '../message/index.js';

/** A B2BUA is a user agent on both sides (RFC 7092). */
export type Role = 'proxy' | 'user agent';

/** A request that an application has taken. */
interface Taken {
  readonly request: Request;
  readonly application: { readonly name: string };
  readonly role: Role | undefined;
  readonly isB2bua: boolean;
}

/** Throws IllegalStateError when it has the other role: `purpose` says what for, 'proxy' or 'be the B2BUA of'. */
export function assertMayTake(role: Role, taken: Taken, purpose: string): void {
  if (taken.role === undefined || taken.role === role) return;
  if (taken.role === 'proxy') throw cannot(purpose, taken, 'it proxies it');
  throw cannot(purpose, taken, taken.isB2bua ? 'it is its B2BUA' : 'it has answered it');
}

/** A request that may be answered, unless another answer is under way. */
interface Answerable extends Taken {
  readonly isCommitted: boolean;
  /** A bridge is being made from it. */
  readonly isBridging: boolean;
  /** Why its proxy takes no final response, where it does not. */
  readonly proxyRefusal: string | undefined;
}

/** Throws IllegalStateError when a response that the application made cannot be sent any more (C-1, C-12). */
export function assertAnswerable(taken: Answerable, status: number): void {
  const why = obstacleTo(taken, status);
  if (why === undefined) return;
  const { application, request } = taken;
  throw new IllegalStateError(
    `${application.name} cannot answer the ${request.method} ${request.callId} with ${status}: ${why}`,
  );
}

function obstacleTo(taken: Answerable, status: number): string | undefined {
  if (taken.isCommitted) return 'a final response has been sent';
  if (taken.isBridging) return 'a bridge to its callee is under way';
  return status >= 200 ? taken.proxyRefusal : undefined;
}

/** 'hunt cannot proxy the INVITE a84b4c76e66710: it has answered it'. */
export function cannot(purpose: string, { application, request }: Taken, why: string): IllegalStateError {
  return new IllegalStateError(`${application.name} cannot ${purpose} the ${request.method} ${request.callId}: ${why}`);
}
