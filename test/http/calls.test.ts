// The calls that are kept for operators: states, bounds, and the ladder.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { ladderOf } from '../../container/http/ladder.js';
import { type CallSummary, Calls } from '../../container/observe/calls.js';
import { callIdOf, methodOf, statusOf } from '../../container/observe/wire-text.js';
import type { Flow } from '../../container/transport/flow.js';
import type { Parties } from '../../container/transport/internal-flow.js';

const flowTo = (address: string) =>
  ({
    transport: 'UDP',
    localAddress: '10.0.0.9',
    localPort: 5060,
    remoteAddress: address,
    remotePort: 5060,
  }) as Flow;
const ALICE = flowTo('10.0.0.1');
const BOB = flowTo('10.0.0.2');

function stage(bounds: { calls?: number; messages?: number; standing?(): Set<string> } = {}) {
  const changes: string[] = [];
  let now = 1000;
  const changed = ({ callId, state }: CallSummary) => changes.push(`${callId} ${state}`);
  const calls = new Calls({ calls: 10, messages: 20, ...bounds, now: () => (now += 10), changed });
  const wire = (start: string, method: string, callId: string, body = '') =>
    `${start}\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n\r\n${body}`;
  const request = (method: string, isSent: boolean, flow: Flow, callId = 'c1', body = '') =>
    calls.note(callId, method, 0, isSent, wire(`${method} sip:b@x SIP/2.0`, method, callId, body), flow);
  const response = (status: number, method: string, isSent: boolean, flow: Flow, callId = 'c1') =>
    calls.note(callId, method, status, isSent, wire(`SIP/2.0 ${status} Fine`, method, callId), flow);
  return { calls, changes, request, response };
}

test('a proxied call from its beginning to its end', () => {
  const { calls, changes, request, response } = stage();
  request('INVITE', false, ALICE);
  response(100, 'INVITE', true, ALICE);
  request('INVITE', true, BOB);
  response(180, 'INVITE', false, BOB);
  response(180, 'INVITE', true, ALICE);
  response(200, 'INVITE', false, BOB);
  response(200, 'INVITE', true, ALICE);
  request('BYE', false, ALICE);
  response(200, 'BYE', true, ALICE);
  expect(changes).toEqual(['c1 trying', 'c1 ringing', 'c1 established', 'c1 ended']);
  const { head, steps } = ladderOf(present(calls.get('c1')));
  expect([head, ...steps].join('\n')).toMatchInlineSnapshot(`
    "                10.0.0.1:5060              siplet                     10.0.0.2:5060
         0 ms  UDP  |- INVITE ---------------->|                          |
        10 ms  UDP  |< 100 Fine ---------------|                          |
        20 ms  UDP  |                          |- INVITE ---------------->|
        30 ms  UDP  |                          |< 180 Fine ---------------|
        40 ms  UDP  |< 180 Fine ---------------|                          |
        50 ms  UDP  |                          |< 200 Fine ---------------|
        60 ms  UDP  |< 200 Fine ---------------|                          |
        70 ms  UDP  |- BYE ------------------->|                          |
        80 ms  UDP  |< 200 Fine ---------------|                          |"
  `);
});

test('a branch that fails is not the end of the call; an INVITE after a 407 begins it again', () => {
  const { calls, request, response } = stage();
  request('INVITE', false, ALICE);
  response(407, 'INVITE', true, ALICE);
  expect(calls.list()[0]).toMatchObject({ state: 'failed', status: 407 });
  request('INVITE', false, ALICE);
  response(486, 'INVITE', false, BOB);
  expect(present(calls.list()[0]).state).toBe('trying');
  response(200, 'INVITE', true, ALICE);
  expect(calls.list()[0]).toMatchObject({ state: 'established', status: 200 });
});

describe('section 5 what passes between applications', () => {
  const wire = (start: string) =>
    `${start}\r\nFrom: <sip:a@x>\r\nTo: <sip:b@x>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n\r\n`;

  test('does not say where a call is that came from outside', () => {
    const { calls, request } = stage();
    request('INVITE', false, ALICE);
    const parties: Parties = { sender: 'one', recipient: undefined };
    calls.noteInside('c1', 'INVITE', 0, wire('INVITE sip:b@x SIP/2.0'), parties);
    parties.recipient = 'two';
    calls.noteInside('c1', 'INVITE', 486, wire('SIP/2.0 486 Busy Here'), parties);
    expect(calls.list()[0]).toMatchObject({ state: 'trying', messages: 3 });
    expect(present(calls.get('c1')).trace.slice(1)).toMatchObject([
      { direction: 'inside', sender: 'one', recipient: 'two' },
      { direction: 'inside', sender: 'two', recipient: 'one' },
    ]);
  });

  test('does when the call began so; the ladder is right of our column, also when there is no other', () => {
    const { calls } = stage();
    const parties = { sender: 'one', recipient: 'an-application-with-a-long-name' };
    calls.noteInside('c1', 'INVITE', 0, wire('INVITE sip:b@x SIP/2.0'), parties);
    calls.noteInside('c1', 'INVITE', 200, wire('SIP/2.0 200 OK'), { sender: 'one', recipient: undefined });
    expect(calls.list()[0]).toMatchObject({ state: 'established', status: 200 });
    const { head, steps } = ladderOf(present(calls.get('c1')));
    expect([head, ...steps]).toEqual([
      '                siplet',
      '     0 ms       |* INVITE one → an-application-with-a-long-name',
      '    10 ms       |* 200 OK to one',
    ]);
  });
});

