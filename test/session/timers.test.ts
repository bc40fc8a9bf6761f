// JSR 289 §12: timers of application sessions.

import { type ApplicationSession, Message, OnTimer, Siplet, type SipRequest, type SipTimer } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { after, message, noted, notes, noting } from './noting.js';

type Fired = (timer: SipTimer) => unknown;

/** Answers a MESSAGE, does what the test says with its session, and notes each firing. */
async function timed(begin: (session: ApplicationSession) => unknown, fired: Fired = () => {}) {
  @Siplet({ name: 'timed' })
  class Timed {
    @Message()
    async told(request: SipRequest) {
      request.createResponse(200).send();
      await begin(request.applicationSession);
    }

    @OnTimer('other')
    other(timer: SipTimer) {
      noted(s.world, `other ${timer.name}`);
      return fired(timer);
    }

    @OnTimer()
    any(timer: SipTimer) {
      noted(s.world, timer.name);
      return fired(timer);
    }
  }
  const s = await noting({ timed: { Timed } });
  expect(await message(s, 'any')).toBe('200');
  return s;
}

test('§12 a timer fires once, into the handler of its name, with what it was given', async () => {
  const seen: unknown[] = [];
  const s = await timed(
    (session) => {
      session.setTimer('one', 2000, { info: { to: ['bob'] } });
      session.setTimer('other', 1000);
      seen.push(session.timers.map((timer) => timer.name));
    },
    (timer) => seen.push([timer.info, timer.repeat, timer.applicationSession.timers.map(({ name }) => name)]),
  );
  await s.ends();
  expect(notes).toEqual(['1 other other', '2 one']);
  expect(seen).toEqual([
    ['one', 'other'],
    [undefined, undefined, ['one']],
    [{ to: ['bob'] }, undefined, []],
  ]);
});

test('§12 two of one name are two timers, and one of 0 ms fires when the handler has settled', async () => {
  const s = await timed(async (session) => {
    session.setTimer('now', 0);
    session.setTimer('now', 0);
    await after(500);
    noted(s.world, 'settled');
  });
  await s.ends();
  expect(notes).toEqual(['0.5 settled', '0.5 now', '0.5 now']);
});

test('§12 a repeated timer keeps its rhythm for an hour', async () => {
  const times: number[] = [];
  const s = await timed(
    (session) => session.setTimer('tick', 250, { repeat: 1000 }),
    (timer) => {
      times.push(s.world.clock.now());
      if (times.length === 3600) timer.cancel();
    },
  );
  await s.ends();
  expect(times.map((time) => Math.round(time - present(times[0])))).toEqual(times.map((_, i) => i * 1000));
  expect(times).toHaveLength(3600);
});

test('§12 firings that come while the handler is at work are left out, and the rhythm stays', async () => {
  const s = await timed(
    (session) => session.setTimer('tick', 1000, { repeat: 1000 }),
    async (timer) => {
      if (notes.length === 1) await after(3500);
      if (notes.length === 4) timer.cancel();
    },
  );
  await s.ends();
  // At 1 s it begins and takes until 4.5 s: what was due at 2, 3 and 4 s is left out.
  expect(notes).toEqual(['1 tick', '5 tick', '6 tick', '7 tick']);
});

test('§12 while the process was busy, firings are left out as well', async () => {
  const { ApplicationTimer } = await import('../../container/session/application-timer.js');
  const { VirtualClock } = await import('../world/virtual-clock.js');
  const clock = new VirtualClock();
  const late: number[] = [];
  // A clock that fires its fourth deadline 2.5 s late, as one does whose process was stopped.
  const services = {
    clock: {
      now: () => clock.now(),
      start: (delay: number, owner: { expire(which: string): void }, which: string) => {
        const slow = late.length === 2 ? 2500 : 0;
        return clock.start(delay + slow, owner, which);
      },
    },
  };
  const session = {
    services,
    touch() {},
    mailbox: {
      post: (job: { handler(): unknown; settled(error: undefined, handler: undefined): void }) => {
        late.push(clock.now());
        job.handler();
        job.settled(undefined, undefined);
      },
    },
    application: { table: { timer: () => undefined } },
    timerEnded() {},
  };
  const timer = new ApplicationTimer(session as never, 'tick', 1000, { repeat: 1000 });
  while (late.length < 5) await clock.advance(500);
  timer.cancel();
  expect(late.map((time) => Math.round(time))).toEqual([1000, 2000, 3000, 6500, 7000]);
});

test('§12 cancelled in its own handler it fires no more; cancelled twice it is as once', async () => {
  const s = await timed(
    (session) => session.setTimer('tick', 1000, { repeat: 1000 }),
    (timer) => {
      if (notes.length < 2) return;
      timer.cancel();
      timer.cancel();
      notes.push(String(timer.applicationSession.timers.length));
    },
  );
  await s.ends();
  expect(notes).toEqual(['1 tick', '2 tick', '0']);
});

