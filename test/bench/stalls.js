// Loaded into the measured process (node --import): on SIGUSR2 it writes the longest stall of the event loop to
// standard error, and starts again.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Milliseconds between two looks: any delay beyond them is a stall. */
const RESOLUTION = 2;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  process.on('SIGUSR2', () => {
    process.stderr.write(`longest stall ${Math.max(0, delay.max / 1e6 - RESOLUTION).toFixed(1)} ms\n`);
    delay.reset();
  });
}
