// Authorization and Proxy-Authorization: faults, other realms, and what is forwarded and logged (§22.3, §22.4).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requestsOf } from '../world/arrivals.js';
import { BOB } from '../world/stage.js';
import { guarded } from './guarded.js';
import { credentialsFor } from './peer.js';

const GOOD =
  'username="alice", realm="example.com", nonce="n", uri="sip:bob@10.0.0.2", response="0123456789abcdef0123456789abcdef"';
const without = (name: string): string =>
  GOOD.split(', ')
    .filter((one) => !one.startsWith(name))
    .join(', ');

describe('faults', () => {
  test.each([
    ['no realm', `Digest ${without('realm')}`],
    ['no user', `Digest ${without('username')}`],
    ['an empty user', `Digest ${GOOD.replace('"alice"', '""')}`],
    ['no nonce', `Digest ${without('nonce')}`],
    ['no uri', `Digest ${without('uri')}`],
    ['no response', `Digest ${without('response')}`],
    ['a response that is not a digest', `Digest ${GOOD.replace('0123456789abcdef"', '012345678_abcdef"')}`],
    ['a response of another length', `Digest ${GOOD.replace('0123456789abcdef"', '"')}`],
    ['quotes that do not end', 'Digest username="alice, realm=example.com'],
    ['a backslash before the end', 'Digest username="alice\\'],
    ['quotes that do not end, in the last one', `Digest ${GOOD}, cnonce="x`],
    ['nothing but the scheme', 'Digest'],
    ['a parameter without a name', `Digest ="x", ${GOOD}`],
    ['a parameter without a value', `Digest ${GOOD}, qop=`],
    ['a comma at the end', `Digest ${GOOD},`],
    ['no comma between two', `Digest ${GOOD.replace(', nonce', ' nonce')}`],
    ['a parameter twice', `Digest ${GOOD}, username="bob"`],
    ['qop without nc', `Digest ${GOOD}, qop=auth, cnonce="c"`],
    ['qop without cnonce', `Digest ${GOOD}, qop=auth, nc=00000001`],
    ['an nc of other digits', `Digest ${GOOD}, qop=auth, nc=1, cnonce="c"`],
    ['an nc of zero', `Digest ${GOOD}, qop=auth, nc=00000000, cnonce="c"`],
    ['an unknown qop', `Digest ${GOOD}, qop=none, nc=00000001, cnonce="c"`],
    ['a hundred parameters more', `Digest ${GOOD}, ${Array.from({ length: 100 }, (_, i) => `a${i}=b`).join(', ')}`],
    ['a value beyond all measure', `Digest ${GOOD}, cnonce="${'x'.repeat(9000)}"`],
    ['octets that are not text', `Digest ${GOOD.replace('=', '\xff\x80=')}`],
  ])('AUT-08 %s: 400, and the next one is answered as ever', async (_, value) => {
    const s = await guarded();
    const refused = await s.responseWith({ Authorization: value });
    expect(refused.startLine).toBe('SIP/2.0 400 Authorization Cannot Be Read');
    expect((await s.answerTo(await s.challenge())).status).toBe(200);
    expect(s.container.problems()).toEqual([]);
  });

  test.each([
    ['another scheme', 'Basic YWxpY2U6c2VjcmV0'],
    ['a scheme alone', 'Negotiate'],
    ['another realm, its faults are its own', 'Digest realm="other", qop=7'],
    ['nothing', ''],
  ])('AUT-08 %s is not ours: a challenge', async (_, value) => {
    const s = await guarded();
    expect((await s.responseWith({ Authorization: value })).status).toBe(401);
  });

  test('AUT-08 a field of a megabyte: refused, over TCP too, and the container lives', async () => {
    const s = await guarded();
    const wire = (branch: string, value: string): string =>
      `MESSAGE ${BOB} SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bK${branch}\r\nMax-Forwards: 70\r\nFrom: <sip:alice@10.0.0.1>;tag=1\r\nTo: <${BOB}>\r\nCall-ID: ${branch}\r\nCSeq: 1 MESSAGE\r\nAuthorization: ${value}\r\nContent-Length: 0\r\n\r\n`;
    s.alice.strict = false;
    s.alice.send(wire('huge', `Digest username="${'a'.repeat(1_048_576)}"`), '10.0.0.9;transport=tcp');
    await s.world.run(40_000);
    expect(s.alice.received.every(({ message }) => message.status >= 400)).toBe(true);
    expect((await s.answerTo(await s.challenge())).status).toBe(200);
    expect(s.seen).toEqual(['MESSAGE alice']);
  });

  test('AUT-08 five hundred fields for other realms cost little, and the one for us is found', async () => {
    const s = await guarded({ proxy: true });
    const value = credentialsFor(await s.challenge(), { method: 'MESSAGE', uri: BOB });
    const others = Array.from({ length: 300 }, (_, i) => `Digest realm="r${i}", username="x"`);
    const before = performance.now();
    expect((await s.responseWith({ 'Proxy-Authorization': [...others, value] }, { transport: 'TCP' })).status).toBe(
      200,
    );
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('other realms', () => {
  const FOREIGN = [
    'Digest username="alice", realm="b.example", nonce="x", uri="sip:b", response="00"',
    'Digest  realm = "c.example" ,odd',
    'Basic Zm9v',
  ];

  test('AUT-06 the credentials for our realm are taken out, all others go on untouched and in order', async () => {
    const s = await guarded({ proxy: true });
    const own = credentialsFor(await s.challenge(), { method: 'MESSAGE', uri: BOB });
    const [one, other, third] = FOREIGN as [string, string, string];
    expect((await s.responseWith({ 'Proxy-Authorization': [one, own, other, third], Authorization: one })).status).toBe(
      200,
    );
    const [forwarded] = requestsOf(s.bob, 'MESSAGE');
    const fields = present(forwarded).headers.filter(([name]) => /authorization$/i.test(name));
    expect(fields).toEqual([
      ['Proxy-Authorization', one],
      ['Proxy-Authorization', other],
      ['Proxy-Authorization', third],
      ['Authorization', one],
    ]);
  });

  test('AUT-06 of two for our realm the one that is offered is taken, and the other goes on', async () => {
    const s = await guarded({ proxy: true, algorithms: ['SHA-256'] });
    const challenge = await s.challenge();
    const weak = credentialsFor(challenge, { method: 'MESSAGE', uri: BOB, algorithm: 'MD5' });
    const strong = credentialsFor(challenge, { method: 'MESSAGE', uri: BOB });
    expect((await s.responseWith({ 'Proxy-Authorization': [weak, strong] })).status).toBe(200);
    expect(present(requestsOf(s.bob, 'MESSAGE')[0]).list('Proxy-Authorization').join(', ')).toBe(weak);
  });

  test('§22.2 the Authorization of a user agent is left in what goes on', async () => {
    const s = await guarded();
    const own = credentialsFor(await s.challenge(), { method: 'MESSAGE', uri: BOB });
    expect((await s.responseWith({ Authorization: own })).status).toBe(200);
    expect(present(requestsOf(s.bob, 'MESSAGE')[0]).header('Authorization')).toBe(own);
  });

  test('AUT-12 credentials for another realm are forwarded, and no log has any of them, at no level', async () => {
    const s = await guarded({ proxy: true }, { logLevel: 'trace' });
    const challenge = await s.challenge();
    const own = credentialsFor(challenge, { method: 'MESSAGE', uri: BOB });
    expect((await s.responseWith({ 'Proxy-Authorization': [own, present(FOREIGN[0])] })).status).toBe(200);
    await s.responseWith({ 'Proxy-Authorization': [own.replace(/response="."/, 'response="')] });
    expect(present(requestsOf(s.bob, 'MESSAGE')[0]).list('Proxy-Authorization').join(', ')).toBe(FOREIGN[0]);
    const text = JSON.stringify(s.container.log);
    for (const secret of [
      'secret',
      present(present(/response="(\w+)"/.exec(own))[1]),
      'b.example',
      present(challenge.nonce),
    ])
      expect(text).not.toContain(secret);
  });
});
