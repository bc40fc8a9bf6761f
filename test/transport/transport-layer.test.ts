// The transport layer on fakes: listening, datagrams, connections, and the way of requests and responses (§18).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Malformed, Request, type Response, responseTo, Via } from '../../container/message/index.js';
import type { Flow, FlowUser } from '../../container/transport/flow.js';
import type { TransportName } from '../../container/transport/network.js';
import { TransportLayer, type TransportOptions } from '../../container/transport/transport-layer.js';
import { FakeAgenda, FakeClock, type FakeConnection, FakeNetwork, request, response } from './fakes.js';

type Passed = [message: Request | Response | Malformed, flow: Flow];

class Sender implements FlowUser {
  readonly errors: string[] = [];
  transportFailed(error: Error): void {
    this.errors.push(error.message);
  }
}

async function layer(specs: string[] = ['udp:192.0.2.1:5060', 'tcp:192.0.2.1:5060'], options: TransportOptions = {}) {
  const network = new FakeNetwork();
  const clock = new FakeClock();
  const agenda = new FakeAgenda();
  const faults: unknown[] = [];
  const transport = new TransportLayer(
    { network, clock, agenda },
    { failed: (fault) => faults.push(fault), ...options },
  );
  const passed: Passed[] = [];
  transport.user = { receive: (message, flow) => passed.push([message, flow]) };
  const listenings = await transport.listen(specs);
  const datagram = (wire: string, address = '192.0.2.9', port = 4321, socket = 0): void =>
    present(network.sockets[socket]).receiver.receive(wire, address, port);
  const open = (address: string, port = 5060, name: TransportName = 'TCP'): Flow =>
    transport.open({ transport: name, address, port });
  const summary = (): string[] =>
    passed.map(([message]) => {
      if (message instanceof Malformed) return `malformed ${message.status}`;
      return message instanceof Request ? message.method : String((message as Response).status);
    });
  return { network, clock, agenda, transport, passed, listenings, datagram, open, summary, faults };
}

const TCP = 'SIP/2.0/TCP 192.0.2.9:5070;branch=z9hG4bK1';

function answered(passed: Passed[], index = 0, status = 200): [Response, Flow] {
  const [message, flow] = present(passed[index]);
  return [responseTo(message as Request, status, undefined, 'mine'), flow];
}

describe('listening', () => {
  test('reports the ports that were free', async () => {
    const { listenings } = await layer(['udp:192.0.2.1:0', 'tcp:[2001:db8::1]:0']);
    expect(listenings.map((one) => one.text)).toEqual(['udp:192.0.2.1:20000', 'tcp:[2001:db8::1]:20001']);
  });

  test('all or none, with the one that failed and why', async () => {
    const network = new FakeNetwork();
    network.taken = 5061;
    const transport = new TransportLayer({ network, clock: new FakeClock(), agenda: new FakeAgenda() });
    await expect(transport.listen(['udp:192.0.2.1:5060', 'tcp:192.0.2.1:5061'])).rejects.toThrow(
      'cannot listen on tcp:192.0.2.1:5061: address already in use',
    );
    expect(present(network.sockets[0]).closed).toBe(true);
    expect(transport.listenings).toEqual([]);
    await expect(transport.listen(['tls:192.0.2.1:5061'])).rejects.toThrow('TLS is not supported');
  });
});

