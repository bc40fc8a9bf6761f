// C-42 with two engines: requests of one key are in one application session, whatever their Call-ID and wherever they
// come. Needs the build.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Connection, responseTo } from '../running/wire.js';
import { acknowledgementOf, TwoEngines } from './two-engines.js';

let stage: TwoEngines;

beforeAll(async () => {
  // The key of MESSAGE is its subject: its answers count the requests of the session.
  stage = await TwoEngines.open(
    '',
    [],
    `@SessionKey() static key(request: any) { const key = request.headers.get('Subject'); if (key === 'fault') throw new Error('no key'); return key; }`,
  );
});

afterAll(async () => {
  expect(await stage.close()).toEqual({ status: 0, err: '' });
});

const about = (subject: string, callId: string, method = 'MESSAGE', more: object = {}) =>
  stage.request(method, { callId, lines: [`Subject: ${subject}`], ...more });

test('all of one key are in one thread, by UDP and by TCP; keys are spread over both', async () => {
  const connection = await Connection.open('127.0.0.1', stage.container.tcp);
  const threads = new Map<string, Set<string>>();
  for (let i = 0; i < 60; i++) {
    const subject = `key-${i % 6}`;
    const message = about(subject, `keyed-${i}`, 'MESSAGE', { transport: i % 2 === 0 ? 'UDP' : 'TCP' });
    if (i % 2 === 0) stage.send(message);
    else connection.send(message.wire);
    const answer = await stage.answer(message, 200, i % 2 === 0 ? stage.caller : connection);
    threads.set(subject, (threads.get(subject) ?? new Set()).add(present(answer.value('x-thread'))));
  }
  for (const each of threads.values()) expect(each.size).toBe(1);
  expect(new Set([...threads.values()].map(([thread]) => thread)).size).toBe(2);
  await connection.close();
});

test('retransmissions, CANCEL and ACK find the call where its key is', async () => {
  for (let i = 0; i < 8; i++) {
    const callId = `moved-${i}`;
    const invite = stage.send(about('one-room', callId, 'INVITE'));
    const { raw, reply } = await stage.arrival(callId, 'INVITE');
    reply(responseTo(raw, 180));
    await stage.answer(invite, 180);
    stage.send(invite);
    const branch = present(present(/branch=([^;]*)/.exec(present(invite.value('via'))))[1]);
    await stage.answer(stage.send(stage.request('CANCEL', { callId, branch })), 200);
    const cancel = await stage.callee.inbox.take(
      ({ raw: each }) => each.value('call-id') === callId && each.method === 'CANCEL',
    );
    cancel.reply(responseTo(cancel.raw, 200));
    reply(responseTo(raw, 487));
    const answer = await stage.answer(invite, 487);
    stage.caller.send(acknowledgementOf(invite, answer), stage.container.udp);
    // Its INVITE was forwarded once.
    expect(
      stage.callee.inbox.rest().filter((each) => each.raw.value('call-id') === callId && each.raw.method === 'INVITE'),
    ).toEqual([]);
  }
});

test('an INVITE that replaces a call is where that call is, whatever its key (JSR 289 §15.11), and so is its BYE', async () => {
  const target = 'sip:answer@127.0.0.1';
  const threads = new Set<string>();
  for (let i = 0; i < 6; i++) {
    const callId = `to-replace-${i}`;
    const answer = await stage.answer(stage.send(about(`room-${i}`, callId, 'INVITE', { target })), 200);
    const to = present(answer.value('to'));
    stage.send(about(`room-${i}`, callId, 'ACK', { target, to }));
    const lines = [
      'Subject: a room of its own',
      `Replaces: ${callId};to-tag=${present(/tag=(.*)/.exec(to))[1]};from-tag=alice${callId}`,
    ];
    const other = { callId: `replaces-it-${i}`, target };
    const replaced = await stage.answer(stage.send(stage.request('INVITE', { ...other, lines })), 200);
    expect(replaced.value('x-thread')).toBe(answer.value('x-thread'));
    threads.add(present(answer.value('x-thread')));
    stage.send(stage.request('ACK', { ...other, to: present(replaced.value('to')) }));
    for (const [id, tagged] of [
      [callId, to],
      [other.callId, present(replaced.value('to'))],
    ] as const)
      await stage.answer(stage.send(stage.request('BYE', { callId: id, target, to: tagged, cseq: 2 })), 200);
  }
  expect(threads.size).toBe(2);
});

test('C-41 a key that throws is told of once, and answered 500', async () => {
  const message = stage.send(about('fault', 'faulty'));
  await stage.answer(message, 500);
  await stage.container.said(({ level, callId }) => level === 50 && callId === 'faulty');
});
