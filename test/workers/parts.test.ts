// The small parts that several engines are joined by, without threads.
import { EventEmitter } from 'node:events';
import { DeploymentError } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { FamilyValues } from '../../container/observe/series.js';
import { FRAMER_LIMITS } from '../../container/transport/framer.js';
import type { Connection, ConnectionReceiver, Network, SocketAddress } from '../../container/transport/network.js';
import { type Answer, Counted } from '../../container/workers/counted.js';
import { hashOf } from '../../container/workers/destination.js';
import { EngineNetwork } from '../../container/workers/engine-network.js';
import { Exchange } from '../../container/workers/exchange.js';
import { Moved } from '../../container/workers/moved.js';
import { type Duties, type Link, Port } from '../../container/workers/port.js';
import { HANDED_OVER, Ring } from '../../container/workers/ring.js';
import { type HomeGround, homeOf } from '../../container/workers/session-homes.js';
import { Streams } from '../../container/workers/streams.js';
import { allCalls, summed, wholeCall } from '../../container/workers/sums.js';
import { VirtualClock } from '../world/virtual-clock.js';

describe('calls that were moved', () => {
  test('are found as long as somebody asks for them, and forgotten after that', () => {
    let now = 0;
    const moved = new Moved(() => now);
    moved.add('kept', 1);
    moved.add('lost', 2);
    for (; now < 20 * 3_600_000; now += 600_000) {
      expect(moved.get('kept')).toBe(1);
      // Others come and make it look at the time.
      moved.add(`other-${now}`, 0);
    }
    expect(moved.get('lost')).toBeUndefined();
  });

  test('are bounded in size', () => {
    const moved = new Moved(() => 0);
    for (let i = 0; i < 100_000; i++) moved.add(`${i}`.padEnd(1000, '.'), 1);
    expect(moved.size).toBeLessThan(70_000);
    expect(moved.get('99999'.padEnd(1000, '.'))).toBe(1);
  });

  test('are bounded in number', () => {
    const moved = new Moved(() => 0, 100);
    for (let i = 0; i < 10_000; i++) moved.add(`call-${i}`, 1);
    expect(moved.size).toBeLessThanOrEqual(200);
    expect(moved.get('call-9999')).toBe(1);
  });
});

