// What applications do with it: the decorator, the service, and an account of their own at somebody who challenges.
import {
  Authenticated,
  Authentication,
  type AuthenticationOptions,
  Bye,
  Invite,
  Message,
  Siplet,
  type SipRequest,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { type ApplicationClass, BOB, stage } from '../world/stage.js';
import { Desk } from './apps/desk.js';
import { Gate } from './apps/gate.js';
import { Trunk } from './apps/trunk.js';
import { challengesIn, credentialsFor, parametersOf } from './peer.js';

async function start(applications: Readonly<Record<string, ApplicationClass>>, configuration = '') {
  const exported = Object.fromEntries(
    Object.entries(applications).map(([name, Application]) => [name, { Application }]),
  );
  const on = await stage(exported, { configuration, callee: BOB });
  const send = (method: string, headers: Record<string, string> = {}, body = '') =>
    on.request(method, { headers, body, contentType: 'text/plain' });
  return { ...on, send };
}

const ANSWER = { uri: 'sip:bob@10.0.0.2', password: 'wonderland' };

test('@Authenticated(): the caller is asked, called back by name, and its BYE is asked too', async () => {
  const { world, bob, send, ends } = await start({ gate: Gate });
  const [challenge] = challengesIn(await send('INVITE').response());
  const call = send('INVITE', {
    'Proxy-Authorization': credentialsFor(present(challenge), { ...ANSWER, method: 'INVITE' }),
  });
  const invite = await bob.receive('INVITE');
  expect(invite.header('P-Asserted-Identity')).toBe('<sip:alice@example.com>');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  const [again] = challengesIn(await call.bye().response(407));
  const value = credentialsFor(present(again), { ...ANSWER, method: 'BYE', uri: call.dialog.remoteTarget });
  const bye = call.bye({ headers: { 'Proxy-Authorization': value } });
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await world.runUntilIdle();
  expect(
    world.ladder({ note: (message) => parametersOf(message.header('Proxy-Authorization') ?? '').username ?? '' }),
  ).toMatchInlineSnapshot(`
    "          alice                            siplet              bob
       0.000    |--INVITE------------------------>|                 |
       0.001    |<--100 Trying--------------------|                 |
       0.001    |<--407 Proxy Authentica..--------|                 |
       0.002    |--ACK--------------------------->|                 |
       0.002    |--INVITE alice------------------>|                 |
       0.003    |<--100 Trying--------------------|                 |
       0.003    |                                 |--INVITE-------->|
       0.004    |                                 |<--200 OK--------|
       0.005    |<--200 OK------------------------|                 |
       0.006    |--ACK--------------------------->|                 |
       0.007    |                                 |--ACK----------->|
       0.008    |--BYE--------------------------->|                 |
       0.009    |<--407 Proxy Authentica.. (BYE)--|                 |
       0.010    |--BYE alice--------------------->|                 |
       0.011    |                                 |--BYE----------->|
       0.012    |                                 |<--200 OK (BYE)--|
       0.013    |<--200 OK (BYE)------------------|                 |"
  `);
  await ends();
});

test('Authentication: the application decides who is asked, and keeps no passwords', async () => {
  const { world, send } = await start({ desk: Desk });
  const colleague = world.phone('colleague', '10.1.0.1').request('MESSAGE', 'sip:desk@siplet');
  expect((await colleague.response()).body).toBe('hello a colleague');
  const [challenge, ...others] = challengesIn(await send('MESSAGE').response(401));
  expect([present(challenge).algorithm, others]).toEqual(['SHA-256', []]);
  const answered = await send('MESSAGE', {
    Authorization: credentialsFor(present(challenge), { ...ANSWER, method: 'MESSAGE' }),
  }).response();
  expect(answered.body).toBe('hello alice');
});

describe('an account of the application’s own', () => {
  test('§22.2 a challenge is answered with its credentials', async () => {
    const { bob, send } = await start({ trunk: Trunk });
    const message = send('MESSAGE', {}, 'hello');
    const first = await bob.receive('MESSAGE');
    first.reply(407, {
      headers: {
        'Proxy-Authenticate': [
          'Digest realm="provider.example", nonce="n", qop="auth", algorithm=SHA-256',
          'Digest realm="provider.example", nonce="n", qop="auth"',
        ],
      },
    });
    const again = await bob.receive('MESSAGE');
    const given = parametersOf(present(again.header('Proxy-Authorization')));
    const expected = credentialsFor(
      { realm: 'provider.example', nonce: 'n', algorithm: 'SHA-256' },
      { method: 'MESSAGE', uri: 'sip:bob@10.0.0.2', username: 'ours', password: 'paid', cnonce: present(given.cnonce) },
    );
    expect(given).toEqual(parametersOf(expected));
    expect([again.body, again.message.callId, again.message.sequence]).toEqual([
      'hello',
      first.message.callId,
      first.message.sequence + 1,
    ]);
    again.reply(200);
    expect((await message.response()).status).toBe(200);
  });

  test('RFC 7616 §3.3 once more when it is stale, and not when the credentials are refused', async () => {
    const { bob, send } = await start({ trunk: Trunk });
    const challenge = (nonce: string, stale: boolean): { headers: Record<string, string> } => ({
      headers: { 'WWW-Authenticate': `Digest realm="provider.example", nonce="${nonce}", qop="auth", stale=${stale}` },
    });
    const message = send('MESSAGE');
    (await bob.receive('MESSAGE')).reply(401, challenge('a', false));
    (await bob.receive('MESSAGE')).reply(401, challenge('b', true));
    const third = await bob.receive('MESSAGE');
    expect(parametersOf(present(third.header('Authorization')))).toMatchObject({ nonce: 'b', nc: '00000001' });
    third.reply(401, challenge('c', false));
    expect((await message.response()).status).toBe(401);
    await bob.receivesNothing();
  });

  test('C11 a stranger’s realm gets nothing of it', async () => {
    const { bob, send, container } = await start({ trunk: Trunk });
    const message = send('MESSAGE');
    (await bob.receive('MESSAGE')).reply(401, {
      headers: { 'WWW-Authenticate': 'Digest realm="stranger", nonce="n"' },
    });
    expect((await message.response()).status).toBe(500);
    await bob.receivesNothing();
    expect(container.problems(50)).toEqual([
      expect.stringContaining("there are no credentials for the realm 'stranger'"),
    ]);
  });
});

/** The error of what the application tries with a MESSAGE. */
async function tried(run: (authentication: Authentication, request: SipRequest) => unknown): Promise<string> {
  @Siplet({ name: 'trying' })
  class Trying {
    constructor(@inject(Authentication) private readonly authentication: Authentication) {}
    @Message()
    async take(request: SipRequest) {
      await run(this.authentication, request);
    }
  }
  const { send, container } = await start({ trying: Trying });
  await send('MESSAGE').response();
  return container.problems(50).join();
}

describe('Authentication', () => {
  const options: AuthenticationOptions = { realm: 'r', users: () => undefined };

  test.each([
    [{ ...options, realm: '' }, "authenticate: realm is missing: a domain of yours, such as 'example.com'"],
    [{ ...options, realm: 'a\r\nX: y' }, 'authenticate: realm contains control characters or is too long'],
    [{ ...options, users: undefined as never }, 'authenticate: users is not a function'],
    [{ ...options, algorithms: [] }, 'authenticate: algorithms is not a list of at least one algorithm'],
    [{ ...options, algorithms: ['SHA-1' as never] }, 'authenticate: the algorithm SHA-1 is unknown'],
    [{ ...options, qop: ['none' as never] }, 'authenticate: the qop none is unknown'],
    [{ ...options, acceptsUri: 'any' as never }, 'authenticate: acceptsUri is not a function'],
    [undefined as never, 'authenticate: realm is missing'],
  ])('invalid options reject with TypeError: %j', async (wrong, problem) => {
    expect(await tried((authentication, request) => authentication.authenticate(request, wrong))).toContain(problem);
  });

  test('a request that is proxied already, and an object that is not a request, are refused; a request that was answered is left alone', async () => {
    expect(
      await tried((authentication, request) => {
        request.proxy();
        return authentication.authenticate(request, options);
      }),
    ).toMatch(/authenticate: the MESSAGE \S+ is proxied already/);
    expect(await tried((authentication) => authentication.authenticate({} as never, options))).toContain(
      'that is not a request of this container',
    );
    expect(
      await tried(async (authentication, request) => {
        request.createResponse(200).send();
        expect(await authentication.authenticate(request, options)).toBeUndefined();
      }),
    ).toBe('');
  });
});

describe('several at once', () => {
  test('RULES.md section 5: two applications that one request passes ask for the same realm: one answer serves both', async () => {
    const seen: string[] = [];
    const gate = (name: string): ApplicationClass => {
      @Siplet({ name })
      class One {
        @Authenticated({ realm: 'example.com', users: () => 'wonderland' })
        @Message()
        take(request: SipRequest) {
          seen.push(`${name} ${request.user}`);
          request.proxy().proxyTo(request.uri);
        }
      }
      return One;
    };
    const { bob, send } = await start({ a: gate('a'), b: gate('b') });
    bob.on('MESSAGE', (request) => void request.reply(200));
    const [challenge] = challengesIn(await send('MESSAGE').response());
    const headers = { Authorization: credentialsFor(present(challenge), { ...ANSWER, method: 'MESSAGE' }) };
    expect((await send('MESSAGE', headers).response()).status).toBe(200);
    expect(seen).toEqual(['a alice', 'b alice']);
    expect((await send('MESSAGE', headers).response()).status).toBe(401);
  });

  test('AUT-11 of a user agent: its BYE is asked for, and the call stands until it is right', async () => {
    @Siplet({ name: 'answering' })
    class Answering {
      @Invite()
      answer(request: SipRequest) {
        request.createResponse(200).send();
      }
      @Authenticated({ realm: 'example.com', users: () => 'wonderland' })
      @Bye()
      end(request: SipRequest) {
        request.createResponse(200).send();
      }
    }
    const { world, send, ends } = await start({ answering: Answering });
    const call = send('INVITE');
    await call.response(200);
    call.ack();
    const [challenge] = challengesIn(await call.bye().response(401));
    await world.run(40_000);
    const value = credentialsFor(present(challenge), { ...ANSWER, method: 'BYE', uri: call.dialog.remoteTarget });
    expect((await call.bye({ headers: { Authorization: value } }).response()).status).toBe(200);
    await ends();
  });
});