describe('datagrams', () => {
  test('TRP-02 §18.2.1 a request is passed with its source in the topmost Via', async () => {
    const { datagram, passed, transport } = await layer();
    datagram(request({ via: 'SIP/2.0/UDP ua.example.com;rport;branch=z9hG4bK1' }));
    const [message, flow] = present(passed[0]);
    expect(present((message as Request).via).text).toBe(
      'SIP/2.0/UDP ua.example.com;rport=4321;branch=z9hG4bK1;received=192.0.2.9',
    );
    expect(flow).toMatchObject({ transport: 'UDP', reliable: false, open: true, sentBy: '192.0.2.1:5060' });
    expect(flow).toMatchObject({ localAddress: '192.0.2.1', localPort: 5060 });
    expect(flow).toMatchObject({ remoteAddress: '192.0.2.9', remotePort: 4321 });
    expect(transport.counters.requestsReceived).toBe(1);
  });

  test('TRP-07 §18.3 what is behind the body is dropped', async () => {
    const { datagram, passed } = await layer();
    datagram(`${request({ method: 'MESSAGE', body: 'abc' })}INVITE sip:x SIP/2.0\r\n\r\n`);
    expect((present(passed[0])[0] as Request).body).toBe('abc');
    expect(passed).toHaveLength(1);
  });

  test('TRP-08 §18.3 a request shorter than it says is a 400', async () => {
    const { datagram, passed } = await layer();
    datagram(request({ length: 'Content-Length: 9\r\n', body: 'abc', via: 'SIP/2.0/UDP h.example;branch=z9hG4bK1' }));
    const fault = present(passed[0])[0] as Malformed;
    expect(fault).toMatchObject({ status: 400, isResponse: false });
    expect(present(present(fault.request).via).received).toBe('192.0.2.9');
  });

  test('TRP-09 §18.3 a response shorter than it says has nothing to be answered', async () => {
    const { datagram, passed } = await layer();
    datagram(response('SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1').replace('Length: 0', 'Length: 7'));
    expect(present(passed[0])[0]).toMatchObject({ status: 0, isResponse: true });
  });

  test('TRP-01 §18.1.2 a response is taken from any address, when its topmost Via is ours', async () => {
    const { datagram, summary, transport } = await layer();
    datagram(response('SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1'), '203.0.113.5', 1);
    datagram(response('SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1', 180), '203.0.113.5', 1);
    expect(summary()).toEqual(['200', '180']);
    expect(transport.counters.foreignResponses).toBe(0);
  });

  test('PRS-05 §18.1.2 a response with the Via of another is dropped and counted', async () => {
    const { datagram, summary, transport } = await layer();
    for (const host of ['192.0.2.2:5060', '192.0.2.1:5061', 'example.com'])
      datagram(response(`SIP/2.0/UDP ${host};branch=z9hG4bK1`));
    expect(summary()).toEqual([]);
    expect(transport.counters.foreignResponses).toBe(3);
  });

  test('TRP-15 B17 keepalives and what is not SIP are dropped, each a count and nothing more', async () => {
    const { datagram, passed, transport } = await layer();
    for (const wire of ['', '\0', 'jaK', '\r\n', '\r\n\r\n', '\0\0\0\0', '\r\n'.repeat(20), '\0'.repeat(30)])
      datagram(wire);
    expect(transport.counters.keepalives).toBe(8);
    const stun = '\x00\x01\x00\x00\x21\x12\xa4\x42123456789012';
    for (const wire of [stun, '\x16\xfe\xfd\x00\x00', '\x80\x00\x12\x34rtp', '\xff'.repeat(100)]) datagram(wire);
    expect(transport.counters.noise).toBe(4);
    expect(passed).toEqual([]);
    datagram(`\r\n\r\n${request()}`);
    expect(passed).toHaveLength(1);
  });

  test('a datagram from port 0 cannot be answered', async () => {
    const { datagram, passed } = await layer();
    datagram(request(), '192.0.2.9', 0);
    expect(passed).toEqual([]);
  });

  test('what the user throws is told and counted, and the next one is passed', async () => {
    const { datagram, transport, faults } = await layer();
    transport.user = {
      receive() {
        throw new Error('mine');
      },
    };
    datagram(request());
    datagram(request());
    expect(transport.counters.faults).toBe(2);
    expect(faults).toHaveLength(2);
  });

  test('TRP-24 the same request over UDP and TCP has the same branch and sent-by', async () => {
    const { datagram, network, passed } = await layer();
    const via = 'SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1';
    datagram(request({ via }));
    network.incoming(5060, { address: '192.0.2.9', port: 1 }).receiver.receive(request({ via: TCP }));
    const [one, other] = passed.map(([message]) => present((message as Request).via));
    expect([present(one).branch, present(one).sentBy]).toEqual([present(other).branch, present(other).sentBy]);
  });
});

