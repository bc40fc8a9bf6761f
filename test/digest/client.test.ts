// The client: what is added to a request that was challenged (§22.2, §22.3, RFC 7616 §3.4, RFC 8760 §2.4).
import { type Challenge, type Credentials, IllegalStateError } from '@siplet/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { addAuthorization, DigestServer, parseChallenge } from '../../container/digest/index.js';
import { Request, wireOf } from '../../container/message/index.js';
import { CountingIdentifiers } from '../world/counting-identifiers.js';
import { VirtualClock } from '../world/virtual-clock.js';
import { credentialsFor, parametersOf } from './peer.js';

const ALICE: Credentials = { username: 'alice', password: 'secret' };

const challenge = (parameters: string, status: 401 | 407 = 401): Challenge =>
  present(parseChallenge(`Digest ${parameters}`, status));
const request = (method = 'INVITE', body = ''): Request => {
  const made = new Request(method, 'sip:bob@example.com');
  made.append('Call-ID', 'c1');
  if (body !== '') made.setBody(body, 'text/plain');
  return made;
};

/** Adds, and gives the values of the field. */
function added(
  challenges: readonly Challenge[],
  credentials: Credentials | Credentials[] = ALICE,
  to = request(),
  chance = new CountingIdentifiers(),
): string[] {
  addAuthorization(to, challenges, credentials, chance);
  return [...to.fieldsOf('authorization'), ...to.fieldsOf('proxy-authorization')].map(({ value }) => value);
}

describe('what is answered', () => {
  test.each(['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess', 'SHA-512-256', 'SHA-512-256-sess'])(
    '%s with qop=auth equals the computation of a peer',
    (algorithm) => {
      const asked = challenge(`realm="r", nonce="n", algorithm=${algorithm}, qop="auth,auth-int", opaque="o\\"p"`);
      const [value] = added([asked]);
      const expected = credentialsFor(
        { realm: 'r', nonce: 'n', algorithm },
        { method: 'INVITE', uri: 'sip:bob@example.com', cnonce: 'id1' },
      );
      expect(parametersOf(present(value))).toMatchObject(parametersOf(expected));
      expect(value).toContain('opaque="o\\"p"');
    },
  );

  test('auth-int covers the body; auth is preferred where both are offered, since bodies change under way', () => {
    const [integrity] = added([challenge('realm="r", nonce="n", qop="auth-int"')], ALICE, request('INVITE', 'v=0'));
    const expected = credentialsFor(
      { realm: 'r', nonce: 'n' },
      { method: 'INVITE', uri: 'sip:bob@example.com', cnonce: 'id1', qop: 'auth-int', body: 'v=0' },
    );
    expect(parametersOf(present(integrity)).response).toBe(parametersOf(expected).response);
    expect(parametersOf(present(added([challenge('realm="r", nonce="n", qop="auth-int, auth"')])[0])).qop).toBe('auth');
  });

  test('without qop the answer is that of RFC 2069: no nc, no cnonce, and no algorithm where none was named', () => {
    const [value] = added([challenge('realm="r", nonce="n"')]);
    const expected = parametersOf(
      credentialsFor({ realm: 'r', nonce: 'n' }, { method: 'INVITE', uri: 'sip:bob@example.com', qop: null }),
    );
    expect(value).toBe(
      `Digest username="alice", realm="r", nonce="n", uri="sip:bob@example.com", response="${expected.response}"`,
    );
  });

  test('RFC 7616 §3.4.3 algorithm, qop and nc are written without quotes, the rest with them', () => {
    expect(added([challenge('realm="r", nonce="n", qop="auth", algorithm=SHA-256')])[0]).toMatch(
      /^Digest username="alice", realm="r", nonce="n", uri="sip:bob@example.com", response="[0-9a-f]{64}", algorithm=SHA-256, cnonce="id1", qop=auth, nc=00000001$/,
    );
  });

  test('AUT-07 RFC 8760 §2.4 of the challenges of a realm the strongest that is known, wherever it stands', () => {
    const all = ['MD5', 'SHA-512-256', 'SHA-999', 'SHA-256'].map((name) =>
      challenge(`realm="r", nonce="${name}", algorithm=${name}, qop="auth"`),
    );
    const values = added(all);
    expect(values).toHaveLength(1);
    expect(parametersOf(present(values[0]))).toMatchObject({ algorithm: 'SHA-512-256', nonce: 'SHA-512-256' });
  });

  test('of two that are as strong the first', () => {
    const all = ['a', 'b'].map((nonce) => challenge(`realm="r", nonce="${nonce}", algorithm=SHA-256, qop="auth"`));
    expect(parametersOf(present(added(all)[0])).nonce).toBe('a');
  });

  test('§22.3 each realm gets its own, in the field that it asks for, with its own credentials', () => {
    const values = added(
      [
        challenge('realm="a", nonce="1", qop="auth"', 407),
        challenge('realm="b", nonce="2", qop="auth"', 407),
        challenge('realm="a", nonce="3", qop="auth"'),
      ],
      [{ ...ALICE, realm: 'b', username: 'at-b' }, ALICE],
    );
    expect(values.map(parametersOf).map(({ realm, username, nonce }) => [realm, username, nonce])).toEqual([
      ['a', 'alice', '3'],
      ['a', 'alice', '1'],
      ['b', 'at-b', '2'],
    ]);
  });

  test('§22.3 credentials for the realm are replaced, others stay in their order', () => {
    const to = request();
    for (const value of [
      'Digest realm="x", username="1"',
      'Digest realm="r", username="old"',
      'Basic Zm9v',
      'Digest realm="y',
    ])
      to.append('Authorization', value);
    const values = added([challenge('realm="r", nonce="n", qop="auth"')], ALICE, to);
    expect(values.slice(0, 3)).toEqual(['Digest realm="x", username="1"', 'Basic Zm9v', 'Digest realm="y']);
    expect(values).toHaveLength(4);
    expect(parametersOf(present(values[3])).username).toBe('alice');
  });
});

