// Method decorators for responses. Methods that are named are those of the request.

import type { SipResponse } from '../messages.js';
import type { Method } from '../methods.js';
import { type Handler, type HandlerDecorator, noting, written } from './handler.js';

/** What a response handler must look like. */
export type ResponseDecorator = HandlerDecorator<Handler<SipResponse>>;

/** 101-199 of any branch (C-6). The application never sees 100 (C-5). */
export function ProvisionalResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('ProvisionalResponse', methods), 'provisional', methods);
}

/** 200-299. */
export function SuccessResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('SuccessResponse', methods), 'success', methods);
}

/** 300-399, the best response only (C-15). */
export function RedirectResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('RedirectResponse', methods), 'redirect', methods);
}

/** 400-699, the best response only (C-15). */
export function ErrorResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('ErrorResponse', methods), 'error', methods);
}

/** 300-699, the best response only (C-15). Its handler may add branches (C-16). */
export function BestResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('BestResponse', methods), 'best', methods);
}

/** Each final response of a branch that is not the end of the proxying (C-14). */
export function BranchResponse(...methods: Method[]): ResponseDecorator {
  return noting(written('BranchResponse', methods), 'branch', methods);
}

/** What `@Response` takes. */
export interface ResponseSelection {
  /** The status, or the first and the last of a range. */
  status: number | readonly [first: number, last: number];
  /** Method of the request, or several; any when it is left out. */
  method?: Method | readonly Method[];
}

/**
 * Responses of this status, or of a range: `@Response({ status: 486 })`, `@Response({ status: [480, 489] })`. A final
 * one that is no 2xx is seen only as the best response.
 */
export function Response(selection: ResponseSelection): ResponseDecorator {
  const { status, method }: Partial<ResponseSelection> = selection ?? {};
  const statuses: number[] = Array.isArray(status) ? [...status] : status === undefined ? [] : [status as number];
  const methods = typeof method === 'string' ? [method] : [...(method ?? [])];
  const named = method === undefined ? '' : `, method: ${list(methods.map((one) => `'${one}'`))}`;
  return noting(`@Response({ status: ${list(statuses)}${named} })`, 'response', methods, { statuses });
}

function list(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `[${values.join(', ')}]`;
}