describe('responses', () => {
  test('NAT-02 RFC 3581 §4 from the socket that the request came to, to where it came from', async () => {
    const { datagram, network, passed, transport } = await layer(['udp:192.0.2.1:5060', 'udp:192.0.2.1:5070']);
    datagram(request({ via: 'SIP/2.0/UDP 10.0.0.5:5099;rport;branch=z9hG4bK1' }), '192.0.2.9', 4321, 1);
    const flow = transport.respond(...answered(passed));
    expect(flow).toBe(present(passed[0])[1]);
    expect(network.sent[0]).toMatchObject({ address: '192.0.2.9', port: 4321, from: { port: 5070 } });
  });

  test('TRP-06 NAT-03 §18.2.2 without rport to the sent-by port, 5060 without one', async () => {
    const { datagram, network, passed, transport } = await layer();
    datagram(request({ via: 'SIP/2.0/UDP ua.example.com:5099;branch=z9hG4bK1' }));
    datagram(request({ via: 'SIP/2.0/UDP ua.example.com;branch=z9hG4bK1' }));
    transport.respond(...answered(passed, 0));
    transport.respond(...answered(passed, 1));
    expect(network.sent.map((sent) => `${sent.address} ${sent.port}`)).toEqual(['192.0.2.9 5099', '192.0.2.9 5060']);
  });

  test('TRP-05 §18.2.2 maddr; PRS-39 never to a broadcast', async () => {
    const { datagram, network, passed, transport } = await layer();
    datagram(request({ via: 'SIP/2.0/UDP 192.0.2.9:5099;maddr=192.0.2.50;branch=z9hG4bK1' }));
    datagram(request({ via: 'SIP/2.0/UDP 192.0.2.9:5099;maddr=255.255.255.255;branch=z9hG4bK1' }));
    transport.respond(...answered(passed, 0));
    expect(transport.respond(...answered(passed, 1))).toBeUndefined();
    expect(network.sent.map((sent) => `${sent.address} ${sent.port}`)).toEqual(['192.0.2.50 5099']);
    expect(transport.counters.unroutable).toBe(1);
  });

  test('RFC 4475 §3.1.2.1 badinv01 is answered although its Via cannot be read', async () => {
    const { datagram, network, passed, transport } = await layer();
    datagram(readFileSync(new URL('../torture/rfc4475/badinv01.dat', import.meta.url), 'latin1'));
    const fault = present(passed[0])[0] as Malformed;
    expect(fault.status).toBe(400);
    transport.respond(responseTo(present(fault.request), 400), present(passed[0])[1]);
    expect(network.sent[0]).toMatchObject({ address: '192.0.2.9', port: 5060 });
  });

  test('TRP-04 §18.2.2 over TCP on the same connection', async () => {
    const { network, passed, transport } = await layer();
    const connection = network.incoming(5060, { address: '192.0.2.9', port: 40_000 });
    connection.receiver.receive(request({ via: TCP }));
    expect(transport.respond(...answered(passed))).toBe(present(passed[0])[1]);
    expect(connection.written).toMatch(/^SIP\/2.0 200 OK\r\n/);
    expect(network.connections).toHaveLength(1);
  });

  test('TRP-04 §18.2.2 when it is closed, on a new one to received and the sent-by port', async () => {
    const { network, passed, transport } = await layer();
    const connection = network.incoming(5060, { address: '192.0.2.9', port: 40_000 });
    connection.receiver.receive(request({ via: 'SIP/2.0/TCP ua.example.com:5070;rport;branch=z9hG4bK1' }));
    connection.receiver.closed();
    transport.respond(...answered(passed));
    expect(connection.written).toBe('');
    const other = present(network.connections[1]);
    expect(other.remote).toEqual({ address: '192.0.2.9', port: 5070 });
    expect(other.written).toMatch(/^SIP\/2.0 200 OK\r\n/);
  });

  test('TRP-04 when it is closed and the peer has come with another, on that', async () => {
    const { network, passed, transport } = await layer();
    const connection = network.incoming(5060, { address: '192.0.2.9', port: 40_000 });
    connection.receiver.receive(request({ via: TCP }));
    connection.receiver.closed();
    const again = network.incoming(5060, { address: '192.0.2.9', port: 40_001 });
    again.receiver.receive(request({ via: TCP }));
    transport.respond(...answered(passed));
    expect(again.written).toMatch(/^SIP\/2.0 200 OK\r\n/);
    expect(network.connections).toHaveLength(2);
  });

  test('§16.11 a response is forwarded by the next Via alone', async () => {
    const { network, transport } = await layer();
    const connection = network.incoming(5060, { address: '192.0.2.9', port: 40_000 });
    connection.receiver.receive(request({ via: TCP }));
    const to = (via: string): string | undefined => {
      const flow = transport.flowForVia(present(Via.parse(via)));
      return flow && `${flow.transport} ${flow.remoteAddress} ${flow.remotePort}`;
    };
    expect(to('SIP/2.0/UDP h.example;rport=4321;received=192.0.2.9')).toBe('UDP 192.0.2.9 4321');
    expect(to('SIP/2.0/UDP 192.0.2.9:5070')).toBe('UDP 192.0.2.9 5070');
    expect(to(`${TCP};rport=40000;received=192.0.2.9`)).toBe('TCP 192.0.2.9 40000');
    expect(to(TCP)).toBe('TCP 192.0.2.9 40000');
    expect(to('SIP/2.0/TCP 192.0.2.8:5070')).toBe('TCP 192.0.2.8 5070');
    for (const via of ['SIP/2.0/UDP h.example', 'SIP/2.0/UDP 255.255.255.255', 'SIP/2.0/TLS 192.0.2.9', 'SIP/2.0/X h'])
      expect(to(via)).toBeUndefined();
  });
});