test('a call that we have not seen begin is not listed; nor is one without a Call-ID', () => {
  const { calls, request, response } = stage();
  response(200, 'INVITE', false, BOB);
  request('ACK', false, ALICE);
  request('INVITE', false, ALICE, '');
  expect(calls.list()).toEqual([]);
});

describe('C30 bounds', () => {
  test('calls: one that has ended makes room before one that goes on', () => {
    const { calls, request, response } = stage({ calls: 2 });
    request('INVITE', false, ALICE, 'held');
    response(200, 'INVITE', true, ALICE, 'held');
    for (const callId of ['one', 'two', 'three']) {
      request('INVITE', false, ALICE, callId);
      response(486, 'INVITE', true, ALICE, callId);
    }
    expect(calls.list().map(({ callId }) => callId)).toEqual(['three', 'held']);
  });

  test('messages: the first are kept, the rest is counted, and the state is followed on', () => {
    const { calls, request, response } = stage({ messages: 1 });
    request('INVITE', false, ALICE);
    response(200, 'INVITE', true, ALICE);
    expect(calls.get('c1')).toMatchObject({ state: 'established', messages: 2, omitted: 1 });
  });

  test('octets: whatever the bodies are, 64 MiB', () => {
    const { calls, request } = stage({ calls: 1000 });
    const body = 'x'.repeat(1_000_000);
    for (let i = 0; i < 100; i++) request('MESSAGE', false, ALICE, `c${i}`, body);
    expect(calls.list().length).toBeLessThan(68);
  });
});

test('a glance at a message tells what it is', () => {
  const compact = 'INVITE sip:b@x SIP/2.0\r\nI : one\r\nl: 3\r\n\r\nCall-ID: body\r\n';
  expect(callIdOf(compact)).toBe('one');
  expect(callIdOf(`INVITE sip:b@x SIP/2.0\r\ni: one\r\n\r\nSIP\r\nCall-ID: inner\r\n`)).toBe('one');
  expect(methodOf(compact, statusOf(compact))).toBe('INVITE');
  const ok = 'SIP/2.0 200 OK\r\ncseq:  1   BYE\r\n\r\n';
  expect([statusOf(ok), methodOf(ok, 200)]).toEqual([200, 'BYE']);
  expect(methodOf('nonsense', 0)).toBe('');
});

describe('W-12 a call with several Call-IDs, and one that was left', () => {
  test('two calls that are joined become the earlier one, with the messages of both in order', () => {
    const { calls, request, response } = stage();
    request('INVITE', false, ALICE, 'one');
    request('INVITE', false, BOB, 'two');
    response(200, 'INVITE', true, ALICE, 'one');
    calls.join('two', 'one');
    expect(calls.list()).toMatchObject([{ callId: 'one', callIds: ['one', 'two'], messages: 3, state: 'established' }]);
    expect(present(calls.get('two')).trace.map(({ at }) => at)).toEqual([1010, 1020, 1030]);
    request('BYE', false, BOB, 'two');
    expect(calls.list()).toHaveLength(1);
  });

  test('legs that are joined before their first message are listed with it', () => {
    const { calls, request } = stage();
    calls.join('one', 'two');
    expect([calls.list(), calls.get('one')]).toEqual([[], undefined]);
    request('INVITE', true, BOB, 'two');
    expect(calls.list()).toMatchObject([{ callIds: ['one', 'two'], messages: 1 }]);
  });

  test('C30 a call has 64 legs at most, and nothing of it is left when it is forgotten', () => {
    const { calls, request, response } = stage({ calls: 2 });
    request('INVITE', false, ALICE, 'one');
    for (let i = 0; i < 100; i++) calls.join('one', `leg-${i}`);
    expect(present(calls.list()[0]).callIds).toHaveLength(64);
    response(486, 'INVITE', true, ALICE, 'one');
    for (const callId of ['two', 'three']) request('INVITE', false, ALICE, callId);
    expect(calls.list().map(({ callId }) => callId)).toEqual(['three', 'two']);
    expect(calls.get('leg-1')).toBeUndefined();
  });

  test('one that was left makes room before one that stands', () => {
    const standing = new Set(['held', 'next']);
    const { calls, request, response } = stage({ calls: 2, standing: () => standing });
    for (const callId of ['held', 'gone', 'next']) {
      request('INVITE', false, ALICE, callId);
      response(200, 'INVITE', true, ALICE, callId);
    }
    expect(calls.list().map(({ callId, state }) => `${callId} ${state}`)).toEqual([
      'next established',
      'held established',
    ]);
  });

  test('§16.6 an INVITE that nobody answers is left after a time longer than Timer C', () => {
    let now = 0;
    const calls = new Calls({ calls: 10, messages: 1, silence: 200_000, now: () => now, standing: () => new Set() });
    calls.note('one', 'INVITE', 0, false, 'INVITE sip:b@x SIP/2.0\r\n\r\n', ALICE);
    now = 200_000 - 1;
    expect(present(calls.list()[0]).state).toBe('trying');
    now = 200_001;
    expect(present(calls.list()[0]).state).toBe('left');
  });

  test('the ladder says by what transport each message went', () => {
    const { calls, request } = stage();
    request('INVITE', false, ALICE);
    request('INVITE', true, { ...BOB, transport: 'TCP' } as Flow);
    expect(ladderOf(present(calls.get('c1'))).steps.map((step) => step.slice(11, 15))).toEqual(['UDP ', 'TCP ']);
  });
});
