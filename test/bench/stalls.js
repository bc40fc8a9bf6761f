// Loaded into what is measured (node --import): on SIGUSR2 it writes to standard error for how long the event loop
// stood still at most, and begins anew.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Milliseconds between two looks: a stall is what comes on top. */
const RESOLUTION = 2;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  process.on('SIGUSR2', () => {
    process.stderr.write(`longest stall ${Math.max(0, delay.max / 1e6 - RESOLUTION).toFixed(1)} ms\n`);
    delay.reset();
  });
}
