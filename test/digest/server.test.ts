// The server: the users that are let in, and the responses to the others (§22.1, §22.4, RFC 7616, RFC 8760).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { ha1Of } from '../../container/digest/request-digest.js';
import { BOB } from '../world/stage.js';
import { guarded, REALM } from './guarded.js';
import { challengesIn, credentialsFor } from './peer.js';

const PROXY = { proxy: true };

describe('who is let in', () => {
  test.each(['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess', 'SHA-512-256', 'SHA-512-256-sess'] as const)(
    'AUT-01 right credentials with qop=auth and %s are accepted, by a user agent and by a proxy',
    async (algorithm) => {
      for (const proxy of [false, true]) {
        const s = await guarded({ proxy, algorithms: [algorithm] });
        const refused = await s.send().response();
        expect(refused.status).toBe(proxy ? 407 : 401);
        const [challenge] = challengesIn(refused);
        expect(challenge).toMatchObject({ realm: REALM, algorithm, qop: 'auth' });
        expect((await s.answerTo(present(challenge))).status).toBe(200);
        expect(s.seen).toEqual(['MESSAGE alice']);
      }
    },
  );

  test('AUT-01 for each call: the handler is not called, and nothing goes on, without credentials', async () => {
    const s = await guarded();
    expect((await s.send('INVITE').response()).status).toBe(401);
    await s.bob.receivesNothing();
    expect(s.seen).toEqual([]);
    expect(s.container.alive).toMatchObject({ applicationSessions: 0 });
  });

  test('AUT-01 a user whose password is kept as H(A1) is accepted with the hashes that there are, and with no other', async () => {
    const ha1 = { MD5: ha1Of('MD5', 'alice', REALM, 'secret').toUpperCase() };
    const s = await guarded({ users: () => ({ ha1 }) });
    const [sha256, md5] = await s.challenges();
    expect((await s.answerTo(present(md5))).status).toBe(200);
    const refused = await s.answerTo(present(sha256), { nc: 2 });
    expect([refused.status, challengesIn(refused)[0]?.stale]).toEqual([401, undefined]);
  });

  test('RFC 7616 §3.4.3 with auth-int the body is covered: one that was changed is refused', async () => {
    const s = await guarded({ qop: ['auth-int'] });
    const [challenge] = await s.challenges();
    expect(present(challenge).qop).toBe('auth-int');
    const answer = { qop: 'auth-int', body: 'hello' } as const;
    expect((await s.answerTo(present(challenge), answer, { body: 'hullo', contentType: 'text/plain' })).status).toBe(
      401,
    );
    expect((await s.answerTo(present(challenge), answer, { body: 'hello', contentType: 'text/plain' })).status).toBe(
      200,
    );
    expect((await s.answerTo(present(challenge), { nc: 2 }, { body: 'hello' })).status).toBe(401);
  });

  test('RFC 7616 §4 a name in UTF-8', async () => {
    const s = await guarded({ users: (name) => (name === 'Jäsøn "J" Doe' ? 'süß' : undefined) });
    const challenge = await s.challenge();
    const octets = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
    const value = credentialsFor(challenge, {
      method: 'MESSAGE',
      uri: BOB,
      username: 'Jäsøn "J" Doe',
      password: 'süß',
    });
    const escaped = octets(value).replace('"J"', '\\"J\\"');
    expect((await s.responseWith({ Authorization: escaped })).status).toBe(200);
    expect(s.seen).toEqual(['MESSAGE Jäsøn "J" Doe']);
  });

  test('a nonce is good for another call and from another address: it is bound to neither (RFC 7616 §3.3)', async () => {
    const s = await guarded();
    const challenge = await s.challenge();
    const value = credentialsFor(challenge, { method: 'MESSAGE', uri: BOB });
    const carol = s.world.phone('carol', '10.0.0.7');
    s.bob.on('MESSAGE', (request) => void request.reply(200));
    const other = carol.request('MESSAGE', BOB, { via: '10.0.0.9', headers: { Authorization: value } });
    expect((await other.response()).status).toBe(200);
  });

  test('C-41 a lookup that fails is the fault of the application: 500', async () => {
    const s = await guarded({
      users: () => {
        throw new Error('the database is away');
      },
    });
    expect((await s.answerTo(await s.challenge())).status).toBe(500);
    expect(s.container.problems(50)).toEqual([expect.stringContaining('the database is away')]);
  });

  test.each([
    [{ ha1: { 'SHA-256': 'abc' } }, 'the ha1 for SHA-256 is not 64 hexadecimal digits'],
    [{}, 'users returned neither a password nor { ha1 }'],
    [7, 'users returned neither a password nor { ha1 }'],
  ])('C-41 so is a lookup that gives %j', async (secret, problem) => {
    const s = await guarded({ users: () => secret as never });
    expect((await s.answerTo(await s.challenge())).status).toBe(500);
    expect(s.container.problems(50)).toEqual([expect.stringContaining(problem)]);
  });

  test('C-29 who gives up while the user is looked up gets 487 alone, and the handler is not called', async () => {
    const found: ((password: string) => void)[] = [];
    const s = await guarded({ users: () => new Promise((resolve) => found.push(resolve)) });
    const value = credentialsFor(await s.challenge('INVITE'), { method: 'INVITE', uri: BOB });
    const call = s.send('INVITE', { headers: { Authorization: value } });
    await s.world.deliver();
    await call.response(100);
    call.cancel();
    expect((await call.response('final')).status).toBe(487);
    present(found[0])('secret');
    await s.bob.receivesNothing();
    expect(s.seen).toEqual([]);
    expect(s.container.problems()).toEqual([]);
  });
});