describe('flows to a hop', () => {
  test('UDP leaves by the listener that is nearest to the peer', async () => {
    const { open, network } = await layer([
      'udp:127.0.0.1:5060',
      'udp:192.0.2.1:5060',
      'udp:10.0.0.1:5060',
      'udp:[2001:db8::1]:5060',
    ]);
    const by = (address: string): string => open(address, 5060, 'UDP').sentBy;
    expect(by('127.0.0.1')).toBe('127.0.0.1:5060');
    expect(by('10.9.9.9')).toBe('10.0.0.1:5060');
    expect(by('192.0.2.9')).toBe('192.0.2.1:5060');
    expect(by('8.8.8.8')).toBe('192.0.2.1:5060');
    expect(by('2001:db8::9')).toBe('[2001:db8::1]:5060');
    open('10.9.9.9', 5070, 'UDP').send('x');
    expect(network.sent[0]).toMatchObject({
      wire: 'x',
      address: '10.9.9.9',
      port: 5070,
      from: { address: '10.0.0.1' },
    });
  });

  test('§18.4 a datagram that could not be sent is told to its sender, later', async () => {
    const { open, network, agenda } = await layer();
    present(network.sockets[0]).failure = new Error('ENETUNREACH');
    const [one, other] = [new Sender(), new Sender()];
    const flow = open('8.8.8.8', 5060, 'UDP');
    flow.send('x', one);
    present(network.sockets[0]).failure = undefined;
    flow.send('x', other);
    network.report();
    expect(one.errors).toEqual([]);
    agenda.settle();
    expect([one.errors, other.errors]).toEqual([['ENETUNREACH'], []]);
  });

  test('§18.4 one that is known at once not to have left is told later all the same', async () => {
    const { open, network, agenda, transport } = await layer();
    const socket = present(network.sockets[0]);
    const sent: string[] = [];
    Object.assign(socket, {
      sendNow: (wire: string) => (wire === 'lost' ? new Error('EPERM') : void sent.push(wire)),
    });
    const one = new Sender();
    const flow = open('8.8.8.8', 5060, 'UDP');
    for (const wire of ['a', 'lost', 'b']) flow.send(wire, one);
    flow.send('lost');
    expect([sent, one.errors]).toEqual([['a', 'b'], []]);
    agenda.settle();
    expect([one.errors, transport.counters.sendFailures]).toEqual([['EPERM'], 1]);
  });

  test('§16.4 a host that was asked for before it was listened on is ours from then on', async () => {
    const { transport } = await layer();
    expect(transport.isOwn('10.0.0.77', 5060)).toBe(false);
    await transport.listen(['udp:10.0.0.77:5060']);
    expect([transport.isOwn('10.0.0.77', 5060), transport.isOwn('10.0.0.77', 5061)]).toEqual([true, false]);
  });

  test('§18.4 datagrams to one place share a flow, as long as few places are in use', async () => {
    const { open } = await layer();
    const flow = open('8.8.8.8', 5060, 'UDP');
    expect(open('8.8.8.8', 5060, 'UDP')).toBe(flow);
    for (let port = 1; port <= 4096; port++) {
      const other = open('8.8.4.4', port, 'UDP');
      expect([other.remoteAddress, other.remotePort]).toEqual(['8.8.4.4', port]);
    }
    const again = open('8.8.8.8', 5060, 'UDP');
    expect(again).not.toBe(flow);
    expect([again.remoteAddress, again.remotePort, flow.remotePort]).toEqual(['8.8.8.8', 5060, 5060]);
  });

  test('TRP-26 §18.4 where nothing leads, sending fails later and says why', async () => {
    const { open, agenda } = await layer();
    const sender = new Sender();
    open('2001:db8::9', 5060, 'UDP').send('x', sender);
    open('192.0.2.9', 5061, 'TLS').send('x', sender);
    open('192.0.2.9', 5060, 'SCTP' as TransportName).send('x', sender);
    open('example.com', 5060, 'TCP').send('x', sender);
    open('192.0.2.9', 0, 'UDP').send('x', sender);
    expect(sender.errors).toEqual([]);
    agenda.settle();
    expect(sender.errors).toEqual([
      'udp:[2001:db8::9]:5060: no listener for UDP over IPv6',
      'tls:192.0.2.9:5061: TLS is not supported',
      'sctp:192.0.2.9:5060: SCTP is not supported',
      'tcp:example.com:5060: no such address',
      'udp:192.0.2.9:0: no such address',
    ]);
  });

  test('§18.1.1 one connection for one address and port, also one that the peer opened; a hop with a flow takes that', async () => {
    const { open, network, transport } = await layer();
    const flow = open('192.0.2.9');
    expect(open('192.0.2.9')).toBe(flow);
    expect(open('192.0.2.9', 5061)).not.toBe(flow);
    network.incoming(5060, { address: '192.0.2.7', port: 33_333 });
    expect(open('192.0.2.7', 33_333)).toMatchObject({ inbound: true });
    expect(network.connections).toHaveLength(3);
    expect(transport.open({ transport: 'TCP', address: '9.9.9.9', port: 1, flow })).toBe(flow);
    expect(flow).toMatchObject({ transport: 'TCP', reliable: true, sentBy: '192.0.2.1:5060' });
  });

  test('TRP-18 a refused connection is told once to each sender, later; the next try connects again', async () => {
    const { open, network, agenda, transport } = await layer();
    const flow = open('192.0.2.9');
    const [one, other, third] = [new Sender(), new Sender(), new Sender()];
    flow.send('a', one);
    flow.send('b', one);
    flow.send('c', other);
    flow.send('d', third);
    expect(present(network.connections[0]).written).toBe('abcd');
    flow.forget(third);
    present(network.connections[0]).receiver.closed(new Error('ECONNREFUSED'));
    expect(one.errors).toEqual([]);
    expect(flow.open).toBe(false);
    agenda.settle();
    expect([one.errors, other.errors, third.errors]).toEqual([['ECONNREFUSED'], ['ECONNREFUSED'], []]);
    flow.send('e', third);
    agenda.settle();
    expect(third.errors).toEqual(['ECONNREFUSED']);
    expect(open('192.0.2.9')).not.toBe(flow);
    expect(transport.connections).toBe(1);
  });

  test('a connection that is not answered in time fails', async () => {
    const { open, network, agenda, clock } = await layer();
    const sender = new Sender();
    open('192.0.2.9').send('a', sender);
    clock.advance(5_000);
    agenda.settle();
    expect(sender.errors).toEqual(['tcp:192.0.2.9:5060 did not answer']);
    expect(present(network.connections[0]).destroyed).toBe(true);
  });

  test('a response on a connection of ours is passed up', async () => {
    const { open, network, summary } = await layer();
    const flow = open('192.0.2.9');
    const connection = present(network.connections[0]);
    connection.receiver.connected();
    connection.receiver.receive(response(`SIP/2.0/TCP ${flow.sentBy};branch=z9hG4bK1`));
    expect(summary()).toEqual(['200']);
  });
});

