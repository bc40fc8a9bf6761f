// Where a request goes by the name in its URI (RFC 3263).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Uri } from '../../container/message/index.js';
import type { Hop } from '../../container/transport/flow.js';
import type { Resolver, TransportName } from '../../container/transport/network.js';
import { LocationError, type LocationOptions, ServerLocation } from '../../container/transport/server-location.js';
import { FakeClock } from './fakes.js';

type Srv = [name: string, port: number, priority?: number, weight?: number];

/** DNS as tables, and what was asked. An Error as an answer rejects; null never settles. */
class FakeResolver implements Resolver {
  readonly asked: string[] = [];
  hosts: Record<string, string[] | Error | null> = {};
  srv: Record<string, Srv[] | Error> = {};
  pointers: Record<string, [order: number, preference: number, flags: string, service: string, replacement: string][]> =
    {};

  async addresses(host: string): Promise<{ address: string; family: 4 | 6 }[]> {
    this.asked.push(`A ${host}`);
    const found = this.hosts[host];
    if (found instanceof Error) throw found;
    if (found === null) return new Promise(() => {});
    return (found ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  }

  async services(name: string): Promise<{ name: string; port: number; priority: number; weight: number }[]> {
    this.asked.push(`SRV ${name}`);
    const found = this.srv[name] ?? [];
    if (found instanceof Error) throw found;
    return found.map(([target, port, priority = 0, weight = 0]) => ({ name: target, port, priority, weight }));
  }

  async naptr(domain: string): ReturnType<Resolver['naptr']> {
    this.asked.push(`NAPTR ${domain}`);
    return (this.pointers[domain] ?? []).map(([order, preference, flags, service, replacement]) => ({
      order,
      preference,
      flags,
      service,
      replacement,
    }));
  }
}

function world(kinds = ['UDP4', 'TCP4', 'UDP6', 'TCP6'], options: LocationOptions = {}) {
  const resolver = new FakeResolver();
  const clock = new FakeClock();
  const has = (transport: TransportName, family: 4 | 6): boolean => kinds.includes(transport + family);
  const reach = { reaches: has, listens: has };
  const location = new ServerLocation({ resolver, reach, clock, chance: () => 0 }, options);
  const show = (hops: readonly Hop[]): string[] => hops.map((hop) => `${hop.transport} ${hop.address} ${hop.port}`);
  const locate = async (uri: string, size = 0): Promise<string[]> =>
    show(await location.locate(present(Uri.parse(uri)), size));
  return { resolver, clock, location, locate, show };
}

describe('numeric hosts', () => {
  test.each<[id: string, uri: string, hop: string]>([
    ['DNS-02 RFC 3263 §4.1', 'sip:b@192.0.2.4', 'UDP 192.0.2.4 5060'],
    ['DNS-01', 'sip:b@192.0.2.4;transport=tcp', 'TCP 192.0.2.4 5060'],
    ['DNS-01', 'sip:b@192.0.2.4:5070;transport=UDP', 'UDP 192.0.2.4 5070'],
    ['IPv6', 'sip:b@[2001:DB8:0::4]:5070', 'UDP 2001:db8::4 5070'],
    ['PRT-07 maddr', 'sip:b@example.com;maddr=192.0.2.4', 'UDP 192.0.2.4 5060'],
    ['PRT-07 maddr of IPv6', 'sip:b@example.com:5070;maddr=[2001:db8::4]', 'UDP 2001:db8::4 5070'],
  ])('%s %s at once', (_id, uri, hop) => {
    const { location, show, resolver } = world();
    const hops = location.locate(present(Uri.parse(uri)));
    expect(Array.isArray(hops)).toBe(true);
    expect(show(hops as Hop[])).toEqual([hop]);
    expect(resolver.asked).toEqual([]);
  });

  test.each<[id: string, uri: string, error: string]>([
    ['TRP-19 DNS-02 §26.2.2', 'sips:b@192.0.2.4', 'TLS over IPv4 is not supported'],
    ['TRP-19 sips over TCP is TLS', 'sips:b@192.0.2.4;transport=tcp', 'TLS over IPv4 is not supported'],
    ['TRP-19 sips over UDP', 'sips:b@192.0.2.4;transport=udp', 'sips cannot be reached over UDP'],
    ['TRP-19 sips to a name', 'sips:b@example.com', 'example.com: TLS is not supported'],
    ['TRP-19 sips to a name with a port', 'sips:b@example.com:5060', 'TLS is not supported'],
    ['TRP-26', 'sip:b@192.0.2.4;transport=sctp', 'transport=sctp is not supported'],
    ['TRP-26', 'sip:b@example.com;transport=sctp', 'transport=sctp is not supported'],
    ['TRP-26 ws', 'sip:b@192.0.2.4;transport=ws', 'WS over IPv4 is not supported'],
    ['a broadcast', 'sip:b@255.255.255.255', '255.255.255.255 is not the address of a single host'],
    ['nobody', 'sip:b@0.0.0.0', '0.0.0.0 is not the address of a single host'],
    ['port 0', 'sip:b@192.0.2.4:0', 'port 0 cannot be reached'],
    ['another scheme', 'tel:+123', 'tel: is not a SIP URI'],
  ])('%s %s is refused', async (_id, uri, error) => {
    const { locate } = world();
    await expect(locate(uri)).rejects.toThrow(error);
    await expect(locate(uri)).rejects.toBeInstanceOf(LocationError);
  });

  test('a family without a listener', async () => {
    await expect(world(['UDP4']).locate('sip:b@[2001:db8::4]')).rejects.toThrow('UDP over IPv6 is not supported');
  });

  test('TRP-19 TLS is the hop of sips as soon as something speaks it', async () => {
    const { locate } = world(['UDP4', 'TLS4']);
    expect(await locate('sips:b@192.0.2.4')).toEqual(['TLS 192.0.2.4 5061']);
    expect(await locate('sips:b@192.0.2.4:5099;transport=tcp')).toEqual(['TLS 192.0.2.4 5099']);
  });

  test('what is asked for in turns, a target and the Contacts behind it, is looked at once each; a fifth URI of a host takes the place of the oldest', async () => {
    let looks = 0;
    const reach = { reaches: () => ++looks > 0, listens: () => true };
    const location = new ServerLocation({
      resolver: new FakeResolver(),
      reach,
      clock: new FakeClock(),
      chance: () => 0,
    });
    const ask = async (...uris: string[]): Promise<string[]> =>
      (await Promise.all(uris.map((uri) => location.locate(present(Uri.parse(uri)))))).map(
        ([hop]) => `${present(hop).transport} ${present(hop).port}`,
      );
    const four = [
      'sip:b@192.0.2.4',
      'sip:192.0.2.4;transport=tcp',
      'sip:b@192.0.2.4:5070',
      'sip:192.0.2.4:5070;transport=TCP',
    ];
    const there = ['UDP 5060', 'TCP 5060', 'UDP 5070', 'TCP 5070'];
    expect(await ask(...four)).toEqual(there);
    expect(await ask(...four)).toEqual(there);
    expect(looks).toBe(4);
    expect(await ask('sip:b@192.0.2.4:5071')).toEqual(['UDP 5071']);
    expect(await ask(...four.slice(1))).toEqual(there.slice(1));
    expect(looks).toBe(5);
    expect(await ask(present(four[0]))).toEqual(there.slice(0, 1));
    expect(looks).toBe(6);
  });
});

describe('names', () => {
  test('DNS-03 RFC 3263 §4.2 with a port: addresses and nothing else; DNS-14 both families', async () => {
    const { locate, resolver } = world();
    resolver.hosts['example.com'] = ['192.0.2.4', '2001:db8::4'];
    expect(await locate('sip:b@Example.com:5070')).toEqual(['UDP 192.0.2.4 5070', 'UDP 2001:db8::4 5070']);
    expect(resolver.asked).toEqual(['A example.com']);
  });

  test('DNS-14 a family that nothing of ours speaks is left out', async () => {
    const { locate, resolver } = world(['UDP4']);
    resolver.hosts['example.com'] = ['2001:db8::4', '192.0.2.4'];
    expect(await locate('sip:b@example.com:5070')).toEqual(['UDP 192.0.2.4 5070']);
    resolver.hosts['six.example'] = ['2001:db8::4'];
    await expect(locate('sip:b@six.example:5070')).rejects.toThrow('no address that our UDP can reach');
  });

  test('DNS-04 RFC 3263 §4.1 NAPTR: the first supported service by order and preference', async () => {
    const { locate, resolver } = world();
    resolver.pointers['example.com'] = [
      [50, 60, 's', 'SIP+D2U', '_sip._udp.example.com'],
      [50, 50, 's', 'SIP+D2T', '_sip._tcp.example.com'],
      [10, 50, 's', 'SIPS+D2T', '_sips._tcp.example.com'],
      [1, 1, 'u', 'E2U+sip', '!.*!sip:x!'],
    ];
    resolver.srv['_sip._tcp.example.com'] = [['s1.example.com', 5062]];
    resolver.hosts['s1.example.com'] = ['192.0.2.4'];
    expect(await locate('sip:b@example.com')).toEqual(['TCP 192.0.2.4 5062']);
    expect(resolver.asked).not.toContain('SRV _sip._udp.example.com');
  });

  test('DNS-04 TRP-19 sips takes SIPS+D2T alone', async () => {
    const { locate, resolver } = world(['UDP4', 'TCP4', 'TLS4']);
    resolver.pointers['example.com'] = [
      [10, 10, 's', 'SIP+D2U', '_sip._udp.example.com'],
      [20, 10, 's', 'SIPS+D2T', '_sips._tcp.example.com'],
    ];
    resolver.srv['_sips._tcp.example.com'] = [['s1.example.com', 5061]];
    resolver.hosts['s1.example.com'] = ['192.0.2.4'];
    expect(await locate('sips:b@example.com')).toEqual(['TLS 192.0.2.4 5061']);
  });

  test('DNS-05 without NAPTR SRV for each transport that we speak', async () => {
    const { locate, resolver } = world();
    resolver.srv['_sip._tcp.example.com'] = [['s1.example.com', 5062]];
    resolver.hosts['s1.example.com'] = ['192.0.2.4'];
    expect(await locate('sip:b@example.com')).toEqual(['TCP 192.0.2.4 5062']);
    expect(resolver.asked.slice(0, 3)).toEqual([
      'NAPTR example.com',
      'SRV _sip._udp.example.com',
      'SRV _sip._tcp.example.com',
    ]);
  });

  test('DNS-01 with a transport the SRV of that alone, no NAPTR', async () => {
    const { locate, resolver } = world();
    resolver.srv['_sip._tcp.example.com'] = [['s1.example.com', 5062]];
    resolver.srv['_sip._udp.example.com'] = [['s2.example.com', 5062]];
    resolver.hosts['s1.example.com'] = ['192.0.2.4'];
    expect(await locate('sip:b@example.com;transport=tcp')).toEqual(['TCP 192.0.2.4 5062']);
    expect(resolver.asked).toEqual(['SRV _sip._tcp.example.com', 'A s1.example.com']);
  });

  test('DNS-06 priorities first, then all the others', async () => {
    const { locate, resolver } = world();
    resolver.srv['_sip._udp.example.com'] = [
      ['c.example.com', 5060, 20],
      ['a.example.com', 5060, 10],
      ['b.example.com', 5061, 15],
    ];
    resolver.hosts = { 'a.example.com': ['192.0.2.1'], 'b.example.com': ['192.0.2.2'], 'c.example.com': ['192.0.2.3'] };
    expect(await locate('sip:b@example.com')).toEqual([
      'UDP 192.0.2.1 5060',
      'UDP 192.0.2.2 5061',
      'UDP 192.0.2.3 5060',
    ]);
  });

  test('DNS-06 RFC 2782 weights share the first place; DNS-10 the same chance gives the same order', async () => {
    const { location, resolver, show } = world();
    resolver.srv['_sip._udp.example.com'] = [
      ['a.example.com', 5060, 0, 0],
      ['b.example.com', 5060, 0, 30],
      ['c.example.com', 5060, 0, 70],
    ];
    resolver.hosts = { 'a.example.com': ['192.0.2.1'], 'b.example.com': ['192.0.2.2'], 'c.example.com': ['192.0.2.3'] };
    const uri = present(Uri.parse('sip:b@example.com'));
    const first: Record<string, number> = {};
    for (let i = 0; i < 1000; i++) {
      const hops = show(await location.locate(uri, 0, () => (i + 0.5) / 1000));
      expect(hops).toHaveLength(3);
      first[present(hops[0])] = (first[present(hops[0])] ?? 0) + 1;
    }
    expect(first).toEqual({ 'UDP 192.0.2.2 5060': 300, 'UDP 192.0.2.3 5060': 700 });
    const chance = () => 0.42;
    expect(show(await location.locate(uri, 0, chance))).toEqual(show(await location.locate(uri, 0, chance)));
  });

  test('DNS-07 without SRV the addresses at the default port', async () => {
    const { locate, resolver } = world();
    resolver.hosts['example.com'] = ['192.0.2.4'];
    expect(await locate('sip:b@example.com')).toEqual(['UDP 192.0.2.4 5060']);
    expect(await locate('sip:b@example.com;transport=tcp')).toEqual(['TCP 192.0.2.4 5060']);
  });

  test('RFC 2782 a service that is decidedly not there has no server', async () => {
    const { locate, resolver } = world();
    resolver.srv['_sip._udp.example.com'] = [['.', 0]];
    resolver.hosts['example.com'] = ['192.0.2.4'];
    await expect(locate('sip:b@example.com;transport=udp')).rejects.toThrow(LocationError);
  });

  test('DNS-12 no such name, a server that fails, and one that never answers: a clear error in bounded time', async () => {
    const { locate, resolver, clock } = world();
    await expect(locate('sip:b@nowhere.example:5060')).rejects.toThrow('nowhere.example: no address');
    resolver.hosts['broken.example'] = new Error('SERVFAIL');
    await expect(locate('sip:b@broken.example')).rejects.toThrow('broken.example: SERVFAIL');
    resolver.hosts['silent.example'] = null;
    const silent = locate('sip:b@silent.example:5060');
    clock.advance(5000);
    await expect(silent).rejects.toThrow('silent.example: no answer from DNS within 5000 ms');
    expect(clock.pending).toBe(0);
  });

  test('DNS-12 SRV that fails counts as none', async () => {
    const { locate, resolver } = world();
    resolver.srv['_sip._udp.example.com'] = new Error('SERVFAIL');
    resolver.hosts['example.com'] = ['192.0.2.4'];
    expect(await locate('sip:b@example.com')).toEqual(['UDP 192.0.2.4 5060']);
  });

  test('B14 a thousand servers are a few hops, and few questions', async () => {
    const { locate, resolver } = world();
    resolver.srv['_sip._udp.example.com'] = Array.from({ length: 1000 }, (_, i) => [`s${i}.example.com`, 5060]);
    for (let i = 0; i < 1000; i++) resolver.hosts[`s${i}.example.com`] = ['192.0.2.4', '192.0.2.5'];
    expect(await locate('sip:b@example.com')).toHaveLength(8);
    expect(resolver.asked.length).toBeLessThan(20);
  });

  test('B14 addresses that nobody may send to are left out', async () => {
    const { locate, resolver } = world();
    resolver.hosts['example.com'] = ['255.255.255.255', '224.0.0.1', '0.0.0.0', '192.0.2.4'];
    expect(await locate('sip:b@example.com:5060')).toEqual(['UDP 192.0.2.4 5060']);
  });
});

describe('which hop first', () => {
  test('TRP-18 PFW-25 §18.1.1 a large request: TCP first, then UDP', async () => {
    const { locate, resolver } = world();
    expect(await locate('sip:b@192.0.2.4', 1300)).toEqual(['UDP 192.0.2.4 5060']);
    expect(await locate('sip:b@192.0.2.4', 1301)).toEqual(['TCP 192.0.2.4 5060', 'UDP 192.0.2.4 5060']);
    expect(await locate('sip:b@192.0.2.4;transport=tcp', 1301)).toEqual(['TCP 192.0.2.4 5060']);
    resolver.hosts['example.com'] = ['192.0.2.4', '192.0.2.5'];
    expect(await locate('sip:b@example.com', 5000)).toEqual([
      'TCP 192.0.2.4 5060',
      'UDP 192.0.2.4 5060',
      'TCP 192.0.2.5 5060',
      'UDP 192.0.2.5 5060',
    ]);
  });

  test('§18.1.1 not when it is switched off, nor where nothing of ours listens for TCP', async () => {
    expect(await world(undefined, { udpMtu: 0 }).locate('sip:b@192.0.2.4', 60_000)).toEqual(['UDP 192.0.2.4 5060']);
    expect(await world(['UDP4']).locate('sip:b@192.0.2.4', 60_000)).toEqual(['UDP 192.0.2.4 5060']);
  });

  test('DNS-13 RFC 3263 §4.3 a server that failed comes last for a while', async () => {
    const { locate, location, resolver, clock } = world();
    resolver.hosts['example.com'] = ['192.0.2.4', '192.0.2.5'];
    location.avoid({ transport: 'UDP', address: '192.0.2.4', port: 5060 });
    expect(await locate('sip:b@example.com')).toEqual(['UDP 192.0.2.5 5060', 'UDP 192.0.2.4 5060']);
    expect(await locate('sip:b@192.0.2.4')).toEqual(['UDP 192.0.2.4 5060']);
    clock.advance(30_000);
    expect(await locate('sip:b@example.com')).toEqual(['UDP 192.0.2.4 5060', 'UDP 192.0.2.5 5060']);
  });
});
