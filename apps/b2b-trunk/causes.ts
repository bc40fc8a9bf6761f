// Why a call failed: whether the next carrier is worth a try, and what the failure is called in Q.850
// (RFC 3326, RFC 3398 §8.2.6.1).
import type { SipResponse } from '@siplet/sdk';
import type { Settings } from './settings.js';

/** A failed attempt, in the two languages of carriers. */
export interface Failure {
  readonly status: number;
  /** Q.850: from the Reason header, else what RFC 3398 makes of the status. */
  readonly cause: number | undefined;
}

/** Q.850: the callee is busy, does not answer, rejects the call, or the number is wrong. No other carrier can help. */
const CALLEES_OWN: readonly number[] = [1, 16, 17, 18, 19, 20, 21, 22, 28];

/** RFC 3398 §8.2.6.1. */
const CAUSES: Readonly<Record<number, number>> = {
  400: 41,
  401: 21,
  402: 21,
  403: 21,
  404: 1,
  405: 63,
  406: 79,
  407: 21,
  408: 102,
  410: 22,
  413: 127,
  414: 127,
  415: 79,
  416: 127,
  420: 127,
  421: 127,
  423: 127,
  480: 18,
  481: 41,
  482: 25,
  483: 25,
  484: 28,
  485: 1,
  486: 17,
  487: 16,
  488: 31,
  500: 41,
  501: 79,
  502: 38,
  503: 41,
  504: 102,
  505: 127,
  513: 127,
  580: 47,
  600: 17,
  603: 21,
  604: 1,
  606: 31,
};

/** A caller can neither follow a carrier's redirection nor answer its challenge, and has not given up. */
const TOLD: Readonly<Record<number, number>> = { 401: 500, 407: 500, 487: 480 };

/** The status for the caller, of a carrier's. */
export function toldFor(status: number): number {
  return status < 400 ? 480 : (TOLD[status] ?? status);
}

export function failureOf(status: number, response?: SipResponse): Failure {
  const told = response && q850In(response.headers.getAll('Reason'));
  return { status, cause: told ?? CAUSES[status] };
}

/** The cause of the Reason value in Q.850 (RFC 3326). */
export function q850In(reasons: readonly string[]): number | undefined {
  for (const reason of reasons) {
    const [protocol, ...parameters] = reason.split(';').map((part) => part.trim().toLowerCase());
    if (protocol !== 'q.850') continue;
    const cause = parameters.find((each) => /^cause\s*=/.test(each))?.replace(/^cause\s*=\s*/, '');
    if (cause !== undefined && /^\d{1,3}$/.test(cause)) return Number(cause);
  }
  return undefined;
}

/** Whether it is the carrier that failed, and not the one who was called; `told` is the cause of the Reason header. */
export function isCarriersFault(status: number, told: number | undefined, policy: Settings['failover']): boolean {
  if (told !== undefined && policy.causes.includes(told)) return true;
  if (told !== undefined && CALLEES_OWN.includes(told)) return false;
  return policy.statuses.some(([first, last]) => status >= first && status <= last);
}