describe('who is refused', () => {
  test('AUT-02 a wrong password: a challenge again, with a new nonce and without stale', async () => {
    const s = await guarded();
    const first = await s.challenge();
    const refused = await s.answerTo(first, { password: 'guess' });
    const [again] = challengesIn(refused);
    expect(refused.status).toBe(401);
    expect(present(again).stale).toBeUndefined();
    expect(present(again).nonce).not.toBe(first.nonce);
    expect((await s.answerTo(present(again))).status).toBe(200);
  });

  test('AUT-02 a guess uses up nothing: the right password is good with the same nonce and count', async () => {
    const s = await guarded();
    const challenge = await s.challenge();
    expect((await s.answerTo(challenge, { password: 'guess' })).status).toBe(401);
    expect((await s.answerTo(challenge)).status).toBe(200);
  });

  test('AUT-03 an expired nonce with the right password: stale=true; with a wrong one: not', async () => {
    const s = await guarded(PROXY);
    const challenge = await s.challenge();
    await s.world.run(300_001);
    const refused = await s.answerTo(challenge);
    expect(refused.status).toBe(407);
    expect(challengesIn(refused).map(({ stale }) => stale)).toEqual(['true', 'true']);
    expect(present(challengesIn(await s.answerTo(challenge, { password: 'guess' }))[0]).stale).toBeUndefined();
    expect((await s.answerTo(present(challengesIn(refused)[0]))).status).toBe(200);
  });

  test('AUT-03 up to five minutes a nonce is good', async () => {
    const s = await guarded();
    const challenge = await s.challenge();
    await s.world.run(290_000);
    expect((await s.answerTo(challenge)).status).toBe(200);
  });

  test('AUT-04 a count that was seen is refused, stale since the password is right; higher ones and overtaken ones pass once', async () => {
    const s = await guarded();
    const challenge = await s.challenge();
    const statusOf = async (nc: number): Promise<number> => (await s.answerTo(challenge, { nc })).status;
    expect([await statusOf(1), await statusOf(1), await statusOf(5), await statusOf(3), await statusOf(3)]).toEqual([
      200, 401, 200, 200, 401,
    ]);
    expect([await statusOf(100), await statusOf(68), await statusOf(69)]).toEqual([200, 401, 200]);
    expect(present(challengesIn(await s.answerTo(challenge, { nc: 100 }))[0]).stale).toBe('true');
    expect(s.seen).toHaveLength(5);
  });

  test('AUT-04 the same request, octet by octet, under a new branch is a replay', async () => {
    const s = await guarded();
    const value = credentialsFor(await s.challenge(), { method: 'MESSAGE', uri: BOB });
    const fixed = { callId: 'same', sequence: 7 };
    expect((await s.responseWith({ Authorization: value }, fixed)).status).toBe(200);
    await s.world.run(40_000);
    expect((await s.responseWith({ Authorization: value }, fixed)).status).toBe(401);
    expect(s.seen).toHaveLength(1);
  });

  test.each([
    [
      'is ours no more, with its check changed',
      (nonce: string) => `${nonce.slice(0, -1)}${nonce.endsWith('A') ? 'B' : 'A'}`,
    ],
    ['has its time moved', (nonce: string) => `zzz${nonce}`],
    ['is made up', () => 'abc'],
    ['is long', () => 'x'.repeat(5000)],
    ['has dots alone', () => '....'],
  ])('C10 a nonce that %s is not accepted, and nobody is looked up for it', async (_, forge) => {
    const asked: string[] = [];
    const s = await guarded({
      users: (name) => {
        asked.push(name);
        return 'secret';
      },
    });
    const challenge = await s.challenge();
    const refused = await s.answerTo(challenge, { nonce: forge(present(challenge.nonce)) });
    expect([refused.status, present(challengesIn(refused)[0]).stale, asked]).toEqual([401, undefined, []]);
  });

  test('C10 a nonce of another realm is not accepted', async () => {
    const one = await guarded();
    const other = await guarded({ realm: 'example.org' });
    const { nonce } = await one.challenge();
    const challenge = await other.challenge();
    expect((await other.answerTo(challenge, { nonce: present(nonce) })).status).toBe(401);
    expect((await other.answerTo(challenge)).status).toBe(200);
  });

  test('C10 what was not offered is not accepted: weaker algorithms, other qop', async () => {
    const s = await guarded({ algorithms: ['SHA-256'] });
    const challenge = await s.challenge();
    for (const answer of [
      { algorithm: 'MD5' },
      { algorithm: 'SHA-1' },
      { qop: 'auth-int' },
      { algorithm: 'SHA-256-sess' },
    ] as const)
      expect((await s.answerTo(challenge, answer)).status, JSON.stringify(answer)).toBe(401);
    expect((await s.answerTo(challenge)).status).toBe(200);
  });

  test('AUT-05 credentials for another Request-URI are refused with 400, and use nothing up', async () => {
    const s = await guarded();
    const challenge = await s.challenge();
    const refused = await s.answerTo(challenge, { uri: 'sip:carol@10.0.0.2' });
    expect(refused.startLine).toBe('SIP/2.0 400 Authorization Is For Another Request-URI');
    expect((await s.answerTo(challenge)).status).toBe(200);
  });

  test('AUT-05 an equal URI (§19.1.4) will do, and what the application says is as good', async () => {
    const equal = await guarded();
    expect((await equal.answerTo(await equal.challenge(), { uri: 'SIP:%62ob@10.0.0.2;x=1' })).status).toBe(200);
    const pairs: string[][] = [];
    const lenient = await guarded({
      acceptsUri: (written, target) => {
        pairs.push([written, target]);
        return written.startsWith('sip:bob@');
      },
    });
    const challenge = await lenient.challenge();
    expect((await lenient.answerTo(challenge, { uri: 'sip:bob@example.com' })).status).toBe(200);
    expect((await lenient.answerTo(challenge, { uri: 'sip:carol@example.com', nc: 2 })).status).toBe(400);
    expect(pairs).toEqual([
      ['sip:bob@example.com', BOB],
      ['sip:carol@example.com', BOB],
    ]);
  });

  test('AUT-05 the method is covered: credentials of a MESSAGE are of no use for another request', async () => {
    const s = await guarded();
    expect((await s.answerTo(await s.challenge(), { method: 'INVITE' })).status).toBe(401);
  });

  test('AUT-09 without qop, as RFC 2069 had it: only where it is configured, and each nonce once', async () => {
    const strict = await guarded();
    expect((await strict.answerTo(await strict.challenge(), { qop: null })).status).toBe(401);
    const s = await guarded({ withoutQop: true });
    const [, md5] = await s.challenges();
    expect((await s.answerTo(present(md5), { qop: null })).status).toBe(200);
    const again = await s.answerTo(present(md5), { qop: null });
    expect([again.status, present(challengesIn(again)[0]).stale]).toEqual([401, 'true']);
    expect((await s.answerTo(await s.challenge())).status).toBe(200);
  });

  test('AUT-10 a user who does not exist is told the same as one with a wrong password', async () => {
    const s = await guarded();
    const shape = (text: string): string =>
      text
        .replace(/nonce="[^"]*"/g, 'nonce')
        .replace(/(branch|tag)=[\w.-]+/g, '$1')
        .replace(/(Call-ID: |CSeq: )\S+/g, '$1');
    const wrong = await s.answerTo(await s.challenge(), { password: 'guess' });
    const unknown = await s.answerTo(await s.challenge(), { username: 'mallory' });
    expect(shape(unknown.toString())).toBe(shape(wrong.toString()));
    // The empty password of an unknown user is not right either.
    for (const password of ['', 'undefined'])
      expect((await s.answerTo(await s.challenge(), { username: 'mallory', password })).status).toBe(401);
  });
});

test('AUT-07 one header field for each algorithm, the strongest first, whatever order they are named in', async () => {
  const s = await guarded({ algorithms: ['MD5', 'SHA-512-256', 'SHA-256'], proxy: true });
  const response = await s.send().response();
  const fields = response.headers.filter(([name]) => name === 'Proxy-Authenticate');
  const nonce = present(challengesIn(response)[0]).nonce;
  expect(fields.map(([, value]) => value)).toEqual(
    ['SHA-512-256', 'SHA-256', 'MD5'].map(
      (name) => `Digest realm="example.com", nonce="${nonce}", algorithm=${name}, qop="auth"`,
    ),
  );
  const usual = await guarded();
  expect((await usual.challenges()).map(({ algorithm }) => algorithm)).toEqual(['SHA-256', 'MD5']);
});

test('AUT-07 two challenges never have the same nonce', async () => {
  const s = await guarded();
  const nonces = new Set<string>();
  for (let i = 0; i < 20; i++) nonces.add(present((await s.challenge()).nonce));
  expect(nonces.size).toBe(20);
});
