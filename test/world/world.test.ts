// The world itself: time, wires, phones, ladders. What is tested elsewhere stands on this.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Random } from './random.js';
import type { Transmission } from './transmission.js';
import { VirtualClock } from './virtual-clock.js';
import { MAX_DATAGRAM, VirtualNetwork } from './virtual-network.js';
import { World } from './world.js';

describe('the clock', () => {
  test('deadlines fire in order of time, equal ones in order of setting', () => {
    const clock = new VirtualClock();
    const random = new Random(3);
    const fired: [time: number, which: number][] = [];
    for (let i = 0; i < 500; i++) {
      const time = random.between(0, 50);
      clock.after(time, () => fired.push([time, i]));
    }
    clock.runUntilIdle();
    expect(fired).toHaveLength(500);
    expect(fired).toEqual([...fired].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    expect(clock.now()).toBe(present(fired.at(-1))[0]);
  });

  test('a stopped deadline never fires, one set within a step waits its turn', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const stopped = clock.after(5, () => fired.push('never'));
    clock.after(4, () => {
      stopped.stop();
      stopped.stop();
      clock.after(0, () => fired.push(`at ${clock.now()}`));
      fired.push('first');
    });
    expect(clock.pending).toBe(2);
    clock.advance(3);
    expect(fired).toEqual([]);
    clock.advance(1_000_000);
    expect(fired).toEqual(['first', 'at 4']);
    expect(stopped.pending).toBe(false);
    expect(clock.pending).toBe(0);
    expect(clock.now()).toBe(1_000_003);
  });

  test('a delay beyond 2^31 ms is a delay', () => {
    const clock = new VirtualClock();
    let fired = 0;
    clock.after(2 ** 33, () => fired++);
    clock.runUntil(2 ** 33 - 1);
    expect(fired).toBe(0);
    clock.advance(1);
    expect(fired).toBe(1);
  });
});

describe('the scheduler', () => {
  test('promises and agenda jobs settle before the next event', async () => {
    const world = new World();
    const log: string[] = [];
    world.clock.after(1, async () => {
      world.agenda.add(() => log.push('job'));
      log.push('event 1');
      for (let i = 0; i < 50; i++) await Promise.resolve();
      world.agenda.add(() => log.push('late job'));
      log.push('continued');
    });
    world.clock.after(1, () => log.push('event 2'));
    await world.run(1);
    expect(log).toEqual(['event 1', 'job', 'continued', 'late job', 'event 2']);
    expect(world.clock.now()).toBe(1);
  });

  test('several scripts may wait at once', async () => {
    const world = new World();
    const [alice, bob] = [world.phone('alice', '10.0.0.1'), world.phone('bob', '10.0.0.2')];
    const callee = async () => {
      const message = await bob.receive('MESSAGE');
      await world.run(1000);
      message.reply(200);
      return world.clock.now();
    };
    const caller = async () => {
      await world.run(500);
      const response = await alice.request('MESSAGE', 'sip:bob@10.0.0.2').response(200);
      return [response.status, world.clock.now()];
    };
    expect(await Promise.all([callee(), caller()])).toEqual([1501, [200, 1502]]);
  });

  test('what does not come fails with the ladder and the seed', async () => {
    const world = new World({ seed: 42 });
    const alice = world.phone('alice', '10.0.0.1');
    const bob = world.phone('bob', '10.0.0.2');
    alice.request('MESSAGE', 'sip:bob@10.0.0.2');
    const error = await bob.receive('INVITE', 3000).catch((error: Error) => error.message);
    expect(error).toMatchInlineSnapshot(`
      "bob waits for INVITE; it did not come within 3 s (seed 42, 3.000 s)

                alice            bob
         0.000    |--MESSAGE----->|
      "
    `);
  });

  test('a fault of the system under test fails every wait', async () => {
    const world = new World();
    world.agenda.add(() => {
      throw new Error('an assertion');
    });
    await expect(world.run(10)).rejects.toThrow('an assertion (seed 1, 0.000 s)');
    await world.run(10);
  });
});

