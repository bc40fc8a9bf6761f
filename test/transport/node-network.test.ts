// Real sockets on loopback. The container promises IPv6; on a host without it these tests say so.
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Agenda } from '../../container/base/agenda.js';
import { present } from '../../container/base/present.js';
import { RealClock } from '../../container/host/real-clock.js';
import { Malformed, Request, responseTo } from '../../container/message/index.js';
import type { Connection, ConnectionReceiver } from '../../container/transport/network.js';
import { NodeNetwork } from '../../container/transport/node-network.js';
import { TransportLayer } from '../../container/transport/transport-layer.js';
import { handleOfUdp } from '../../container/transport/udp.js';
import { request } from './fakes.js';

const HAS_V6 = Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === '::1'));

/** Values that arrive, and a way to wait for the next. */
class Inbox<T> {
  readonly #all: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  put(value: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#all.push(value);
    else next(value);
  }

  next(): Promise<T> {
    if (this.#all.length > 0) return Promise.resolve(present(this.#all.shift()));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** What a connection tells, as lines. */
class Ear implements ConnectionReceiver {
  readonly inbox = new Inbox<string>();
  connected(): void {
    this.inbox.put('connected');
  }
  receive(wire: string): void {
    this.inbox.put(`receive ${wire}`);
  }
  closed(error?: Error): void {
    this.inbox.put(`closed ${(error as NodeJS.ErrnoException | undefined)?.code ?? ''}`.trim());
  }
}

let clock: RealClock;
let network: NodeNetwork;
const open: { close(): Promise<void> }[] = [];

beforeEach(() => {
  clock = new RealClock();
  network = new NodeNetwork(clock);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  clock.close();
});

test('the host has IPv6, which the container promises', () => {
  expect(HAS_V6, 'no ::1 on this host: UDP and TCP over IPv6 were tried on the fake network alone').toBe(true);
});

describe.each(HAS_V6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'])('on %s', (address) => {
  test('UDP: octets go and come as they are', async () => {
    const inbox = new Inbox<[string, string, number]>();
    const one = await network.bind(address, 0, { receive: (...all) => inbox.put(all) });
    const other = await network.bind(address, 0, { receive() {} });
    open.push(one, other);
    const octets = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    other.send(octets, one.local.port, address);
    expect(await inbox.next()).toEqual([octets, address, other.local.port]);
    const large = 'x'.repeat(60_000);
    other.send(large, one.local.port, address);
    expect((await inbox.next())[0]).toHaveLength(60_000);
    other.send('', one.local.port, address);
    expect((await inbox.next())[0]).toBe('');
  });

  test('UDP: a system error in place of a datagram is not taken for one; the next datagram is read', async () => {
    const inbox = new Inbox<string>();
    const socket = await network.bind(address, 0, { receive: (wire) => inbox.put(wire) });
    open.push(socket);
    const handle = handleOfUdp(socket);
    present(handle.onmessage)(-111, handle, undefined, undefined);
    socket.send('x', socket.local.port, address);
    expect(await inbox.next()).toBe('x');
  });

  test('UDP: what cannot be sent is told later and never thrown', async () => {
    const socket = await network.bind(address, 0, { receive() {} });
    const failures = new Inbox<Error>();
    let returned = false;
    const failed = (error: Error): void => failures.put(returned ? error : new Error('too early'));
    socket.send('x'.repeat(70_000), 5060, address, failed);
    socket.send('x', 70_000, address, failed);
    socket.send('x', 5060, address === '::1' ? '127.0.0.1' : '::1', failed);
    returned = true;
    for (let i = 0; i < 3; i++) expect((await failures.next()).message).not.toBe('too early');
    socket.send('x'.repeat(70_000), 5060, address);
    await socket.close();
    socket.send('x', 5060, address, failed);
    expect((await failures.next()).message).toMatch(/not running/i);
    await socket.close();
  });

  test('UDP and TCP: an address in use rejects', async () => {
    const socket = await network.bind(address, 0, { receive() {} });
    const listener = await network.listen(address, 0, () => new Ear());
    open.push(socket, listener);
    await expect(network.bind(address, socket.local.port, { receive() {} })).rejects.toThrow(/EADDRINUSE/);
    await expect(network.listen(address, listener.local.port, () => new Ear())).rejects.toThrow(/EADDRINUSE/);
  });

  test('TCP: written before it is connected, both ways, ended', async () => {
    const [theirs, ours] = [new Ear(), new Ear()];
    const accepted = new Inbox<Connection>();
    const listener = await network.listen(address, 0, (connection) => {
      accepted.put(connection);
      return theirs;
    });
    open.push(listener);
    const connection = network.connect(listener.local, ours);
    connection.write('\x00\xff');
    expect(connection.backlog).toBe(2);
    expect(await ours.inbox.next()).toBe('connected');
    const back = await accepted.next();
    expect(back.remote).toEqual(connection.local);
    expect(back.local).toEqual(listener.local);
    expect(await theirs.inbox.next()).toBe('receive \x00\xff');
    back.write('pong');
    back.end();
    expect(await ours.inbox.next()).toBe('receive pong');
    expect(await ours.inbox.next()).toBe('closed');
    expect(await theirs.inbox.next()).toBe('closed');
    connection.write('late');
    connection.end();
    connection.destroy();
  });

  test('TCP: a refusal is told by closed', async () => {
    const listener = await network.listen(address, 0, () => new Ear());
    const { local } = listener;
    await listener.close();
    const ear = new Ear();
    network.connect(local, ear);
    expect(await ear.inbox.next()).toBe('closed ECONNREFUSED');
  });

  test('B05 TCP: what a peer does not read is in the backlog; destroy ends it', async () => {
    const ear = new Ear();
    const accepted = new Inbox<Connection>();
    const listener = await network.listen(address, 0, (connection) => {
      accepted.put(connection);
      return ear;
    });
    open.push(listener);
    const peer: Socket = connect({ host: address, port: listener.local.port });
    peer.on('error', () => {});
    peer.pause();
    const connection = await accepted.next();
    for (let i = 0; i < 100; i++) connection.write('x'.repeat(262_144));
    expect(connection.backlog).toBeGreaterThan(1_000_000);
    connection.destroy();
    expect(await ear.inbox.next()).toBe('closed');
    peer.destroy();
  });

  test('the layer answers over UDP and TCP, and after the peer closed on a new connection (TRP-04, NAT-02)', async () => {
    const agenda = new Agenda(queueMicrotask, (error) => {
      throw error;
    });
    const transport = new TransportLayer({ network, clock, agenda });
    let hold = false;
    const held = new Inbox<() => void>();
    transport.user = {
      receive(message, flow) {
        if (message instanceof Malformed || !(message instanceof Request)) return;
        const answer = (): void => void transport.respond(responseTo(message, 200), flow);
        if (hold) held.put(answer);
        else answer();
      },
    };
    const at = address === '::1' ? '[::1]' : address;
    const [udp, tcp] = await transport.listen([`udp:${at}:0`, `tcp:${at}:0`]);

    const socket = createSocket(address === '::1' ? 'udp6' : 'udp4');
    const answers = new Inbox<string>();
    socket.on('message', (octets) => answers.put(octets.toString('latin1')));
    socket.send(request({ via: 'SIP/2.0/UDP ua.example.com;rport;branch=z9hG4bK1' }), present(udp).port, address);
    expect(await answers.next()).toMatch(new RegExp(`^SIP/2.0 200 OK\r\n.*;received=${address}\r\n`));
    socket.close();

    const peer = connect({ host: address, port: present(tcp).port });
    peer.on('data', (octets) => answers.put(octets.toString('latin1')));
    for (const octet of request({ via: 'SIP/2.0/TCP ua.example.com;branch=z9hG4bK1' })) peer.write(octet);
    expect(await answers.next()).toMatch(/^SIP\/2.0 200 OK/);

    const ear = new Ear();
    const home = await network.listen(address, 0, () => ear);
    hold = true;
    peer.end(request({ via: `SIP/2.0/TCP ${at}:${home.local.port};branch=z9hG4bK2` }));
    const answer = await held.next();
    await new Promise((resolve) => peer.once('close', resolve));
    answer();
    expect(await ear.inbox.next()).toMatch(/^receive SIP\/2.0 200 OK/);
    await transport.close();
    await home.close();
    expect(transport.connections).toBe(0);
  });
});

test('a wildcard of IPv6 leaves that of IPv4 alone', async () => {
  if (!HAS_V6) return;
  const six = await network.bind('::', 0, { receive() {} });
  const four = await network.bind('0.0.0.0', six.local.port, { receive() {} });
  open.push(six, four);
  expect(four.local.port).toBe(six.local.port);
});

test('the interfaces of the host, loopback among them', () => {
  expect(network.interfaces()).toContainEqual({ address: '127.0.0.1', family: 4, internal: true, prefix: 8 });
});
