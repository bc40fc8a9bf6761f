// Nonces without state, and what is remembered of their use (RFC 7616 §3.3, §3.4).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { DigestServer } from '../../container/digest/index.js';
import { Nonces } from '../../container/digest/nonces.js';
import { ReplayWindow } from '../../container/digest/replay-window.js';
import { Request } from '../../container/message/index.js';
import { CountingIdentifiers } from '../world/counting-identifiers.js';
import { VirtualClock } from '../world/virtual-clock.js';
import { credentialsFor, parametersOf } from './peer.js';

describe('nonces', () => {
  const clock = new VirtualClock();
  const nonces = new Nonces([1, 2], clock, new CountingIdentifiers(), 1000);

  test('are good in their realm until they are too old', () => {
    const nonce = nonces.mint('r');
    expect(nonces.check(nonce, 'r').state).toBe('fresh');
    expect(nonces.check(nonce, 's').state).toBe('foreign');
    clock.advance(1000);
    expect(nonces.check(nonce, 'r').state).toBe('fresh');
    clock.advance(1);
    expect(nonces.check(nonce, 'r').state).toBe('stale');
  });

  test('of another key are foreign; of the same key before a restart stale: what was used of them is not known', () => {
    const random = (): CountingIdentifiers => Object.assign(new CountingIdentifiers(), { tag: () => 'other' });
    expect(nonces.check(new Nonces([1, 3], clock, random(), 1000).mint('r'), 'r').state).toBe('foreign');
    expect(nonces.check(new Nonces([1, 2], clock, random(), 1000).mint('r'), 'r').state).toBe('stale');
  });

  test('with any one character changed are foreign', () => {
    const nonce = nonces.mint('r');
    for (let i = 0; i < nonce.length; i++) {
      for (const other of ['0', 'z', '.']) {
        if (nonce[i] === other) continue;
        expect(nonces.check(nonce.slice(0, i) + other + nonce.slice(i + 1), 'r').state).toBe('foreign');
      }
    }
  });

  test('say nothing but the time: no two are the same', () => {
    expect(new Set(Array.from({ length: 100 }, () => nonces.mint('r'))).size).toBe(100);
  });
});