describe('who gets a message', () => {
  const invite = (callId: string) => `INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\nCall-ID: ${callId}\r\n\r\n`;
  const received = (ring: Ring): string[] => {
    const all: string[] = [];
    ring.drain({ receive: (wire) => all.push(wire) }, 1000);
    return all;
  };
  const stage = () => {
    const exchange = new Exchange(2, 'salt', new Moved(() => 0));
    const rings = [new Ring(Ring.memory(1024)), new Ring(Ring.memory(1024))] as const;
    const woken = [0, 0];
    for (const engine of [0, 1])
      exchange.attach(engine, rings[engine as 0], () => {
        woken[engine] = (woken[engine] ?? 0) + 1;
      });
    return { exchange, rings, woken, receiver: exchange.receiver(0) };
  };

  test('the engine of its Call-ID, which is woken once for all that came', async () => {
    const { rings, woken, receiver } = stage();
    const engine = hashOf('x') % 2;
    expect(rings[engine as 0].sleep()).toBe(true);
    for (let i = 0; i < 3; i++) receiver.receive(invite('x'), '127.0.0.1', 5060);
    await new Promise((resolve) => setImmediate(resolve));
    expect(woken[engine]).toBe(1);
    expect(received(rings[engine as 0])).toHaveLength(3);
    expect(received(rings[(1 - engine) as 0])).toEqual([]);
  });

  test('another one while it is away; and that one keeps the call', () => {
    const { exchange, rings } = stage();
    const engine = hashOf('x') % 2;
    exchange.detach(engine);
    expect(exchange.engineOf(invite('x'))).toBe(1 - engine);
    exchange.attach(engine, rings[engine as 0], () => {});
    expect(exchange.engineOf(invite('x').replace('INVITE', 'CANCEL'))).toBe(1 - engine);
    expect(exchange.engineOf(invite(`${'y'}`))).toBe(hashOf('y') % 2);
  });

  test('an INVITE that replaces a call is where that call is, and so is its CANCEL', () => {
    const { exchange } = stage();
    const named = 'named';
    const other = present(['a', 'b', 'c', 'd', 'e', 'f'].find((id) => hashOf(id) % 2 !== hashOf(named) % 2));
    const replacing = invite(other).replace('\r\n\r\n', `\r\nReplaces: ${named};to-tag=a;from-tag=b\r\n\r\n`);
    expect(exchange.engineOf(replacing)).toBe(hashOf(named) % 2);
    expect(exchange.engineOf(invite(other).replace('INVITE', 'CANCEL'))).toBe(hashOf(named) % 2);
  });

  describe('an INVITE that was moved', () => {
    const of = (branch: string, method = 'INVITE', more = '') =>
      `${method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=${branch}\r\n${more}To: <sip:a@b>\r\nCall-ID: x\r\n\r\n`;
    const home = hashOf('x') % 2;

    test.each(['INVITE', 'CANCEL', 'ACK'])(
      '%s of the same branch goes with it, whatever else is in its head',
      (method) => {
        const { exchange } = stage();
        const route = `Route: <sip:us;lr;sid=${'ab'[home]}xyz.1>\r\n`;
        const wire = of('z9hG4bKone', method, route);
        expect(exchange.engineOf(wire)).toBe(home);
        expect(exchange.move(of('z9hG4bKone', 'INVITE', route), home, 1 - home)).toBe(1 - home);
        expect(exchange.engineOf(wire)).toBe(1 - home);
      },
    );

    test('§16.7 of two branches of one Call-ID, each with its CANCEL: one was moved and the other was not', () => {
      const { exchange } = stage();
      exchange.engineOf(of('z9hG4bKstays'));
      exchange.move(of('z9hG4bKgoes'), home, 1 - home);
      for (const method of ['CANCEL', 'ACK']) {
        expect(exchange.engineOf(of('z9hG4bKstays', method))).toBe(home);
        expect(exchange.engineOf(of('z9hG4bKgoes', method))).toBe(1 - home);
      }
    });

    test('of an RFC 2543 peer it is its Call-ID that tells', () => {
      const { exchange } = stage();
      exchange.move(of('1'), home, 1 - home);
      for (const branch of ['1', '2']) expect(exchange.engineOf(of(branch, 'CANCEL'))).toBe(1 - home);
    });

    test('while its home is away, the engine that has it keeps it', () => {
      const { exchange } = stage();
      exchange.detach(1 - home);
      expect(exchange.move(of('z9hG4bKone'), home, 1 - home)).toBe(home);
    });
  });

  test('what an engine has no room for is dropped and counted', () => {
    const { exchange, receiver } = stage();
    for (let i = 0; i < 50; i++) receiver.receive(invite('x'), '127.0.0.1', 5060);
    expect(exchange.dropped[hashOf('x') % 2]).toBeGreaterThan(30);
  });

  test('keepalives come to nobody', () => {
    const { rings, receiver } = stage();
    for (const wire of ['', '\r\n', '\r\n\r\n', '\u0000']) receiver.receive(wire, '127.0.0.1', 5060);
    expect(rings.flatMap(received)).toEqual([]);
  });
});

