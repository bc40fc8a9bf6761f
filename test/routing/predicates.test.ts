// RULES.md section 2: `{ when }` of decorators for initial requests chooses among methods and applications.
import { Initial, Invite, Message, type ReadonlySipRequest, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { BOB, CAROL, stage } from '../world/stage.js';

const urgent = { when: (request: ReadonlySipRequest) => request.headers.get('Priority') === 'emergency' };
const toConference = { when: ({ uri }: ReadonlySipRequest) => 'user' in uri && String(uri.user).startsWith('conf-') };
const PRIORITY = { headers: { Priority: 'emergency' } };

/** Answers with a status of its own, so that a test sees which method took the request. */
function answers(status: number) {
  return (request: SipRequest): void => request.createResponse(status).send();
}

describe('which method', () => {
  @siplet({ name: 'choosing' })
  class Choosing {
    @Initial()
    any(request: SipRequest) {
      answers(480)(request);
    }
    @Initial(urgent)
    anyUrgent(request: SipRequest) {
      answers(481)(request);
    }
    @Invite()
    invite(request: SipRequest) {
      answers(482)(request);
    }
    @Invite(urgent)
    inviteUrgent(request: SipRequest) {
      answers(483)(request);
    }
    @Invite(toConference)
    inviteConference(request: SipRequest) {
      answers(484)(request);
    }
  }

  test.each<[what: string, method: string, uri: string, headers: object, status: number]>([
    ['no predicate accepts: the method without one', 'INVITE', BOB, {}, 482],
    ['one with a predicate beats an equal one without', 'INVITE', BOB, PRIORITY, 483],
    ['the second predicate accepts', 'INVITE', 'sip:conf-7@example.com', {}, 484],
    ['both accept: the first declared', 'INVITE', 'sip:conf-7@example.com', PRIORITY, 483],
    ['a method that is not named', 'MESSAGE', BOB, {}, 480],
    ['a method that is not named, with a predicate', 'MESSAGE', BOB, PRIORITY, 481],
  ])('%s', async (_, method, uri, headers, status) => {
    const s = await stage(Choosing);
    await s.request(method, headers, uri).response(status);
    await s.ends();
  });

  test('of two predicates that accept, that of the method which names the SIP method is asked first', async () => {
    @siplet({ name: 'guarded' })
    class Guarded {
      @Initial(urgent)
      any(request: SipRequest) {
        answers(481)(request);
      }
      @Invite(urgent)
      invite(request: SipRequest) {
        answers(482)(request);
      }
    }
    const s = await stage(Guarded);
    await s.call(PRIORITY).response(482);
    await s.request('MESSAGE', PRIORITY).response(481);
    await s.ends();
  });

  test('a named method without a predicate beats an unnamed one with one', async () => {
    @siplet({ name: 'named' })
    class Named {
      @Initial(urgent)
      any(request: SipRequest) {
        answers(481)(request);
      }
      @Invite()
      invite(request: SipRequest) {
        answers(482)(request);
      }
    }
    const s = await stage(Named);
    await s.call(PRIORITY).response(482);
    await s.ends();
  });
});

describe('which application', () => {
  function passing(name: string, seen: string[], options = {}) {
    @siplet({ name })
    class Passing {
      @Invite(options)
      take(request: SipRequest) {
        seen.push(name);
        request.forward();
      }
    }
    return { Passing };
  }

  test('an application whose predicates accept nothing is passed over, at any place in the order', async () => {
    const seen: string[] = [];
    const applications = { a: passing('a', seen, urgent), b: passing('b', seen), c: passing('c', seen, urgent) };
    const s = await stage(applications, { callee: BOB });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    await call.response(486);
    const other = s.call(PRIORITY);
    (await s.bob.receive('INVITE')).reply(486);
    await other.response(486);
    await s.ends();
    expect(seen).toEqual(['b', 'a', 'b', 'c']);
  });

  test('no application accepts: 404, since some take the method', async () => {
    const s = await stage({ a: passing('a', [], urgent) });
    await s.call().response(404);
    await s.ends();
  });

  test('the predicate sees the request as received, and can change nothing', async () => {
    const seen: unknown[] = [];
    @siplet({ name: 'seeing' })
    class Seeing {
      @Message({
        when(request) {
          const { method, remote, initialRemote, isSecure, text } = request;
          seen.push(method, String(request.uri), remote, initialRemote, isSecure, text);
          expect(() => (request.headers as { set?(name: string, value: string): void }).set?.('X', '1')).toThrow(
            /can only be read/,
          );
          return true;
        },
      })
      take(request: SipRequest) {
        answers(200)(request);
      }
    }
    const s = await stage(Seeing);
    await s.request('MESSAGE', { body: 'hello', headers: { 'Content-Type': 'text/plain' } }, CAROL).response(200);
    await s.ends();
    const alice = { address: '10.0.0.1', port: 5060, transport: 'udp' };
    expect(seen).toEqual(['MESSAGE', CAROL, alice, alice, false, 'hello']);
  });
});

describe('faults', () => {
  test.each<[what: string, when: () => unknown, said: string]>([
    [
      'throws',
      () => {
        throw new Error('no table');
      },
      'a predicate of agent failed: no table',
    ],
    [
      'returns a promise',
      async () => true,
      'a predicate of agent failed: the predicate of Faulty.take returned a promise: a predicate must answer at once',
    ],
  ])('C-41 a predicate that %s: 500, and the log says why', async (_, when, said) => {
    @siplet({ name: 'faulty' })
    class Faulty {
      @Invite({ when: when as () => boolean })
      take(request: SipRequest) {
        answers(200)(request);
      }
    }
    const s = await stage(Faulty);
    await s.call().response(500);
    await s.ends([said]);
  });

  test('`when` that is not a function fails the deployment', async () => {
    @siplet({ name: 'wrong' })
    class Wrong {
      @Invite({ when: true as never })
      take() {}
    }
    await expect(stage(Wrong)).rejects.toThrow(
      'Wrong.take (@Invite({ when })): `when` is not a function: write { when: (request) => … }',
    );
  });

  test('two equal methods with predicates are not a fault; two without are', async () => {
    @siplet({ name: 'two' })
    class Two {
      @Invite(urgent) a() {}
      @Invite(toConference) b() {}
      @Invite() c() {}
      @Invite() d() {}
    }
    await expect(stage(Two)).rejects.toThrow(/^Two\.c \(@Invite\(\)\) and Two\.d \(@Invite\(\)\) are equally specific/);
  });
});