describe('connections', () => {
  const incoming = (network: FakeNetwork, port = 40_000, address = '192.0.2.9'): FakeConnection =>
    network.incoming(5060, { address, port });

  test('TRP-10 TRP-11 messages in pieces and several at once, in order', async () => {
    const { network, summary } = await layer();
    const connection = incoming(network);
    for (const octet of request({ via: TCP })) connection.receiver.receive(octet);
    connection.receiver.receive(
      request({ via: TCP, method: 'INFO' }) + request({ via: TCP, method: 'MESSAGE', body: 'x' }),
    );
    expect(summary()).toEqual(['OPTIONS', 'INFO', 'MESSAGE']);
  });

  test('TRP-12 §18.3 without a Content-Length: passed up as a fault that can be answered, then closed', async () => {
    const { network, passed, transport, agenda } = await layer();
    const connection = incoming(network);
    connection.receiver.receive(request({ via: TCP, length: '' }) + request({ via: TCP }));
    const [fault, flow] = present(passed[0]) as [Malformed, Flow];
    expect(fault.status).toBe(400);
    transport.respond(responseTo(present(fault.request), 400), flow);
    expect(connection.written).toMatch(/^SIP\/2.0 400/);
    expect(connection.ended).toBe(false);
    agenda.settle();
    expect(connection.ended).toBe(true);
    expect(flow.open).toBe(false);
    expect(passed).toHaveLength(1);
    expect(transport.counters.connectionsBroken).toBe(1);
  });

  test('TRP-14 RFC 5626 §4.4.1 a ping is answered with one CRLF', async () => {
    const { network } = await layer();
    const connection = incoming(network);
    connection.receiver.receive('\r\n\r\n');
    expect(connection.written).toBe('\r\n');
  });

  test('C26 HTTP is closed without a word', async () => {
    const { network, agenda, passed } = await layer();
    const connection = incoming(network);
    connection.receiver.receive(`POST / HTTP/1.1\r\nHost: x\r\n\r\n${request({ via: TCP })}`);
    agenda.settle();
    expect([connection.written, connection.ended, passed.length]).toEqual(['', true, 0]);
  });

  test('TRP-17 the peer closes midway: the part is dropped, senders are told, others are untouched', async () => {
    const { network, passed, agenda } = await layer();
    const [connection, other] = [incoming(network), incoming(network, 40_001)];
    other.receiver.receive(request({ via: TCP }));
    connection.receiver.receive(request({ via: TCP }));
    const sender = new Sender();
    present(passed[1])[1].send('x', sender);
    connection.receiver.receive(request({ via: TCP }).slice(0, 40));
    connection.receiver.closed();
    connection.receiver.receive(request({ via: TCP }).slice(40));
    agenda.settle();
    expect(passed).toHaveLength(2);
    expect(sender.errors).toEqual(['tcp:192.0.2.9:40000 closed the connection']);
    expect(present(passed[0])[1].open).toBe(true);
  });

  test('TRP-16 §18.1.1 an idle connection is kept 64*T1 after its last use at least, and longer while someone waits', async () => {
    const { network, clock, passed, transport } = await layer(undefined, { idleTime: 1 });
    const connection = incoming(network);
    clock.advance(20_000);
    connection.receiver.receive(request({ via: TCP }));
    clock.advance(31_999);
    expect(connection.ended).toBe(false);
    const sender = new Sender();
    present(passed[0])[1].send('x', sender);
    clock.advance(200_000);
    expect(connection.ended).toBe(false);
    present(passed[0])[1].forget(sender);
    clock.advance(64_000);
    expect(connection.ended).toBe(true);
    expect(transport.counters.connectionsIdle).toBe(1);
  });

  test('B04 a connection that never brings a message is ended after 64*T1', async () => {
    const { network, clock } = await layer();
    const connection = incoming(network);
    clock.advance(32_000);
    expect(connection.ended).toBe(true);
    const used = incoming(network);
    used.receiver.receive(request({ via: TCP }));
    clock.advance(100_000);
    expect(used.ended).toBe(false);
  });

  test('B04 caps: in total and for one address; a place is free again when a connection has gone', async () => {
    const { network, transport } = await layer(undefined, { maxConnections: 3, maxConnectionsPerAddress: 2 });
    const all = [incoming(network, 1), incoming(network, 2), incoming(network, 3), incoming(network, 4, '192.0.2.8')];
    expect(all.map((one) => one.destroyed)).toEqual([false, false, true, false]);
    expect(incoming(network, 5, '192.0.2.7').destroyed).toBe(true);
    present(all[0]).receiver.closed();
    expect(incoming(network, 6).destroyed).toBe(false);
    expect(transport.counters.connectionsRefused).toBe(2);
    expect(transport.connections).toBe(3);
  });

  test('B05 a peer that does not read is cut off at the bound, and senders are told', async () => {
    const { network, passed, agenda, transport } = await layer(undefined, { maxBacklog: 1000 });
    const connection = incoming(network);
    connection.receiver.receive(request({ via: TCP }));
    const flow = present(passed[0])[1];
    const sender = new Sender();
    connection.backlog = 1000;
    flow.send('x', sender);
    expect(connection.destroyed).toBe(false);
    connection.backlog = 1001;
    flow.send('x', sender);
    expect([connection.destroyed, flow.open]).toEqual([true, false]);
    agenda.settle();
    expect(sender.errors).toEqual(['tcp:192.0.2.9:40000 does not read']);
    expect(transport.counters.connectionsStuck).toBe(1);
  });

  test('B06 a thousand connections that come with a message and go: nothing is left', async () => {
    const { network, clock, transport, agenda } = await layer();
    for (let i = 0; i < 1000; i++) {
      const connection = incoming(network, 1000 + i);
      connection.receiver.receive(request({ via: TCP }) + request().slice(0, 30));
      connection.receiver.closed(new Error('ECONNRESET'));
    }
    agenda.settle();
    expect([transport.connections, clock.pending]).toEqual([0, 0]);
  });

  test('close ends connections and resolves when all have gone; nothing is opened or accepted after it', async () => {
    const { network, transport, agenda, open } = await layer();
    const connection = incoming(network);
    let done = false;
    const closing = transport.close().then(() => {
      done = true;
    });
    expect(connection.ended).toBe(true);
    await Promise.resolve();
    expect(done).toBe(false);
    connection.receiver.closed();
    await closing;
    expect([network.listening, present(network.sockets[0]).closed]).toEqual([0, true]);
    expect(incoming(network).destroyed).toBe(true);
    const sender = new Sender();
    open('192.0.2.9').send('x', sender);
    agenda.settle();
    expect(sender.errors).toEqual(['tcp:192.0.2.9:5060: the container stops']);
  });
});