describe('the count', () => {
  test('RFC 7616 §3.4 the same challenge again: nc grows, the cnonce stays; another nonce begins with one', () => {
    const chance = new CountingIdentifiers();
    const use = (nonce: string): unknown[] => {
      const { nc, cnonce } = parametersOf(
        present(added([challenge(`realm="r", nonce="${nonce}", qop="auth"`)], ALICE, request('MESSAGE'), chance)[0]),
      );
      return [nc, cnonce];
    };
    expect([use('a'), use('a'), use('b'), use('a')]).toEqual([
      ['00000001', 'id1'],
      ['00000002', 'id1'],
      ['00000001', 'id2'],
      ['00000003', 'id1'],
    ]);
  });

  test('what is remembered is bounded; a nonce that was forgotten begins again with another cnonce', () => {
    const chance = new CountingIdentifiers();
    const use = (nonce: string): unknown =>
      parametersOf(
        present(added([challenge(`realm="r", nonce="${nonce}", qop="auth"`)], ALICE, request('MESSAGE'), chance)[0]),
      );
    use('first');
    for (let i = 0; i < 4096; i++) use(`n${i}`);
    expect(use('first')).toMatchObject({ nc: '00000001', cnonce: 'id4098' });
    expect(use('n4095')).toMatchObject({ nc: '00000002' });
  });
});

