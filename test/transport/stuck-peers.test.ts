// Peers on real sockets that do not read, that lie about lengths, that come and go: nobody else notices.
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Agenda } from '../../container/base/agenda.js';
import { present } from '../../container/base/present.js';
import { RealClock } from '../../container/host/real-clock.js';
import { Request, responseTo } from '../../container/message/index.js';
import { NodeNetwork } from '../../container/transport/node-network.js';
import { TransportLayer } from '../../container/transport/transport-layer.js';
import { request } from './fakes.js';

const via = 'SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK1';

async function server(reply: string) {
  const clock = new RealClock();
  const agenda = new Agenda(queueMicrotask, (error) => {
    throw error;
  });
  const transport = new TransportLayer({ network: new NodeNetwork(clock), clock, agenda });
  transport.user = {
    receive(message, flow) {
      if (!(message instanceof Request)) return;
      const response = responseTo(message, 200, undefined, 'mine');
      if (message.method === 'MESSAGE') response.setBody(reply, 'text/plain');
      transport.respond(response, flow);
    },
  };
  const [listening] = await transport.listen(['tcp:127.0.0.1:0']);
  const peer = (): Socket => connect(present(listening).port, '127.0.0.1').on('error', () => {});
  const probe = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = peer();
      socket.once('data', () => resolve(void socket.destroy()));
      socket.write(request({ via }));
    });
  const stop = async (): Promise<void> => {
    await transport.close();
    clock.close();
  };
  return { transport, peer, probe, stop };
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

test('B05 twenty peers that do not read replies of 256 KiB are cut off, and a probe is answered', async () => {
  const { transport, peer, probe, stop } = await server('x'.repeat(262_144));
  const stuck = Array.from({ length: 20 }, peer);
  for (const socket of stuck) {
    socket.pause();
    socket.write(request({ via, method: 'MESSAGE' }).repeat(60));
  }
  while (transport.counters.connectionsStuck < 20) await probe();
  await probe();
  for (const socket of stuck) socket.destroy();
  await stop();
  expect(transport.connections).toBe(0);
});

test('B06 connections that bring ten INVITEs and are reset leave nothing', async () => {
  const { transport, peer, probe, stop } = await server('');
  for (let i = 0; i < 200; i++) {
    const socket = peer();
    await new Promise<void>((resolve) => socket.write(request({ via, method: 'INVITE' }).repeat(10), () => resolve()));
    socket.resetAndDestroy();
  }
  await probe();
  while (transport.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(transport.counters.faults).toBe(0);
  await stop();
});

test('B01 B07 a length that lies, and ten megabytes of line ends: closed by us', async () => {
  const { transport, peer, probe, stop } = await server('');
  const liar = peer();
  liar.resume().write(request({ via, length: 'Content-Length: 4294967295\r\n' }));
  await closed(liar);
  const flood = peer();
  flood.resume().write('\r\n'.repeat(5_000_000));
  await closed(flood);
  await probe();
  expect(transport.counters.connectionsBroken).toBe(2);
  await stop();
});

test('RULES.md section 8, a container that stops: a peer that does not end its side of the connection is cut off soon, and has all that was written', async () => {
  const { transport, stop } = await server('x'.repeat(100_000));
  const { port } = present(transport.listenings[0]);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  let read = 0;
  socket.on('data', (octets) => {
    read += octets.length;
  });
  socket.write(request({ via, method: 'MESSAGE' }));
  while (read === 0) await new Promise((resolve) => setImmediate(resolve));
  const began = performance.now();
  await stop();
  expect(performance.now() - began).toBeLessThan(1500);
  expect(transport.connections).toBe(0);
  while (!socket.readableEnded && !socket.destroyed) await new Promise((resolve) => setImmediate(resolve));
  expect(read).toBeGreaterThan(100_000);
  socket.destroy();
});
