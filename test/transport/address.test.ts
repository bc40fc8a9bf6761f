// Addresses as text: their family, their one spelling (RFC 5952), and what lies in a range.
import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  canonical,
  familyOf,
  inNetwork,
  isLoopback,
  isUnicast,
  isWildcard,
} from '../../container/transport/address.js';
import { Listening, parseListen } from '../../container/transport/listen-address.js';
import { INTERFACES } from './fakes.js';

test('the family of an address is the one that isIP of Node gives, for any text', () => {
  const octet = fc.integer({ min: 0, max: 300 });
  const group = fc.oneof(
    fc.constantFrom('', '0', 'ffff', '1.2.3.4', '12345', 'g'),
    fc.stringMatching(/^[0-9a-f]{1,4}$/),
  );
  const text = fc.oneof(
    fc.tuple(octet, octet, octet, octet).map((all) => all.join('.')),
    fc.array(group, { minLength: 1, maxLength: 9 }).map((all) => all.join(':')),
    fc.ipV6(),
    fc.ipV4(),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (address) => {
      // A leading zero may mean octal elsewhere; we read decimal.
      if (/(^|[.:])0[0-9]/.test(address) && address.includes('.')) return;
      if (address.includes('%')) return;
      expect(`${address} ${familyOf(address)}`).toBe(`${address} ${isIP(address)}`);
    }),
  );
});

test('RFC 5952 one spelling an address', () => {
  expect(canonical('[2001:DB8:0:0:1:0:0:1]')).toBe('2001:db8::1:0:0:1');
  expect(canonical('0:0:0:0:0:0:0:1')).toBe('::1');
  expect(canonical('::')).toBe('::');
  expect(canonical('1:0:2:3:4:5:6:7')).toBe('1:0:2:3:4:5:6:7');
  expect(canonical('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(canonical('192.000.002.001')).toBe('192.0.2.1');
  expect(canonical('Example.COM')).toBe('example.com');
  fc.assert(fc.property(fc.ipV6(), (address) => canonical(canonical(address)) === canonical(address)));
});

test('ranges', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'].map(isLoopback)).not.toContain(false);
  expect(['128.0.0.1', '1.2.7.0', '::2', '127.example.com'].map(isLoopback)).not.toContain(true);
  expect(['0.0.0.0', '::', '0:0:0:0:0:0:0:0'].map(isWildcard)).not.toContain(false);
  expect(['10.0.0.1', '::1', '2001:db8::1'].map(isUnicast)).not.toContain(false);
  expect(
    ['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', '::ffff:224.0.0.1', 'x'].map(isUnicast),
  ).not.toContain(true);
  expect(inNetwork('192.0.2.77', '192.0.2.1', 24)).toBe(true);
  expect(inNetwork('192.0.3.77', '192.0.2.1', 24)).toBe(false);
  expect(inNetwork('2001:db8::77', '2001:db8::1', 64)).toBe(true);
  expect(inNetwork('192.0.2.77', '2001:db8::1', 24)).toBe(false);
});

test('TRP-25 §19.1.2 listen addresses and their default ports', () => {
  expect(parseListen('udp:127.0.0.1:5060')).toMatchObject({ transport: 'UDP', address: '127.0.0.1', port: 5060 });
  expect(parseListen('tcp:[::1]')).toMatchObject({ transport: 'TCP', address: '::1', port: 5060 });
  expect(parseListen('tls:0.0.0.0').port).toBe(5061);
  expect(parseListen('ws:0.0.0.0').port).toBe(80);
  expect(parseListen('wss:[::]:0').port).toBe(0);
  for (const wrong of [
    '',
    'udp',
    'udp:',
    'sctp:1.2.3.4',
    'udp:example.com',
    'udp:::1',
    'udp:1.2.3.4:65536',
    'udp:1.2.3.4:x',
    'udp:[::1]x',
  ])
    expect(() => parseListen(wrong), wrong).toThrow(TypeError);
  expect(() => parseListen('udp:0.0.0.0:5060', 'sip example')).toThrow(TypeError);
});

test('§18.1.1 a wildcard is called by the address that the peer sees, or as advertised', () => {
  const wild = new Listening('UDP', { address: '0.0.0.0', port: 5060 }, undefined, INTERFACES);
  expect(wild.sentByFor('8.8.8.8')).toBe('192.0.2.1:5060');
  expect(wild.sentByFor('10.7.7.7')).toBe('10.0.0.1:5060');
  expect(wild.sentByFor('127.0.0.1')).toBe('127.0.0.1:5060');
  const six = new Listening('UDP', { address: '::', port: 5070 }, undefined, INTERFACES);
  expect(six.sentByFor('2001:db8:9::1')).toBe('[2001:db8::1]:5070');
  expect(six.sentByFor('::1')).toBe('[::1]:5070');
  expect(
    new Listening('UDP', { address: '0.0.0.0', port: 5060 }, 'SIP.example.com', INTERFACES).sentByFor('8.8.8.8'),
  ).toBe('sip.example.com:5060');
  expect(
    new Listening('UDP', { address: '0.0.0.0', port: 5060 }, '[2001:db8::5]:6000', INTERFACES).sentByFor('8.8.8.8'),
  ).toBe('[2001:db8::5]:6000');
  expect(new Listening('UDP', { address: '0.0.0.0', port: 5060 }, undefined, []).sentByFor('8.8.8.8')).toBe(
    '127.0.0.1:5060',
  );
});
