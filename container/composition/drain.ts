// A container that stops: it takes no new calls, and those in progress may end.
import type { Logger } from 'pino';

/** Whose calls they are: one engine's, or those of several. */
interface Drained {
  /** No new initial requests from now on. */
  refuseNew(): void;
  callsInProgress(): number | Promise<number>;
}

/** How often a stopping container looks whether its calls have ended, ms. */
const DRAIN_INTERVAL = 100;

/**
 * Takes no new calls, and waits until none is in progress, at most `limit` ms. After the last one a moment more
 * (`settling`), for what its peers send again because an answer was lost on the way.
 */
export async function drain(calls: Drained, limit: number, settling: number, log: Logger): Promise<void> {
  calls.refuseNew();
  const first = await calls.callsInProgress();
  if (first === 0) return;
  log.info({ calls: first }, `${first} calls in progress may end within shutdown.timeout`);
  const began = performance.now();
  const left = (): number => began + limit - performance.now();
  let quietSince: number | undefined;
  while (left() > 0) {
    if ((await calls.callsInProgress()) > 0) quietSince = undefined;
    else {
      quietSince ??= performance.now();
      if (performance.now() - quietSince >= settling) return;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(DRAIN_INTERVAL, left()))));
  }
  const given = await calls.callsInProgress();
  if (given > 0) log.warn({ calls: given }, `${given} calls in progress are given up after shutdown.timeout`);
}