describe('the window', () => {
  test('each count passes once, whatever the order, and never when it is 32 or more below the highest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 200 }), (counts) => {
        const window = new ReplayWindow(new VirtualClock(), 1000, 10);
        const seen = new Set<number>();
        let highest = 0;
        for (const count of counts) {
          const expected = !seen.has(count) && highest - count < 32;
          expect(window.take('n', 0, count)).toBe(expected);
          if (expected) seen.add(count);
          highest = Math.max(highest, expected ? count : 0);
        }
      }),
    );
  });

  test('AUT-04 a jump by the width of the window leaves nothing of what was seen before: those between pass, once', () => {
    for (const jump of [31, 32, 33, 64]) {
      const window = new ReplayWindow(new VirtualClock(), 1000, 10);
      const take = (count: number): boolean => window.take('n', 0, count);
      expect([take(1), take(2), take(2 + jump)], `${jump}`).toEqual([true, true, true]);
      expect([take(1 + jump), take(1 + jump), take(2 + jump)], `${jump}`).toEqual([true, false, false]);
    }
  });

  test('counts go as far as eight digits do', () => {
    const window = new ReplayWindow(new VirtualClock(), 1000, 10);
    expect([0xffff_fffe, 0xffff_ffff, 0xffff_fffe, 0xffff_ffff].map((count) => window.take('n', 0, count))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('a nonce is remembered as long as it is good, and forgotten soon after', () => {
    const clock = new VirtualClock();
    const window = new ReplayWindow(clock, 1000, 10);
    clock.advance(900);
    const issued = clock.now();
    expect(window.take('n', issued, 1)).toBe(true);
    clock.advance(1000);
    expect(window.take('n', issued, 1)).toBe(false);
    clock.advance(5000);
    expect(window.take('m', clock.now(), 1)).toBe(true);
    expect(window.size).toBe(1);
    clock.advance(5000);
    expect(window.take('o', clock.now(), 1)).toBe(true);
    expect(window.size).toBe(1);
  });

  test('AUT-04 a nonce that was forgotten is refused for good, in whatever order nonces were used, and when all the others have gone too', () => {
    const clock = new VirtualClock();
    const window = new ReplayWindow(clock, 1000, 2);
    const use = (...issued: number[]): boolean[] => issued.map((time) => window.take(`n${time}`, time, 1));
    clock.advance(100);
    // Two and two are kept: the fifth drives out the first two. Of these, the one used last was made first.
    expect(use(50, 20, 60, 61, 70)).toEqual([true, true, true, true, true]);
    expect(use(50, 20)).toEqual([false, false]);
    clock.advance(5000);
    expect(use(5001, 5002, 5003)).toEqual([true, true, true]);
    expect(use(50, 20)).toEqual([false, false]);
  });

  test('when there are too many the oldest are forgotten, and are refused from then on: a replay never passes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 300 })), { maxLength: 300 }),
        (uses) => {
          const clock = new VirtualClock();
          const window = new ReplayWindow(clock, 1000, 5);
          const issued = new Map<string, number>();
          const passed = new Set<string>();
          for (const [which, wait] of uses) {
            clock.advance(wait);
            const key = `n${which}`;
            const made = issued.get(key) ?? clock.now();
            issued.set(key, made);
            if (clock.now() - made > 1000) continue; // the nonce is stale, and never comes so far
            if (window.take(key, made, 1)) {
              expect(passed.has(key)).toBe(false);
              passed.add(key);
            }
            expect(window.size).toBeLessThanOrEqual(10);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('AUT-10 unknown user and wrong password take the same time', { retry: 3 }, async () => {
  const server = new DigestServer({ key: [1, 2], clock: new VirtualClock(), identifiers: new CountingIdentifiers() });
  const options = { realm: 'r', users: (name: string) => (name === 'alice' ? 'secret' : undefined) };
  const bare = new Request('MESSAGE', 'sip:b@x');
  const refused = await server.verify(bare, options, 'app');
  if (refused.user !== undefined) throw new Error('let in');
  const challenge = parametersOf(present(refused.headers[0])[1]);
  const requests = ['alice', 'mallo'].map((username) => {
    const request = bare.clone();
    request.append(
      'Authorization',
      credentialsFor(challenge, { method: 'MESSAGE', uri: 'sip:b@x', username, password: 'guess!' }),
    );
    return request;
  });
  const timeOf = async (request: Request): Promise<number> => {
    const before = performance.now();
    for (let n = 0; n < 10; n++) expect((await server.verify(request, options, 'app')).user).toBeUndefined();
    return performance.now() - before;
  };
  // By turns, the first and the second changing places: whatever else the machine does hits both, and neither is the
  // slower one more often.
  const [known, unknown] = requests as [Request, Request];
  let slower = 0;
  for (let round = 0; round < 100; round++) {
    const first = await timeOf(round % 2 === 0 ? known : unknown);
    const second = await timeOf(round % 2 === 0 ? unknown : known);
    if (first > second === (round % 2 === 0)) slower++;
  }
  expect(slower).toBeGreaterThanOrEqual(30);
  expect(slower).toBeLessThanOrEqual(70);
});

test('AUT-10 nobody gets in with what stands for the password of a user who does not exist', async () => {
  const server = new DigestServer({ key: [1, 2], clock: new VirtualClock(), identifiers: new CountingIdentifiers() });
  const bare = new Request('MESSAGE', 'sip:b@x');
  for (const [users, user] of [
    [() => undefined, undefined],
    [() => '1 2', 'mallory'],
  ] as const) {
    const refused = await server.verify(bare, { realm: 'r', users }, 'app');
    if (refused.user !== undefined) throw new Error('let in');
    const challenge = parametersOf(present(refused.headers[0])[1]);
    const request = bare.clone();
    const answer = { method: 'MESSAGE', uri: 'sip:b@x', username: 'mallory', password: '1 2' };
    request.append('Authorization', credentialsFor(challenge, answer));
    expect((await server.verify(request, { realm: 'r', users }, 'app')).user).toBe(user);
  }
});

test('AUT-04 what is remembered is bounded: verified uses alone, and their nonces go stale when there are too many', async () => {
  const clock = new VirtualClock();
  const server = new DigestServer({ key: [1, 2], clock, identifiers: new CountingIdentifiers(), capacity: 4 });
  const options = { realm: 'r', users: () => 'secret' };
  const bare = new Request('MESSAGE', 'sip:b@x');
  const values: string[] = [];
  for (let i = 0; i < 12; i++) {
    clock.advance(10);
    const refused = await server.verify(bare, options, 'app');
    if (refused.user !== undefined) throw new Error('let in');
    values.push(credentialsFor(parametersOf(present(refused.headers[0])[1]), { method: 'MESSAGE', uri: 'sip:b@x' }));
  }
  const verdict = async (value: string): Promise<string | undefined> => {
    const request = bare.clone();
    request.append('Authorization', value);
    const { user, ...rest } = await server.verify(request, options, 'app');
    return user ?? (JSON.stringify(rest).includes('stale=true') ? 'stale' : 'refused');
  };
  for (const value of values) expect(await verdict(value)).toBe('alice');
  for (const value of values) expect(await verdict(value)).toBe('stale');
});
