// Measures the load of this process twice a second: how full the heap is, and how late the event loop is.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Congestion } from '../engine/congestion.js';

/** Milliseconds. */
const INTERVAL = 500;
const RESOLUTION = 20;

/** Measures until the returned function is called. */
export function meterLoad(congestion: Congestion): () => void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  const timer = setInterval(() => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    const delay = histogram.count === 0 ? INTERVAL : histogram.percentile(50) / 1e6 - RESOLUTION;
    histogram.reset();
    congestion.measure({ memory: used / limit, delay: Math.max(0, delay) });
  }, INTERVAL);
  timer.unref();
  return () => {
    clearInterval(timer);
    histogram.disable();
  };
}
