// What people see of credentials: the messages of a call, as the admin address and the console show them (AUT-12).
import { expect, test } from 'vitest';
import { withoutSecrets } from '../../container/observe/wire-text.js';

const DIGEST =
  'Digest username="alice", realm="example.com", nonce="n", uri="sip:b", response="0123456789abcdef0123456789abcdef", nc=00000001';

test.each([
  ['a digest', `Authorization: ${DIGEST}`, `Authorization: ${DIGEST.replace(/response="\w+"/, 'response="***"')}`],
  [
    'of a proxy, in other letters, without quotes',
    'PROXY-authorization : DIGEST realm=x,RESPONSE = 012af , nc=1',
    'PROXY-authorization : DIGEST realm=x,RESPONSE = "***" , nc=1',
  ],
  [
    'on folded lines',
    'Authorization: Digest\r\n realm="x",\r\n\tresponse=\r\n "0123", nc=1',
    'Authorization: Digest\r\n realm="x",\r\n\tresponse=\r\n "***", nc=1',
  ],
  ['with quotes that do not end', 'Authorization: Digest response="0123', 'Authorization: Digest response="***"'],
  ['of another scheme', 'Authorization: Basic YWxpY2U6c2VjcmV0', 'Authorization: Basic ***'],
])('AUT-12 %s', (_, field, shown) => {
  const message = (line: string): string => `BYE sip:b SIP/2.0\r\nX: 1\r\n${line}\r\nY: 2\r\n\r\nAuthorization: body`;
  expect(withoutSecrets(message(field))).toBe(message(shown));
});

test('AUT-12 a message without credentials is shown unchanged, and a challenge too', () => {
  const wire = 'SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="x", response="1"\r\n\r\n';
  expect(withoutSecrets(wire)).toBe(wire);
});

test('AUT-12 what is hostile is shown in time that grows with its length alone', () => {
  for (const value of [
    'Digest response="'.repeat(50_000),
    `Digest ${' '.repeat(500_000)}`,
    `Digest ${'\r\n '.repeat(200_000)}`,
    `Digest response=${'\\"'.repeat(300_000)}`,
  ]) {
    const before = performance.now();
    withoutSecrets(`BYE sip:b SIP/2.0\r\nAuthorization: ${value}\r\n\r\n`);
    expect(performance.now() - before).toBeLessThan(2000);
  }
});
