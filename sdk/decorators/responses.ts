// Method decorators for responses. Their arguments are methods of the request.

import type { ProxiedResponse } from '../messages.js';
import type { Method } from '../methods.js';
import { type Handler, type HandlerDecorator, noting, written } from './handler.js';

/**
 * A decorator for methods that take a response: a SipResponse, or a ProxiedResponse if the method serves proxied
 * requests alone.
 */
export type ResponseDecorator = HandlerDecorator<Handler<ProxiedResponse>>;

/** 101-199 of any branch. The application never sees a 100. */
export function ProvisionalResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('ProvisionalResponse', methods), 'provisional', methods);
}

/** 200-299. */
export function SuccessResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('SuccessResponse', methods), 'success', methods);
}

/** 300-399, the best response only (§16.7). */
export function RedirectResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('RedirectResponse', methods), 'redirect', methods);
}

/** 400-699, the best response only (§16.7). */
export function ErrorResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('ErrorResponse', methods), 'error', methods);
}

/** 300-699, the best response only (§16.7). Its handler may add branches. */
export function BestResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('BestResponse', methods), 'best', methods);
}

/** Each final response of a branch that does not end the proxying. */
export function BranchResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('BranchResponse', methods), 'branch', methods);
}

/** The first and the last status of a range. */
export type StatusRange = readonly [first: number, last: number];

/**
 * Responses with this status, or with one of a range: `@Status(486)`, `@Status([480, 489], 'INVITE')`. A final response
 * that is not a 2xx reaches the handler only as the best response (§16.7).
 */
export function Status(status: number | StatusRange, ...methods: Method[]): ResponseDecorator {
  const statuses = Array.isArray(status) ? [...status] : status === undefined ? [] : [status as number];
  const shown = typeof status === 'number' ? String(status) : `[${statuses.join(', ')}]`;
  const named = methods.map((method) => `, '${method}'`).join('');
  return noting(`@Status(${shown}${named})`, 'status', methods, { statuses });
}
