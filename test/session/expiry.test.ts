// JSR 289 §6.3: application sessions expire; RULES.md section 2: sessionTimeout is 3 minutes.

import {
  type ApplicationSession,
  ApplicationSessionDestroyed,
  ApplicationSessionExpired,
  type Duration,
  Invite,
  Message,
  SessionDestroyed,
  Siplet,
  type SipRequest,
} from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { BOB, established } from '../world/stage.js';
import { after, hangUp, message, noted, notes, noting } from './noting.js';

interface Script {
  readonly begin: (session: ApplicationSession) => unknown;
  readonly expired?: (session: ApplicationSession) => unknown;
  readonly sessionTimeout?: Duration;
}

/** Answers a MESSAGE, proxies an INVITE, does what the test says with the session, and notes what becomes of it. */
async function expiring({ begin, expired = () => {}, sessionTimeout }: Script) {
  @Siplet({ name: 'expiring', ...(sessionTimeout === undefined ? {} : { sessionTimeout }) })
  class Expiring {
    @Message()
    told(request: SipRequest) {
      request.createResponse(200).send();
      return begin(request.applicationSession);
    }

    @Invite()
    ring(request: SipRequest) {
      request.proxy({ recordRoute: true }).proxyTo(BOB);
      return begin(request.applicationSession);
    }

    @ApplicationSessionExpired()
    expired(session: ApplicationSession) {
      noted(s.world, 'expired');
      return expired(session);
    }

    @SessionDestroyed()
    sessionDestroyed() {
      noted(s.world, 'session destroyed');
    }

    @ApplicationSessionDestroyed()
    destroyed() {
      noted(s.world, 'destroyed');
    }
  }
  const s = await noting({ expiring: { Expiring } });
  return s;
}

/** Keeps it although nothing is left in it. */
function keep(session: ApplicationSession): void {
  session.invalidateWhenReady = false;
}

test('§6.4.2 with invalidateWhenReady false it stays until it expires, sessionTimeout after what happened last', async () => {
  const s = await expiring({ begin: keep, sessionTimeout: '2m' });
  await message(s, 'any');
  await s.ends();
  expect(notes).toEqual(['0 session destroyed', '120 expired', '120 destroyed']);
});

test('§6.3 the default is 3 minutes', async () => {
  const s = await expiring({ begin: keep });
  await message(s, 'any');
  await s.ends();
  expect(notes.slice(1)).toEqual(['180 expired', '180 destroyed']);
});

test.each([0, '0s'])('§6.3 with sessionTimeout %s it never expires', async (sessionTimeout) => {
  let expiresAt: unknown = 'not asked';
  let kept: ApplicationSession | undefined;
  const s = await expiring({
    begin(session) {
      keep(session);
      expiresAt = session.expiresAt;
      kept = session;
    },
    sessionTimeout,
  });
  await message(s, 'any');
  await s.world.run(24 * 3600 * 1000);
  expect(notes).toEqual(['0 session destroyed']);
  expect(expiresAt).toBeUndefined();
  present(kept).invalidate();
  await s.ends();
});

test('§6.3.1 setExpires counts from when it is said; the handler may say it again', async () => {
  const s = await expiring({
    begin(session) {
      keep(session);
      session.setExpires('1m');
    },
    expired(session) {
      if (notes.filter((note) => note.endsWith(' expired')).length < 3) session.setExpires('5m');
    },
  });
  await message(s, 'any');
  await s.ends();
  expect(notes).toEqual(['0 session destroyed', '60 expired', '360 expired', '660 expired', '660 destroyed']);
});

test('§6.3.1 setExpires(0): it stays until somebody invalidates it', async () => {
  let kept: ApplicationSession | undefined;
  const s = await expiring({
    begin(session) {
      keep(session);
      session.setExpires(0);
      kept = session;
    },
  });
  await message(s, 'any');
  await s.world.run(7 * 24 * 3600 * 1000);
  expect(notes).toEqual(['0 session destroyed']);
  present(kept).invalidate();
  await s.ends();
  expect(notes).toHaveLength(2);
});

test('§6.3.1 a handler that takes its time may extend it as well, and one that fails does not', async () => {
  const s = await expiring({
    begin(session) {
      keep(session);
      session.setExpires('1m');
    },
    async expired(session) {
      await after(5000);
      if (notes.length > 2) throw new Error('enough');
      session.setExpires('1m');
    },
  });
  await message(s, 'any');
  await s.ends(1);
  expect(notes).toEqual(['0 session destroyed', '60 expired', '125 expired', '130 destroyed']);
});

test('§6.3 it does not expire while a call stands; setExpires means it all the same', async () => {
  const s = await expiring({ begin: () => {} });
  const { call } = await established(s);
  await s.world.run(20 * 60_000);
  expect(notes).toEqual([]);
  await hangUp(s, call);
  await s.ends();
  expect(notes.map((note) => note.replace(/^\S+ /, ''))).toEqual(['session destroyed', 'destroyed']);

  const other = await expiring({ begin: (session) => session.setExpires('1m') });
  const { call: standing } = await established(other);
  await other.world.run(61_000);
  expect(notes).toEqual(['60 expired', '60 session destroyed', '60 destroyed']);
  // The call itself is the parties' own: it goes on by its Route set.
  await hangUp(other, standing);
  await other.ends();
});

test('§6.3 expiresAt is when it expires: later with all that happens, until the application says when', async () => {
  const seen: number[] = [];
  let session: ApplicationSession | undefined;
  const s = await expiring({
    begin(begun) {
      session = begun;
    },
  });
  const left = () => Math.round((present(present(session).expiresAt).getTime() - s.world.clock.wallTime()) / 1000);
  const { call } = await established(s);
  seen.push(left());
  await s.world.run(100_000);
  seen.push(left());
  await s.world.run(100_000);
  seen.push(left());
  present(session).setExpires('10m');
  seen.push(left());
  await call.dialog
    .request('INFO')
    .response('final')
    .catch(() => {});
  expect(seen).toEqual([180, 80, 160, 600]);
  expect(left()).toBeLessThan(600);
  present(session).invalidate();
  await s.ends();
});

test('RULES.md section 3: setExpires refuses a text or a number that is not a duration', async () => {
  const s = await expiring({
    begin(session) {
      for (const duration of [-1, Number.NaN, 'soon'])
        expect(() => session.setExpires(duration)).toThrow(/^setExpires: write milliseconds, 0 or more, .* not /);
      notes.push('refused');
    },
  });
  await message(s, 'any');
  expect(notes[0]).toBe('refused');
  await s.ends();
});
