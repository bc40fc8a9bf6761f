// Connections of a container with two engines: the main thread has them, and the calls of both engines share them.
// Needs the build.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Connection, type End, responseTo } from '../running/wire.js';
import { StandingCall, TwoEngines } from './two-engines.js';

let stage: TwoEngines;

beforeAll(async () => {
  stage = await TwoEngines.open();
});

afterAll(async () => {
  expect(await stage.close()).toEqual({ status: 0, err: '' });
});

/** A call that a caller makes on a connection, up to its end; the thread that it was in. */
async function call(connection: Connection, callId: string, user = 'bob'): Promise<string> {
  const end = connection as unknown as Pick<End, 'inbox'>;
  const invite = stage.request('INVITE', { callId, target: `sip:${user}@127.0.0.1`, transport: 'TCP' });
  connection.send(invite.wire);
  const { raw, reply, transport } = await stage.arrival(callId, 'INVITE');
  expect(transport).toBe(user === 'stream' ? 'TCP' : 'UDP');
  const contact = `<sip:bob@127.0.0.1:${stage.callee.port}${user === 'stream' ? ';transport=tcp' : ''}>`;
  reply(responseTo(raw, 180));
  reply(responseTo(raw, 200, [`Contact: ${contact}`]));
  await connection.inbox.take(({ raw: each }) => each.value('call-id') === callId && each.status === 180, 3000);
  const answer = await stage.answer(invite, 200, end);
  const lines = answer
    .values('record-route')
    .reverse()
    .map((value) => `Route: ${value}`);
  // Two transports: two Record-Routes (RFC 5658).
  expect(lines).toHaveLength(user === 'stream' ? 1 : 2);
  const within = {
    callId,
    target: contact.slice(1, -1),
    to: present(answer.value('to')),
    lines,
    transport: 'TCP' as const,
  };
  connection.send(stage.request('ACK', within).wire);
  await stage.arrival(callId, 'ACK');
  const bye = stage.request('BYE', { ...within, cseq: 2 });
  connection.send(bye.wire);
  const end2 = await stage.arrival(callId, 'BYE');
  expect(end2.raw.value('x-thread')).toBe(raw.value('x-thread'));
  end2.reply(responseTo(end2.raw, 200));
  await stage.answer(bye, 200, end);
  return present(raw.value('x-thread'));
}

test('callers on TCP, a callee on UDP: the calls of one connection are on both engines', async () => {
  const connection = await Connection.open('127.0.0.1', stage.container.tcp);
  const threads: string[] = [];
  for (let i = 0; i < 12; i++) threads.push(await call(connection, `tcp-${i}`));
  expect(new Set(threads).size).toBe(2);
  await connection.close();
});

test('both engines send on one connection to the callee', async () => {
  const connection = await Connection.open('127.0.0.1', stage.container.tcp);
  const threads: string[] = [];
  for (let i = 0; i < 12; i++) threads.push(await call(connection, `both-${i}`, 'stream'));
  expect(new Set(threads).size).toBe(2);
  await connection.close();
});

test('messages byte by byte, and several in one segment', async () => {
  const connection = await Connection.open('127.0.0.1', stage.container.tcp);
  const messages = Array.from({ length: 6 }, (_, i) =>
    stage.request('MESSAGE', { callId: `bytes-${i}`, transport: 'TCP' }),
  );
  for (const octet of present(messages[0]).wire) connection.send(octet);
  connection.send(
    messages
      .slice(1)
      .map(({ wire }) => wire)
      .join(''),
  );
  for (const message of messages) await stage.answer(message, 200, connection as unknown as Pick<End, 'inbox'>);
  await connection.close();
});

test('a ping is answered once (RFC 5626 §4.4.1)', async () => {
  const { connect } = await import('node:net');
  const socket = connect(stage.container.tcp, '127.0.0.1');
  let octets = '';
  socket.on('data', (chunk) => {
    octets += String(chunk);
  });
  socket.write('\r\n\r\n');
  await expect.poll(() => octets).toBe('\r\n');
  const message = stage.request('MESSAGE', { callId: 'after-ping', transport: 'TCP' });
  socket.write(message.wire);
  await expect.poll(() => octets).toMatch(/^\r\nSIP\/2\.0 200 /);
  socket.destroy();
});

test('what cannot be read is answered, and the connection ends where framing is lost', async () => {
  const connection = await Connection.open('127.0.0.1', stage.container.tcp);
  const bad = stage.request('OPTIONS', { callId: 'bad', transport: 'TCP' });
  connection.send(bad.wire.replace('Content-Length: 0', 'Content-Length: x'));
  const { raw } = await connection.inbox.take(() => true, 3000);
  expect(raw.status).toBe(400);
  expect(raw.value('via')).toContain('received=127.0.0.1');
  await connection.ended;
});

test('§18.1.1 a callee that nobody can connect to is a failure of the call, at once', async () => {
  const { createServer } = await import('node:net');
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  await new Promise((resolve) => server.close(resolve));
  const routed = stage.request('INVITE', {
    callId: 'refused',
    target: 'sip:bob@127.0.0.1',
    lines: [`Route: <sip:127.0.0.1:${stage.container.udp};lr>`, `Route: <sip:127.0.0.1:${port};transport=tcp;lr>`],
  });
  stage.send(routed);
  const { raw } = await stage.caller.inbox.take(
    ({ raw: each }) => each.value('call-id') === 'refused' && each.status >= 300,
    3000,
  );
  expect(raw.status).toBe(500);
});

test('a call over UDP goes on when a connection of its engine is closed by the peer', async () => {
  const connection = await Connection.open('127.0.0.1', stage.container.tcp);
  const standing = await StandingCall.begin(stage, 'goes-on');
  await call(connection, 'short');
  await connection.close();
  expect(await standing.passes('BYE')).toBe(standing.thread);
});
