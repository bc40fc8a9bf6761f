// Drains a container that stops: it takes no new calls, and those in progress may end.
import type { Logger } from 'pino';

/** The calls of one engine, or of several. */
interface Drained {
  /** Refuses initial requests from now on. */
  refuseNew(): void;
  callsInProgress(): number | Promise<number>;
  /** Ends the calls in which an application is a user agent (§15). Resolves when every BYE has been answered. */
  endCalls(): Promise<unknown>;
}

/** Milliseconds between checks whether the calls have ended. */
const DRAIN_INTERVAL = 100;
/** Milliseconds that phones have to answer the BYE of the container: it is sent four times meanwhile. */
const ENDING = 4000;

/**
 * Refuses new calls, and waits up to `limit` ms until none is in progress. After the last call it waits another
 * `settling` ms, so that retransmissions of peers whose answer got lost are still answered. Calls that are left then
 * get a BYE where the container can send one; proxied calls go on without the container.
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
  if (given === 0) return;
  log.warn({ calls: given }, `${given} calls in progress are ended or abandoned after shutdown.timeout`);
  await inTime(calls.endCalls(), ENDING);
}

async function inTime(job: Promise<unknown>, limit: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  await Promise.race([job, late]);
  clearTimeout(timer);
}
