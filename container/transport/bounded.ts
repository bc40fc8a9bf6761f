// A promise with a time limit.
import type { Clock, Timed } from '../base/clock.js';

/** Settles like `work`, but rejects with `late` after `time` ms. */
export function bounded<T>(clock: Clock, time: number, work: Promise<T>, late: Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const owner: Timed = { expire: () => reject(late) };
    const deadline = clock.start(time, owner, 'late');
    work.then(resolve, reject).finally(() => deadline.stop());
  });
}
