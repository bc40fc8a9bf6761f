// How long the sender of a re-INVITE or UPDATE that met a 491 waits before it sends it again (§14.1).
import type { ExchangeLeg } from './exchanges.js';

/** In steps of 10 ms: the bounds for the side that chose the Call-ID, and for the other side. */
const BOUNDS = { owner: [210, 400], other: [0, 200] } as const;

/** Milliseconds, drawn at random. */
export function delayAfterGlare({ original, services }: Pick<ExchangeLeg, 'original' | 'services'>): number {
  const [from, to] = original === undefined ? BOUNDS.other : BOUNDS.owner;
  return 10 * (from + Math.floor(services.identifiers.fraction() * (to - from + 1)));
}