describe('datagrams', () => {
  /** What arrives of 300 datagrams over a bad line. */
  async function storm(seed: number): Promise<{ heard: string[]; record: Transmission[] }> {
    const clock = new VirtualClock();
    const network = new VirtualNetwork(clock, new Random(seed));
    network.rule({ from: '10.0.0.1', loss: 0.2, duplicate: 0.2, reorder: 0.2, jitter: 2 });
    const heard: string[] = [];
    await network.bind('fd00::2', 5060, { receive: () => heard.push('never') });
    await network.bind('10.0.0.2', 5060, { receive: (wire) => heard.push(wire) });
    const socket = await network.bind('10.0.0.1', 5060, { receive() {} });
    for (let i = 0; i < 300; i++) {
      clock.after(i, () => socket.send(String(i), 5060, '10.0.0.2'));
    }
    clock.runUntilIdle();
    return { heard, record: network.record };
  }

  test('loss, duplication and reordering are the same for the same seed, and others for another', async () => {
    const first = await storm(7);
    expect(await storm(7)).toEqual(first);
    expect((await storm(8)).heard).not.toEqual(first.heard);
    const lost = first.record.filter(({ fate }) => fate === 'lost').length;
    const twice = first.record.filter(({ arrivals }) => arrivals.length === 2).length;
    expect(lost).toBeGreaterThan(30);
    expect(lost).toBeLessThan(90);
    expect(twice).toBeGreaterThan(20);
    expect(first.heard).toHaveLength(300 - lost + twice);
    const numbers = first.heard.map(Number);
    expect(numbers).not.toEqual([...numbers].sort((a, b) => a - b));
  });

  test('a datagram too long, or with no way to go, fails later and once', async () => {
    const clock = new VirtualClock();
    const network = new VirtualNetwork(clock);
    network.rule({ to: '10.0.0.9', unreachable: true });
    const failures: string[] = [];
    const socket = await network.bind('10.0.0.1', 5060, { receive() {} });
    const failed = (error: Error) => failures.push((error as NodeJS.ErrnoException).code ?? '');
    socket.send('x'.repeat(MAX_DATAGRAM), 5060, '10.0.0.2', failed);
    socket.send('x'.repeat(MAX_DATAGRAM + 1), 5060, '10.0.0.2', failed);
    socket.send('x', 5060, '10.0.0.9', failed);
    socket.send('x', 5060, 'fd00::9', failed);
    expect(failures).toEqual([]);
    clock.runUntilIdle();
    expect(failures).toEqual(['EMSGSIZE', 'EHOSTUNREACH', 'EINVAL']);
    expect(network.record.map(({ fate }) => fate)).toEqual(['unheard', 'lost', 'lost']);
  });

  test('interventions are used up, rules and partitions are taken back', async () => {
    const world = new World();
    const [alice, bob] = [world.phone('alice', '10.0.0.1'), world.phone('bob', '10.0.0.2')];
    const to = { address: '10.0.0.2', port: 5060, transport: 'UDP' } as const;
    const ping = (number: number) => {
      alice.request('OPTIONS', 'sip:bob@10.0.0.2', { callId: `ping ${number}` });
      return world.run(100);
    };
    world.network.dropNext(({ wire }) => wire.includes('ping 2'));
    world.network.duplicateNext(({ wire }) => wire.includes('ping 3'));
    await ping(1);
    await ping(2);
    await ping(2);
    await ping(3);
    const heal = world.network.partition('alice', 'bob');
    await ping(4);
    heal();
    const lift = world.network.rule({ from: 'alice', to: 'bob', delay: 50 });
    await ping(5);
    lift();
    world.network.delayNext(({ wire }) => wire.includes('ping 6'), 30);
    await ping(6);
    expect(bob.received.map(({ message, time }) => `${message.callId} at ${time}`)).toEqual([
      'ping 1 at 1',
      'ping 2 at 201',
      'ping 3 at 301',
      'ping 3 at 301',
      'ping 5 at 550',
      'ping 6 at 631',
    ]);
    alice.send('\r\n\r\n', to);
    await bob.receivesNothing();
  });

  test('a host binds what it has; a place is taken once', async () => {
    const network = new VirtualNetwork(new VirtualClock());
    const host = network.host(['10.0.0.1', 'fd00:0:0::1']);
    const nobody = { receive() {} };
    const wildcard = await host.bind('::', 5060, nobody);
    expect((await host.bind('0.0.0.0', 0, nobody)).local.port).toBeGreaterThan(0);
    await expect(host.bind('fd00::1', 5060, nobody)).rejects.toThrow('EADDRINUSE');
    await expect(host.bind('10.0.0.2', 5060, nobody)).rejects.toThrow('EADDRNOTAVAIL');
    await wildcard.close();
    await host.bind('fd00::1', 5060, nobody);
  });
});

