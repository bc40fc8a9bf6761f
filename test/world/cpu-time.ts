// What work costs this process, whatever else the machine does: for tests of how that grows with the length of hostile
// text.

/** Milliseconds of processor time. */
export function cpuTime(job: () => void): number {
  const before = process.cpuUsage();
  job();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The least of so many times: a garbage collection in between is not a cost of the job. */
export function leastCpuTime(job: () => void, times: number): number {
  return Math.min(...Array.from({ length: times }, () => cpuTime(job)));
}

/** One of so many times is below the bound. */
export function isWithin(bound: number, job: () => void, times = 3): boolean {
  for (let i = 0; i < times; i++) if (cpuTime(job) < bound) return true;
  return false;
}