describe('isOwn', () => {
  test('PRT-05 TRP-25 host, port and transport have to be ours', async () => {
    const { transport } = await layer(['udp:192.0.2.1:5060', 'tcp:[2001:db8::1]:5070'], { domains: ['Example.com'] });
    expect(transport.isOwn('192.0.2.1')).toBe(true);
    expect(transport.isOwn('192.0.2.1', 5060, 'udp')).toBe(true);
    expect(transport.isOwn('192.0.2.1', 5061)).toBe(false);
    expect(transport.isOwn('192.0.2.1', 5060, 'tcp')).toBe(false);
    expect(transport.isOwn('192.0.2.1', undefined, 'tls')).toBe(false);
    expect(transport.isOwn('[2001:DB8:0::1]', 5070)).toBe(true);
    expect(transport.isOwn('2001:db8::1')).toBe(false);
    expect(transport.isOwn('192.0.2.2')).toBe(false);
    expect(transport.isOwn('example.com')).toBe(true);
    expect(transport.isOwn('EXAMPLE.com', 5060)).toBe(true);
    expect(transport.isOwn('example.com', 5099)).toBe(false);
    expect(transport.isOwn('__proto__')).toBe(false);
  });

  test('a wildcard is every address of the host, and an advertised one is ours', async () => {
    const network = new FakeNetwork();
    const transport = new TransportLayer({ network, clock: new FakeClock(), agenda: new FakeAgenda() });
    await transport.listen([{ transport: 'UDP', address: '0.0.0.0', port: 5060, advertise: 'sip.example.com:6060' }]);
    expect(transport.isOwn('192.0.2.1')).toBe(true);
    expect(transport.isOwn('10.0.0.1')).toBe(true);
    expect(transport.isOwn('127.0.0.7')).toBe(true);
    expect(transport.isOwn('localhost')).toBe(true);
    expect(transport.isOwn('sip.example.com', 6060)).toBe(true);
    expect(transport.isOwn('8.8.8.8')).toBe(false);
    expect(transport.open({ transport: 'UDP', address: '8.8.8.8', port: 5060 }).sentBy).toBe('sip.example.com:6060');
  });
});
