// The statuses that each response decorator takes: contract section 2.
import type { HandlerKind } from '@siplet/sdk/declarations';

/** Both ends included. 100 is the container's own (C-5). */
export const RANGES: Partial<Record<HandlerKind, readonly [number, number]>> = {
  provisional: [101, 199],
  success: [200, 299],
  redirect: [300, 399],
  error: [400, 699],
  best: [300, 699],
};

export const FIRST_STATUS = 101;
export const LAST_STATUS = 699;
