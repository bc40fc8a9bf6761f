// A promise that does not take for ever.
import type { Clock, Timed } from '../base/clock.js';

/** As `work`, but rejected with `late` when it has not settled after `time` ms. */
export function bounded<T>(clock: Clock, time: number, work: Promise<T>, late: Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const owner: Timed = { expire: () => reject(late) };
    const deadline = clock.start(time, owner, 'late');
    work.then(resolve, reject).finally(() => deadline.stop());
  });
}