describe('what cannot be answered', () => {
  test.each<[string, Challenge[], Credentials[], string]>([
    ['no challenge', [], [ALICE], 'the response has no challenge'],
    [
      'no credentials for the realm',
      [challenge('realm="r", nonce="n"')],
      [{ ...ALICE, realm: 'other' }],
      "there are no credentials for the realm 'r'",
    ],
    [
      'an unknown algorithm',
      [challenge('realm="r", nonce="n", algorithm=SHA-1')],
      [ALICE],
      "the realm 'r' asks for the algorithm SHA-1, which is unknown",
    ],
    [
      'an unknown qop',
      [challenge('realm="r", nonce="n", qop="token"')],
      [ALICE],
      "the realm 'r' asks for the qop 'token', which is unknown",
    ],
    ['no nonce', [challenge('realm="r"')], [ALICE], "the realm 'r' has sent no nonce"],
    [
      'another scheme',
      [present(parseChallenge('Bearer realm="r"', 401))],
      [ALICE],
      "the realm 'r' asks for Bearer, but only Digest is supported",
    ],
  ])('%s throws IllegalStateError and adds nothing', (_, challenges, credentials, why) => {
    const to = request();
    const add = (): void => addAuthorization(to, challenges, credentials, new CountingIdentifiers());
    expect(add).toThrow(IllegalStateError);
    expect(add).toThrow(`addAuthorization: the INVITE c1: ${why}`);
    expect(to.has('authorization')).toBe(false);
  });

  test('one realm that can be answered is enough', () => {
    expect(added([challenge('realm="r", nonce="n", algorithm=SHA-1'), challenge('realm="s", nonce="n"')])).toHaveLength(
      1,
    );
  });

  test('a name that would end the line is refused, and stays in its quotes', () => {
    const [value] = added([challenge('realm="r", nonce="n"')], { username: 'a"\r\nX: "', password: 'p' });
    expect(value).toContain('username="a\\"  X: \\""');
  });
});

describe('challenges', () => {
  test('stale is read in any letters, names of parameters too', () => {
    expect(challenge('REALM="r", Stale=TRUE, nonce=n')).toMatchObject({
      realm: 'r',
      isStale: true,
      scheme: 'Digest',
      status: 401,
    });
    expect(challenge('realm="r", stale=false').isStale).toBe(false);
  });

  test.each([
    'Digest',
    'Digest realm',
    'Digest realm="r',
    'Digest realm="r" nonce="n"',
    '"Digest" realm="r"',
    '',
    'Digest nonce="n"',
  ])('%j is not a challenge', (value) => {
    expect(parseChallenge(value, 401)).toBeUndefined();
  });
});

describe('client and server', () => {
  const isPrintable = (one: string) => one >= ' ' && one !== '\x7f';
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((one) => [...one].every(isPrintable));
  const names = ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess', 'SHA-512-256', 'SHA-512-256-sess'] as const;

  test('what the client answers the server accepts, whatever name, password, realm, algorithm and body; with another password never', async () => {
    await fc.assert(
      fc.asyncProperty(
        text,
        text,
        text,
        fc.subarray([...names], { minLength: 1 }),
        fc.constantFrom('auth', 'auth-int'),
        text,
        async (username, password, realm, algorithms, qop, body) => {
          const server = new DigestServer({
            key: [1, 2],
            clock: new VirtualClock(),
            identifiers: new CountingIdentifiers(),
          });
          const options = {
            realm,
            algorithms,
            qop: [qop],
            users: (name: string) => (name === username ? password : undefined),
          } as const;
          const refused = await server.verify(request(), options, 'app');
          if (refused.user !== undefined) throw new Error('without credentials');
          const challenges = refused.headers.map(([, value]) => present(parseChallenge(value, 401)));
          for (const [given, user] of [
            [password, username],
            [`${password}x`, undefined],
          ] as const) {
            const to = request('MESSAGE', wireOf(body));
            addAuthorization(to, challenges, { username, password: given }, new CountingIdentifiers());
            expect((await server.verify(to, options, 'app')).user).toBe(user);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('whatever the field contains, the server gives a verdict and lets nobody in', async () => {
    const piece = fc.constantFrom(
      'Digest',
      ' ',
      ',',
      '=',
      '"',
      '\\',
      'realm="r"',
      'nonce="n"',
      'response="0"',
      'username=a',
      'uri=sip:b',
      'qop=auth',
      'nc=00000001',
      'cnonce=c',
      'algorithm=MD5',
      '\xe9',
      '\t',
    );
    const server = new DigestServer({ key: [1, 2], clock: new VirtualClock(), identifiers: new CountingIdentifiers() });
    const options = { realm: 'r', users: () => 'p', withoutQop: true };
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        const to = request();
        to.append('Authorization', pieces.join(''));
        const verdict = await server.verify(to, options, 'app');
        expect(verdict.user === undefined && [400, 401].includes(verdict.status)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
