// Names on a DNS server of our own on loopback.
import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { RealClock } from '../../container/host/real-clock.js';
import { DnsResolver } from '../../container/transport/dns.js';

const TYPES: Record<number, string> = { 1: 'A', 28: 'AAAA', 33: 'SRV', 35: 'NAPTR' };

let server: Socket;
let servers: string[];
let clock: RealClock;
let folder: string;
let hostsFile: string;
const asked: string[] = [];
/** Answers by question; none is NXDOMAIN, null is silence. */
let zone: Record<string, Buffer[] | null>;

function nameOf(labels: string): Buffer {
  const parts = labels.split('.').filter((label) => label !== '');
  return Buffer.concat(
    [...parts.map((label) => Buffer.from(`\0${label}`, 'latin1')), Buffer.alloc(1)].map((part, i) => {
      if (i < parts.length) part[0] = present(parts[i]).length;
      return part;
    }),
  );
}

const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
const numbers = (...all: number[]): Buffer => Buffer.from(all.flatMap((one) => [one >> 8, one & 255]));

beforeEach(async () => {
  clock = new RealClock();
  zone = {};
  asked.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'siplet-hosts-'));
  hostsFile = join(folder, 'hosts');
  await writeFile(
    hostsFile,
    '127.0.0.1 localhost\n# comment\n192.0.2.7  Phone.example phone # mine\n2001:db8::7 phone\nno address\n',
  );
  server = createSocket('udp4');
  server.on('message', (query, from) => {
    let at = 12;
    const labels: string[] = [];
    while (query[at] !== 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + present(query[at])));
      at += 1 + present(query[at]);
    }
    const type = query.readUInt16BE(at + 1);
    const question = `${TYPES[type]} ${labels.join('.')}`;
    asked.push(question);
    const answers = zone[question];
    if (answers === null) return;
    const known = Object.keys(zone).some((one) => one.endsWith(` ${labels.join('.')}`));
    const head = Buffer.from([
      present(query[0]),
      present(query[1]),
      0x81,
      known ? 0x80 : 0x83,
      0,
      1,
      0,
      answers?.length ?? 0,
      0,
      0,
      0,
      0,
    ]);
    const records = (answers ?? []).map((data) => Buffer.concat([numbers(0xc00c, type, 1, 0, 60, data.length), data]));
    server.send(Buffer.concat([head, query.subarray(12, at + 5), ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  servers = [`127.0.0.1:${server.address().port}`];
});

afterEach(async () => {
  server.close();
  clock.close();
  await rm(folder, { recursive: true });
});

test('addresses of both families, asked once while they are fresh', async () => {
  const resolver = new DnsResolver(clock, { servers, hostsFile });
  zone['A example.com'] = [Buffer.from([192, 0, 2, 4])];
  zone['AAAA example.com'] = [Buffer.from('20010db8000000000000000000000004', 'hex')];
  const expected = [
    { address: '192.0.2.4', family: 4 },
    { address: '2001:db8::4', family: 6 },
  ];
  expect(await Promise.all([resolver.addresses('example.com'), resolver.addresses('example.com')])).toEqual([
    expected,
    expected,
  ]);
  expect(await resolver.addresses('example.com')).toEqual(expected);
  expect(asked.sort()).toEqual(['A example.com', 'AAAA example.com']);
});

test('SRV and NAPTR records', async () => {
  const resolver = new DnsResolver(clock, { servers, hostsFile });
  zone['SRV _sip._udp.example.com'] = [Buffer.concat([numbers(10, 20, 5062), nameOf('s1.example.com')])];
  zone['NAPTR example.com'] = [
    Buffer.concat([numbers(50, 60), text('s'), text('SIP+D2U'), text(''), nameOf('_sip._udp.example.com')]),
  ];
  expect(await resolver.services('_sip._udp.example.com')).toMatchObject([
    { name: 's1.example.com', port: 5062, priority: 10, weight: 20 },
  ]);
  expect(await resolver.naptr('example.com')).toMatchObject([
    { order: 50, preference: 60, flags: 's', service: 'SIP+D2U', replacement: '_sip._udp.example.com' },
  ]);
});

test('DNS-12 a name that is not there is an empty list, kept for a while', async () => {
  const resolver = new DnsResolver(clock, { servers, hostsFile });
  expect(await resolver.addresses('nowhere.example')).toEqual([]);
  expect(await resolver.addresses('nowhere.example')).toEqual([]);
  expect(await resolver.services('_sip._udp.nowhere.example')).toEqual([]);
  expect(asked.filter((one) => one === 'A nowhere.example')).toHaveLength(1);
});

test('DNS-12 a server that does not answer: rejected in bounded time', async () => {
  const resolver = new DnsResolver(clock, { servers, hostsFile, time: 100 });
  zone['A silent.example'] = null;
  zone['AAAA silent.example'] = null;
  const start = clock.now();
  await expect(resolver.addresses('silent.example')).rejects.toThrow();
  expect(clock.now() - start).toBeLessThan(1000);
});

test('the hosts file comes first, and localhost is loopback', async () => {
  const resolver = new DnsResolver(clock, { servers, hostsFile });
  expect(await resolver.addresses('PHONE')).toEqual([
    { address: '192.0.2.7', family: 4 },
    { address: '2001:db8::7', family: 6 },
  ]);
  expect(await resolver.addresses('localhost')).toMatchObject([{ address: '127.0.0.1' }, { address: '::1' }]);
  expect(asked).toEqual([]);
});

test('the memory is bounded', async () => {
  const resolver = new DnsResolver(clock, { servers, hostsFile, maxEntries: 2 });
  for (const name of ['a.example', 'b.example', 'c.example', 'a.example']) await resolver.addresses(name);
  expect(asked.filter((one) => one === 'A a.example')).toHaveLength(2);
});
