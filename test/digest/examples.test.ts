// What the RFCs have computed by hand.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { algorithmOf } from '../../container/digest/algorithms.js';
import { ha1Of, requestDigest } from '../../container/digest/request-digest.js';
import { wireOf } from '../../container/message/index.js';

const MUFASA = {
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  realm: 'http-auth@example.org',
  username: 'Mufasa',
  password: 'Circle of Life',
  uri: '/dir/index.html',
};

test.each([
  ['RFC 7616 §3.9.1 MD5', 'MD5', MUFASA, '8ca523f5e9506fed4657c9700eebdbec'],
  ['RFC 7616 §3.9.1 SHA-256', 'SHA-256', MUFASA, '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  [
    'RFC 7616 §3.9.2 SHA-512-256 of a name in UTF-8, as erratum 4897 has it',
    'SHA-512-256',
    {
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
      realm: 'api@example.org',
      username: 'Jäsøn Doe',
      password: 'Secret, or not?',
      uri: '/doe.json',
    },
    '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
  ],
  [
    'RFC 2617 §3.5',
    'MD5',
    {
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      cnonce: '0a4f113b',
      realm: 'testrealm@host.com',
      username: 'Mufasa',
      password: 'Circle Of Life',
      uri: '/dir/index.html',
    },
    '6629fae49393a05397450978507c4ef1',
  ],
] as const)('%s', (_, name, { nonce, cnonce, realm, username, password, uri }, expected) => {
  const algorithm = present(algorithmOf(name));
  const ha1 = ha1Of(algorithm.hash, wireOf(username), realm, password);
  const use = { cnonce, nc: '00000001' };
  expect(requestDigest({ algorithm, ha1, nonce, method: 'GET', uri, body: '', qop: 'auth', use })).toBe(expected);
});

test('RFC 2069 §2.4 without qop', () => {
  // The digest that erratum 749 of RFC 2069 corrects.
  const algorithm = present(algorithmOf(undefined));
  const ha1 = ha1Of('MD5', 'Mufasa', 'testrealm@host.com', 'CircleOfLife');
  const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';
  const use = { cnonce: '', nc: '' };
  expect(
    requestDigest({ algorithm, ha1, nonce, method: 'GET', uri: '/dir/index.html', body: '', qop: undefined, use }),
  ).toBe('1949323746fe6a43ef61f9606e7febea');
});