test('§12 a firing that waits for its turn is not told when the timer is cancelled meanwhile', async () => {
  const s = await timed(async (session) => {
    const timer = session.setTimer('one', 100);
    await after(500);
    noted(s.world, `waits ${session.timers.length}`);
    timer.cancel();
  });
  await s.ends();
  expect(notes).toEqual(['0.5 waits 1']);
});

test('§6.4 a session whose last timer is cancelled can have another before the handler has settled', async () => {
  const s = await timed(
    async (session) => {
      await after(40_000);
      session.setTimer('first', 1000).cancel();
      await after(100);
      session.setTimer('second', 1000);
    },
    (timer) => {
      timer.cancel();
      if (timer.name === 'second') timer.applicationSession.setTimer('third', 1000);
    },
  );
  await s.ends();
  expect(notes).toEqual(['41.1 second', '42.1 third']);
});

test('§6.4.1 the session stays until its last timer has fired, and ends then', async () => {
  const s = await timed((session) => session.setTimer('one', 100_000));
  await s.world.run(99_000);
  expect(s.container.alive.applicationSessions).toBe(1);
  await s.world.run(1500);
  expect(notes).toEqual(['100 one']);
  expect(s.container.alive.applicationSessions).toBe(0);
  await s.ends();
});

test('§12 the timers of a session that is invalidated do not fire', async () => {
  const s = await timed((session) => {
    session.setTimer('one', 100);
    session.setTimer('again', 100, { repeat: 100 });
    session.invalidate();
    expect(session.timers).toEqual([]);
  });
  await s.ends();
  expect(notes).toEqual([]);
});

test('C-41 a handler that throws is logged with its name; the next firing comes all the same', async () => {
  const s = await timed(
    (session) => session.setTimer('tick', 1000, { repeat: 1000 }),
    (timer) => {
      if (notes.length === 2) timer.cancel();
      throw new Error('out of order');
    },
  );
  await s.ends(2);
  expect(notes).toEqual(['1 tick', '2 tick']);
  expect(s.container.problems()).toEqual(['Timed.any failed: out of order', 'Timed.any failed: out of order']);
});

test('RULES.md section 3: what setTimer refuses', async () => {
  const thrown: string[] = [];
  const s = await timed((session) => {
    const attempts: [unknown, unknown, object?][] = [
      ['t', -1],
      ['t', Number.NaN],
      ['t', Number.POSITIVE_INFINITY],
      ['t', 'soon'],
      ['t', undefined],
      ['t', 1, { repeat: 0 }],
      ['t', 1, { repeat: 0.5 }],
      ['t', 1, { repeat: -5 }],
      ['t', 1, { repeat: Number.POSITIVE_INFINITY }],
      [7, 1],
      ['t', 1, { info: new Date(0) }],
    ];
    for (const [name, delay, options] of attempts)
      try {
        session.setTimer(name as string, delay as number, options as never);
        thrown.push('nothing');
      } catch (error) {
        thrown.push(String(error));
      }
    notes.push(String(session.timers.length));
  });
  await s.ends();
  expect(notes).toEqual(['0']);
  expect(thrown).toEqual([
    "RangeError: the delay of the timer 't': write milliseconds, 0 or more, or a text such as '500ms', '20s', '3m' or '1h', not -1",
    "RangeError: the delay of the timer 't': write milliseconds, 0 or more, or a text such as '500ms', '20s', '3m' or '1h', not NaN",
    "RangeError: the delay of the timer 't' is endless: it would never fire",
    "RangeError: the delay of the timer 't': write milliseconds, 0 or more, or a text such as '500ms', '20s', '3m' or '1h', not 'soon'",
    "RangeError: the delay of the timer 't': write milliseconds, 0 or more, or a text such as '500ms', '20s', '3m' or '1h', not undefined",
    "RangeError: repeat of the timer 't' is 1 ms or more, not 0",
    "RangeError: repeat of the timer 't' is 1 ms or more, not 0.5",
    "RangeError: repeat of the timer 't': write milliseconds, 0 or more, or a text such as '500ms', '20s', '3m' or '1h', not -5",
    "RangeError: repeat of the timer 't' is 1 ms or more, not Infinity",
    'TypeError: the name of a timer is a string, not a number',
    "TypeError: the info of the timer 't' is an object of the class Date, which is not a JSON value",
  ]);
});

test('§12 a delay may be longer than the host knows: 30 days', async () => {
  const month = 30 * 24 * 3600 * 1000;
  const s = await timed((session) => {
    session.setExpires(0);
    session.setTimer('month', month);
  });
  await s.world.run(month - 1000);
  expect(notes).toEqual([]);
  await s.world.run(2000);
  expect(notes).toEqual(['2592000 month']);
  await s.ends();
});