describe('connections', () => {
  interface Side {
    readonly log: string[];
    connected(): void;
    receive(wire: string): void;
    closed(error?: Error): void;
  }

  function side(): Side {
    const log: string[] = [];
    return {
      log,
      connected: () => log.push('connected'),
      receive: (wire) => log.push(wire),
      closed: (error) => log.push(`closed${error ? ` ${(error as NodeJS.ErrnoException).code}` : ''}`),
    };
  }

  function pair(seed = 1) {
    const clock = new VirtualClock();
    const network = new VirtualNetwork(clock, new Random(seed));
    const [client, server] = [side(), side()];
    const accepted: import('../../container/transport/network.js').Connection[] = [];
    const open = async () => {
      await network.listen('10.0.0.2', 5060, (connection) => {
        accepted.push(connection);
        return server;
      });
      return network.connect({ address: '10.0.0.2', port: 5060 }, client, '10.0.0.1');
    };
    return { clock, network, client, server, accepted, open };
  }

  test('octets come in order, also those written before it is open; both ends close once', async () => {
    const { clock, client, server, accepted, open } = pair();
    const connection = await open();
    connection.write('one');
    expect(connection.backlog).toBe(3);
    clock.advance(1);
    present(accepted[0]).write('welcome');
    clock.advance(100);
    expect(connection.backlog).toBe(0);
    connection.write('two');
    connection.end();
    connection.write('too late');
    expect(client.log).toEqual(['connected', 'welcome']);
    clock.runUntilIdle();
    connection.destroy();
    clock.runUntilIdle();
    expect(server.log).toEqual(['one', 'two', 'closed']);
    expect(client.log).toEqual(['connected', 'welcome', 'closed']);
    expect(present(accepted[0]).remote.address).toBe('10.0.0.1');
  });

  test('nobody listens, the rules refuse, no answer comes', async () => {
    const { clock, network, client, open } = pair();
    const heal = network.rule({ refuse: true });
    await open();
    network.connect({ address: '10.0.0.7', port: 5060 }, client, '10.0.0.1');
    expect(client.log).toEqual([]);
    clock.runUntilIdle();
    expect(client.log).toEqual(['closed ECONNREFUSED', 'closed ECONNREFUSED']);
    heal();
    network.partition('10.0.0.1');
    network.connect({ address: '10.0.0.2', port: 5060 }, client, '10.0.0.1').write('x');
    clock.advance(19_000);
    expect(client.log).toHaveLength(2);
    clock.advance(2000);
    expect(client.log[2]).toBe('closed ETIMEDOUT');
  });

  test('a reset reaches both ends; a destroyed end takes its unsent octets with it', async () => {
    const { clock, network, client, server, accepted, open } = pair();
    await open();
    clock.advance(10);
    network.reset('10.0.0.2');
    clock.advance(10);
    expect(client.log).toEqual(['connected', 'closed ECONNRESET']);
    expect(server.log).toEqual(['closed ECONNRESET']);
    network.connect({ address: '10.0.0.2', port: 5060 }, client, '10.0.0.1');
    clock.advance(10);
    present(accepted[1]).destroy();
    clock.advance(10);
    expect(client.log.slice(2)).toEqual(['connected', 'closed']);
    expect(server.log.slice(1)).toEqual(['closed']);
  });

  test('a partition holds octets back until it heals', async () => {
    const { clock, network, server, open } = pair();
    const connection = await open();
    clock.advance(10);
    const heal = network.partition('10.0.0.1', '10.0.0.2');
    connection.write('patience');
    connection.end();
    clock.advance(5000);
    expect(server.log).toEqual([]);
    heal();
    clock.advance(1000);
    expect(server.log).toEqual(['patience', 'closed']);
  });

  test('a seed cuts the stream, another cuts it elsewhere; nothing is lost or reordered', async () => {
    const text = Array.from({ length: 200 }, (_, index) => `line ${index}\r\n`).join('');
    const cuts = async (seed: number) => {
      const { clock, network, server, open } = pair(seed);
      network.rule({ segment: 20, jitter: 50, loss: 0.1 });
      const connection = await open();
      for (const line of text.split(/(?<=\n)/)) connection.write(line);
      clock.runUntilIdle();
      expect(server.log.join('')).toBe(text);
      return server.log;
    };
    expect(await cuts(1)).toEqual(await cuts(1));
    expect(await cuts(2)).not.toEqual(await cuts(1));
  });

  test('a link that gathers brings two writes in one piece', async () => {
    const { clock, network, server, open } = pair();
    network.rule({ gather: 5 });
    const connection = await open();
    clock.advance(10);
    connection.write('one ');
    connection.write('two');
    clock.advance(10);
    expect(server.log).toEqual(['one two']);
  });

  test('the backlog of a peer that does not read grows, and shrinks when it does', async () => {
    const { clock, accepted, server, open } = pair();
    const connection = await open();
    clock.advance(10);
    const reader = accepted[0] as import('./virtual-connection.js').VirtualConnection;
    reader.pause();
    connection.write('x'.repeat(100_000));
    clock.advance(1000);
    expect(connection.backlog).toBe(100_000 - 65_536);
    reader.resume();
    clock.advance(1000);
    expect(connection.backlog).toBe(0);
    expect(server.log.join('')).toHaveLength(100_000);
  });
});
