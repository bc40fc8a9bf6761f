// The statuses that each response decorator takes: RULES.md section 2.
import type { HandlerKind } from '@siplet/sdk/declarations';

/** Both ends are included. The container handles 100 itself (C-5). */
export const RANGES: Partial<Record<HandlerKind, readonly [number, number]>> = {
  provisional: [101, 199],
  success: [200, 299],
  redirect: [300, 399],
  error: [400, 699],
  best: [300, 699],
};

export const FIRST_STATUS = 101;
export const LAST_STATUS = 699;
