// The clock of the host: deadlines fire in order, never early, and once.
import { expect, test, vi } from 'vitest';
import type { Timed } from '../../container/base/clock.js';
import { present } from '../../container/base/present.js';
import { RealClock } from '../../container/host/real-clock.js';

class Heard implements Timed {
  readonly all: string[] = [];
  #wanted = 0;
  #done: (() => void) | undefined;

  expire(which: string): void {
    this.all.push(which);
    if (this.all.length === this.#wanted) this.#done?.();
  }

  count(wanted: number): Promise<void> {
    this.#wanted = wanted;
    if (this.all.length >= wanted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }
}

test('the clock fires in order of time, whatever the order and number of durations, and never at once', async () => {
  const clock = new RealClock();
  const heard = new Heard();
  clock.start(20, heard, 'c');
  clock.start(1, heard, 'a');
  clock.start(8, heard, 'b');
  clock.start(0, heard, 'zero');
  expect(heard.all).toEqual([]);
  await heard.count(4);
  expect(heard.all).toEqual(['zero', 'a', 'b', 'c']);
  expect(clock.size.used).toBe(0);
  clock.close();
});

test('the clock does not fire early', async () => {
  const clock = new RealClock();
  const heard = new Heard();
  const start = clock.now();
  clock.start(15, heard, 'x');
  await heard.count(1);
  expect(clock.now() - start).toBeGreaterThanOrEqual(15);
  clock.close();
});

test('a stopped deadline does not fire, is not pending, and may be stopped again', async () => {
  const clock = new RealClock();
  const heard = new Heard();
  const first = clock.start(5, heard, 'first');
  const second = clock.start(5, heard, 'second');
  const third = clock.start(5, heard, 'third');
  expect(second.pending).toBe(true);
  second.stop();
  second.stop();
  first.stop();
  expect(second.pending).toBe(false);
  await heard.count(1);
  expect(heard.all).toEqual(['third']);
  expect(third.pending).toBe(false);
  third.stop();
  clock.close();
});

test('A12 a delay beyond what the host knows does not fire at once, nor does one without end', async () => {
  const clock = new RealClock();
  const heard = new Heard();
  const long = clock.start(2 ** 31 + 5, heard, 'long');
  const longer = clock.start(4_294_967_295_000, heard, 'longer');
  const never = clock.start(Number.POSITIVE_INFINITY, heard, 'never');
  clock.start(10, heard, 'short');
  await heard.count(1);
  expect(heard.all).toEqual(['short']);
  expect([long.pending, longer.pending, never.pending]).toEqual([true, true, false]);
  clock.close();
  expect(long.pending).toBe(false);
});

test('durations that nobody waits for any more are given up: a thousand of them leave a bounded rest', () => {
  const clock = new RealClock();
  const heard = new Heard();
  for (let i = 0; i < 1000; i++) clock.start(100_000 + i, heard, 'x').stop();
  expect(clock.size.used).toBe(0);
  expect(clock.size.lines).toBeLessThanOrEqual(64);
  clock.close();
});

test('what an owner throws is reported and the others still fire; a deadline may start another', async () => {
  const errors: unknown[] = [];
  const clock = new RealClock((error) => errors.push(error));
  const heard = new Heard();
  clock.start(
    2,
    {
      expire() {
        clock.start(1, heard, 'from within');
        throw new Error('mine');
      },
    },
    'bad',
  );
  clock.start(2, heard, 'good');
  await heard.count(2);
  expect(heard.all).toEqual(['good', 'from within']);
  expect(errors).toHaveLength(1);
  clock.close();
});

test('ten thousand deadlines stopped and fired in a random order: each fires once or not at all', async () => {
  const clock = new RealClock();
  const heard = new Heard();
  let seed = 7;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const stopped = new Set<string>();
  const deadlines = Array.from({ length: 10_000 }, (_, i) => clock.start(Math.floor(random() * 40), heard, `${i}`));
  for (let i = 0; i < 5_000; i++) {
    const which = Math.floor(random() * 10_000);
    present(deadlines[which]).stop();
    stopped.add(`${which}`);
  }
  await heard.count(10_000 - stopped.size);
  expect(new Set(heard.all).size).toBe(heard.all.length);
  expect(heard.all.some((which) => stopped.has(which))).toBe(false);
  expect(clock.size.used).toBe(0);
  clock.close();
});

test('after close nothing fires and nothing is pending', async () => {
  const clock = new RealClock();
  const heard = new Heard();
  const before = clock.start(1, heard, 'before');
  clock.close();
  const after = clock.start(1, heard, 'after');
  expect([before.pending, after.pending]).toEqual([false, false]);
  const other = new RealClock();
  const later = new Heard();
  other.start(10, later, 'x');
  await later.count(1);
  expect(heard.all).toEqual([]);
  other.close();
});

test('deadlines of a second and more that are near each other share a turn: never early, late by 16 ms at most', () => {
  vi.useFakeTimers();
  try {
    const clock = new RealClock();
    const late: number[] = [];
    const turns = new Set<number>();
    for (let i = 0; i < 500; i++) {
      vi.advanceTimersByTime(1);
      const due = clock.now() + 32_000;
      const owner = {
        expire() {
          late.push(clock.now() - due);
          turns.add(clock.now());
        },
      };
      clock.start(32_000, owner, 'x');
    }
    vi.advanceTimersByTime(40_000);
    expect(late).toHaveLength(500);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThan(18);
    expect(turns.size).toBeLessThanOrEqual(33);
    clock.close();
  } finally {
    vi.useRealTimers();
  }
});