describe('the main thread rests a moment between reads', () => {
  /** What it rested, ms, in some turns that follow at once, each of so many datagrams. */
  async function rests(datagrams: number): Promise<number[]> {
    const rested: number[] = [];
    const exchange = new Exchange(1, 'salt', new Moved(() => 0), (milliseconds) => rested.push(milliseconds));
    exchange.attach(0, new Ring(), () => {});
    const receiver = exchange.receiver(0);
    for (let turn = 0; turn < 4; turn++) {
      for (let i = 0; i < datagrams; i++) receiver.receive('SIP/2.0 200 OK\r\n\r\n', '127.0.0.1', 5060);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return rested;
  }

  test('when little comes at a time: a millisecond', async () => {
    expect([...new Set(await rests(3))]).toEqual([1]);
  });

  test('not when a turn has brought as much as it can: there is more to read', async () => {
    expect(await rests(32)).toEqual([]);
  });

  test('for as long as it says, and then it goes on', async () => {
    const exchange = new Exchange(1, 'salt', new Moved(() => 0));
    const ring = new Ring();
    exchange.attach(0, ring, () => {});
    const receiver = exchange.receiver(0);
    const turns = 20;
    const began = performance.now();
    for (let turn = 0; turn < turns; turn++) {
      receiver.receive('SIP/2.0 200 OK\r\n\r\n', '127.0.0.1', 5060);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The first turn of all may be no busy one.
    expect(performance.now() - began).toBeGreaterThan(turns - 2);
    let came = 0;
    ring.drain({ receive: () => came++ }, turns + 1);
    expect(came).toBe(turns);
  });
});

describe('the ring of an engine', () => {
  test('an error while one message is handled keeps no other from coming, now or later', async () => {
    const ring = new Ring(Ring.memory(1024));
    const failed: unknown[] = [];
    const network = new EngineNetwork(ring, {} as never, (error) => failed.push(error));
    const asked: string[] = [];
    network.handsOver = (wire) => {
      asked.push(wire);
      if (wire === 'bad') throw new Error('here');
      return true;
    };
    for (const wire of ['one', 'bad', 'two']) ring.push(wire, '127.0.0.1', 5060, 0);
    network.work();
    await expect.poll(() => asked).toEqual(['one', 'bad', 'two']);
    expect(failed.map(String)).toEqual(['Error: here']);
    await expect.poll(() => ring.wakes()).toBe(true);
  });
});

test('what was handed over is taken, and nobody is asked again where it belongs', async () => {
  const network = new EngineNetwork(new Ring(Ring.memory(1024)), {} as never, () => {});
  network.expect([]);
  let asked = 0;
  network.handsOver = () => ++asked > 0;
  network.receive('x', '127.0.0.1', 5060, 0);
  network.receive('x', '127.0.0.1', 5060, HANDED_OVER);
  expect(asked).toBe(1);
});

describe('the home of a key', () => {
  const wire = (lines: readonly string[] = [], target = 'sip:a@192.0.2.9') =>
    `${[
      `INVITE ${target} SIP/2.0`,
      'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx',
      'Max-Forwards: 70',
      'From: <sip:c@d>;tag=1',
      'To: <sip:a@b>',
      'Call-ID: x',
      'CSeq: 1 INVITE',
      ...lines,
    ].join('\r\n')}\r\nContent-Length: 0\r\n\r\n`;
  const source = { address: '192.0.2.1', port: 5060, listener: 0, stream: -1 };
  const ground = (more: Partial<HomeGround> = {}): HomeGround => ({
    count: 4,
    own: { isOwn: (host) => host === '192.0.2.9' },
    isAtHome: () => false,
    isNamed: () => false,
    applicationsFor: () => [{ name: 'app', table: { sessionKey: () => 'key' } }] as never,
    ...more,
  });

  test('the hash of the application and its key says it', () => {
    expect(homeOf(wire(), source, ground())).toBe(hashOf('app\nkey') % 4);
  });

  test('a request that comes again, or that names what is here, stays', () => {
    expect(homeOf(wire(), source, ground({ isAtHome: () => true }))).toBeUndefined();
    const seen: unknown[] = [];
    const isNamed: HomeGround['isNamed'] = (_request, route) => seen.push(route?.host) > 0;
    expect(homeOf(wire(['Route: <sip:192.0.2.9;lr>']), source, ground({ isNamed }))).toBeUndefined();
    expect(seen).toEqual(['192.0.2.9']);
  });

  test('what is thrown while it is looked for says that there is none', () => {
    const thrown = (): never => {
      throw new Error('here');
    };
    expect(homeOf(wire(), source, ground({ isNamed: thrown }))).toBeUndefined();
    expect(homeOf('', source, ground())).toBeUndefined();
  });
});

describe('connections', () => {
  /** Two engines, and a peer whose messages are all the first one's. */
  async function stage({ listens = true, isOpen = true } = {}) {
    const told: { engine: number; kind: string; id?: number }[] = [];
    const there = new Set([0, 1]);
    const opened: string[][] = [];
    let accept: (connection: Connection) => ConnectionReceiver = () => {
      throw new Error('nothing listens');
    };
    const streams = new Streams({
      network: {
        listen: async (address: string, port: number, taking: typeof accept) => {
          accept = taking;
          return { local: { address, port }, close: async () => {} };
        },
        connect: (remote: SocketAddress) => {
          const { connection, done } = played(remote);
          opened.push(done);
          return connection;
        },
      } as unknown as Network,
      clock: new VirtualClock(),
      framing: FRAMER_LIMITS,
      salt: 'salt',
      most: 3,
      mostOfOne: 2,
      backlog: 100,
      unusedTime: 1000,
      engineOf: (wire) => (wire.includes('Call-ID: b') ? 1 : 0),
      isThere: (engine) => there.has(engine),
      tell: (engine, kind, body) => {
        const { id } = Object(body) as { id?: number };
        told.push({ engine, kind, ...(id === undefined ? {} : { id }) });
      },
    });
    if (listens) await streams.listen('127.0.0.1', 5060, 0);
    if (isOpen) streams.open();
    const played = (remote: SocketAddress) => {
      const done: string[] = [];
      const connection = {
        local: { address: '127.0.0.1', port: 5060 },
        remote,
        backlog: 0,
        write: (wire: string) => void done.push(`write ${wire.slice(0, 15)}`),
        hold: (isHeld: boolean) => void done.push(isHeld ? 'hold' : 'let go'),
        end: () => void done.push('end'),
        destroy: () => void done.push('destroy'),
      };
      return { connection, done };
    };
    const open = (address = '192.0.2.1') => {
      const { connection, done } = played({ address, port: 1000 + told.length });
      return { connection, done, peer: accept(connection) };
    };
    return { streams, told, there, opened, open };
  }
  const message = (callId: string, octets = 0) =>
    `MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bKx\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: ${callId}\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 9\r\nContent-Length: ${octets}\r\n\r\n${'x'.repeat(octets)}`;

  test('an engine is told of a connection when the first message for it comes', async () => {
    const { told, open } = await stage();
    const { peer } = open();
    expect(told).toEqual([]);
    peer.receive(message('a') + message('a') + message('b'));
    expect(told.map(({ engine, kind }) => `${engine} ${kind}`)).toEqual([
      '0 streamOpened',
      '0 streamMessage',
      '0 streamMessage',
      '1 streamOpened',
      '1 streamMessage',
    ]);
  });

  test('who sends more than an engine can take has to wait until it has caught up', async () => {
    const { streams, open } = await stage();
    const one = open();
    const other = open('192.0.2.2');
    for (let i = 0; i < 20; i++) one.peer.receive(message('a', 60_000));
    expect(one.done.slice(0, 1)).toEqual(['hold']);
    other.peer.receive(message('b', 60_000));
    expect(other.done).toEqual([]);
    streams.taken(0, 300_000);
    expect(one.done).not.toContain('let go');
    streams.taken(0, 500_000);
    expect(one.done.at(-1)).toBe('let go');
  });

  test('those who wait for an engine that dies wait no longer', async () => {
    const { streams, open } = await stage();
    const { peer, done } = open();
    for (let i = 0; i < 20; i++) peer.receive(message('a', 60_000));
    streams.gone(0);
    expect(done.at(-1)).toBe('let go');
  });

  test('above their number, and above that of one address, they are not taken', async () => {
    const { streams, open } = await stage();
    expect([open(), open(), open()].map(({ done }) => done)).toEqual([[], [], ['destroy']]);
    expect(open('192.0.2.2').done).toEqual([]);
    expect(open('192.0.2.3').done).toEqual(['destroy']);
    expect(streams.size).toBe(3);
  });

  test('one whose peer does not read is given up', async () => {
    const { streams, open } = await stage();
    const { peer, connection, done } = open();
    peer.receive(message('a'));
    streams.write(0, 2, 'SIP/2.0 200 OK');
    connection.backlog = 101;
    streams.write(0, 2, 'SIP/2.0 200 OK');
    expect(done).toEqual(['write SIP/2.0 200 OK', 'destroy']);
  });

  test('a peer that pings and does not read is given up', async () => {
    const { open } = await stage();
    const { peer, connection, done } = open();
    peer.receive('\r\n\r\n');
    connection.backlog = 101;
    peer.receive('\r\n\r\n');
    expect(done).toEqual(['write \r\n', 'destroy']);
  });

  test('those that come before the engines wait for them', async () => {
    const { streams, open } = await stage({ isOpen: false });
    const { done } = open();
    expect(done).toEqual(['hold']);
    streams.open();
    expect(done).toEqual(['hold', 'let go']);
  });

  test('a message for an engine that is not there is lost; the next reaches it, on a connection that it knows', async () => {
    const { told, there, open } = await stage();
    const { peer } = open();
    there.clear();
    peer.receive(message('a'));
    expect(told).toEqual([]);
    there.add(0);
    peer.receive(message('a'));
    expect(told.map(({ kind }) => kind)).toEqual(['streamOpened', 'streamMessage']);
  });

  test('where no listener would take it, what comes on a connection that one engine has opened is for that one', async () => {
    const { streams, told } = await stage({ listens: false });
    let peer: ConnectionReceiver | undefined;
    const { network } = streams.ground;
    const { connect } = network;
    network.connect = (remote, receiver) => {
      peer = receiver;
      return connect(remote, receiver);
    };
    streams.connect(0, { connection: 1, remote: { address: '192.0.2.1', port: 5060 } });
    present(peer).receive(message('b'));
    streams.handOver(0, { engine: 1, wire: message('a'), address: '192.0.2.1', port: 5060, listener: -1, stream: 1 });
    expect(told.map(({ engine, kind }) => `${engine} ${kind}`)).toEqual(['0 streamMessage', '0 takeOver']);
  });

  test('§18.1.1 one that is being ended carries nothing more: an engine that connects to the same address gets another', async () => {
    const { streams, opened } = await stage();
    const remote = { address: '192.0.2.1', port: 5060 };
    streams.connect(0, { connection: 1, remote });
    streams.connect(1, { connection: 1, remote });
    expect(opened).toHaveLength(1);
    for (const engine of [0, 1]) streams.leave(engine, 1, false);
    expect(opened[0]).toEqual(['end']);
    streams.connect(0, { connection: 3, remote });
    expect(opened).toHaveLength(2);
  });

  test('it ends when the last engine that had to do with it needs it no more', async () => {
    const { streams, told, open } = await stage();
    const { peer, done } = open();
    peer.receive(message('a') + message('b'));
    streams.leave(0, 2, false);
    expect(done).toEqual([]);
    streams.leave(1, 4, false);
    expect(done).toEqual(['end']);
    expect(told.filter(({ kind }) => kind === 'streamClosed')).toHaveLength(2);
  });
});

describe('sums', () => {
  const numbers = (name: string, ...values: [labels: Record<string, string>, value: number][]) => ({
    name,
    help: name,
    type: 'counter' as const,
    values: values.map(([labels, value]) => ({ labels, value })),
  });

  test('values with the same labels are added, whatever the order of their names; others stand side by side', () => {
    const [family] = summed([
      [numbers('a', [{ x: '1', y: '2' }, 3], [{ x: '2', y: '2' }, 1])],
      [numbers('a', [{ y: '2', x: '1' }, 4])],
    ]);
    expect(present(family).get().values).toEqual([
      { labels: { x: '1', y: '2' }, value: 7 },
      { labels: { x: '2', y: '2' }, value: 1 },
    ]);
  });

  test('the parts of a histogram are told apart by their names', () => {
    const histogram: FamilyValues = {
      name: 'h',
      help: 'h',
      type: 'histogram',
      values: [
        { metricName: 'h_bucket', labels: { le: 1 }, value: 1 },
        { metricName: 'h_sum', labels: {}, value: 0.5 },
        { metricName: 'h_count', labels: {}, value: 1 },
      ],
    };
    expect(
      present(summed([[histogram], [histogram]])[0])
        .get()
        .values.map(({ value }) => value),
    ).toEqual([2, 1, 2]);
  });

  test('the counters of an engine stay in the sums when it does not answer and after it began again; its gauges do not', () => {
    const counted = new Counted();
    const [one, other, again] = [{}, {}, {}];
    const said = (engine: number, member: object, count: number) => ({
      engine,
      member,
      answer: [numbers('a', [{}, count]), { ...numbers('g', [{}, 5]), type: 'gauge' as const }],
    });
    const sums = (...answers: Answer[]) =>
      Object.fromEntries(summed(counted.with(answers)).map((each) => [each.name, present(each.get().values[0]).value]));
    expect(sums(said(0, one, 10), said(1, other, 20))).toEqual({ a: 30, g: 10 });
    expect(sums(said(0, one, 11))).toEqual({ a: 31, g: 5 });
    expect(sums(said(0, one, 11), said(1, again, 2))).toEqual({ a: 33, g: 10 });
    expect(sums(said(0, one, 11), said(1, again, 3))).toEqual({ a: 34, g: 10 });
  });

  const call = (callId: string, began: number, state: 'trying' | 'established' | 'ended', messages = 1) => ({
    ...{
      callId,
      callIds: [callId],
      method: 'INVITE',
      from: 'a',
      to: 'b',
      began,
      last: began + messages,
      state,
      messages,
    },
  });

  test('calls: the newest first; one that two engines have seen is one, and is where the later says', () => {
    expect(allCalls([[call('a', 1, 'trying')], [call('b', 3, 'ended'), call('a', 2, 'established', 4)]])).toEqual([
      call('b', 3, 'ended'),
      { ...call('a', 1, 'established'), last: 6, messages: 5 },
    ]);
  });

  test('W-12 legs that an engine knows apart are one call where another knows that they belong together', () => {
    const whole = { ...call('a', 1, 'established'), callIds: ['a', 'b'] };
    expect(allCalls([[call('b', 2, 'ended')], [whole]])).toEqual([{ ...whole, last: 3, messages: 2 }]);
    expect(allCalls([[call('b', 2, 'trying'), call('c', 9, 'ended'), call('a', 3, 'trying')], [whole]])).toEqual([
      call('c', 9, 'ended'),
      { ...whole, last: 4, messages: 3 },
    ]);
  });

  test('W-12 an engine that a call has only passed does not say that the container has left it', () => {
    const left = { ...call('a', 2, 'ended'), state: 'left' as const };
    expect(allCalls([[left], [call('a', 1, 'established')]])).toMatchObject([{ state: 'established' }]);
    expect(allCalls([[left], [call('a', 1, 'trying')]])).toMatchObject([{ state: 'left' }]);
  });

  test('the messages of a call are in order of time', () => {
    const message = (at: number) => ({ at, direction: 'inside' as const, start: '', text: '' });
    const one = { ...call('a', 1, 'trying'), trace: [message(1), message(4)], omitted: 1 };
    const other = { ...call('a', 2, 'ended'), trace: [message(2), message(3)], omitted: 2 };
    expect(wholeCall([undefined, one, other])).toMatchObject({
      trace: [{ at: 1 }, { at: 2 }, { at: 3 }, { at: 4 }],
      omitted: 3,
    });
    expect(wholeCall([undefined, undefined])).toBeUndefined();
  });
});

describe('questions and answers', () => {
  /** Two ends of a channel; what is posted at one is heard at the other, a turn later. */
  function channel(): [Link, Link] {
    const ends = [new EventEmitter(), new EventEmitter()] as const;
    const link = (own: EventEmitter, other: EventEmitter): Link => ({
      postMessage: (message) => void setImmediate(() => other.emit('message', structuredClone(message))),
      on: (event, listener) => own.on(event, listener),
    });
    return [link(ends[0], ends[1]), link(ends[1], ends[0])];
  }
  const failed: unknown[] = [];
  function ports(duties: Duties) {
    const [here, there] = channel();
    const asking = new Port<Duties>(here, {}, (error) => failed.push(error));
    new Port<Duties>(there, duties, (error) => failed.push(error));
    return asking;
  }

  test('an answer, a promise of one, and what was thrown', async () => {
    const port = ports({
      twice: (value: number) => value * 2,
      later: async (value: number) => value + 1,
      no: () => {
        throw new DeploymentError('not here');
      },
    });
    expect(await port.ask('twice', 21)).toBe(42);
    expect(await port.ask('later', 1)).toBe(2);
    await expect(port.ask('no', undefined)).rejects.toThrow(DeploymentError);
    await expect(port.ask('no', undefined)).rejects.toThrow('not here');
  });

  test('who waits for a side that has ended is told so', async () => {
    const port = ports({ never: () => new Promise(() => {}) });
    const asked = port.ask('never', undefined);
    port.end(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    await expect(port.ask('never', undefined)).rejects.toThrow('gone');
  });

  test('a failure that nobody awaits is told of', async () => {
    const port = ports({
      fails: () => {
        throw new Error('here');
      },
    });
    port.tell('fails', undefined);
    await expect.poll(() => failed.map(String)).toContain('Error: here');
  });
});
