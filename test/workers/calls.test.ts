// Calls through a container with two engines: one engine has all of a call, regardless of the sender, and all engines
// are at one address. Needs the build.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { responseTo } from '../running/wire.js';
import { acknowledgementOf, StandingCall, TwoEngines } from './two-engines.js';

let stage: TwoEngines;

beforeAll(async () => {
  stage = await TwoEngines.open();
});

afterAll(async () => {
  expect(await stage.close()).toEqual({ status: 0, err: '' });
});

describe('a call is whole on one engine', () => {
  test('proxied and record-routed: re-INVITE, INFO and BYE from both sides', async () => {
    for (let i = 0; i < 8; i++) {
      const call = await StandingCall.begin(stage, `proxied-${i}`);
      expect(call.thread).toMatch(/^\d+$/);
      expect(await call.passes('INVITE')).toBe(call.thread);
      expect(await call.passes('INFO')).toBe(call.thread);
      expect(await call.passesBack('INFO', 1)).toBe(call.thread);
      if (i % 2 === 0) expect(await call.passes('BYE')).toBe(call.thread);
      else expect(await call.passesBack('BYE', 2)).toBe(call.thread);
    }
  });

  test('bridged: the two legs have Call-IDs of their own', async () => {
    for (let i = 0; i < 8; i++) {
      const call = await StandingCall.begin(stage, `bridged-${i}`, 'bridge');
      expect(call.invited.raw.value('call-id')).not.toBe(call.callId);
      expect(await call.passes('INVITE')).toBe(call.thread);
      expect(await call.passesBack('INFO', 1)).toBe(call.thread);
      if (i % 2 === 0) expect(await call.passes('BYE')).toBe(call.thread);
      else expect(await call.passesBack('BYE', 2)).toBe(call.thread);
    }
  });

  test('answered by the application: what comes in the dialog, and an INVITE that replaces it (RFC 3891), by our To tag', async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const callId = `answered-here-${i}`;
      const target = 'sip:answer@127.0.0.1';
      const answer = await stage.answer(stage.send(stage.request('INVITE', { callId, target })), 200);
      const thread = present(answer.value('x-thread'));
      seen.add(thread);
      const to = present(answer.value('to'));
      stage.send(stage.request('ACK', { callId, target, to }));
      const info = stage.send(stage.request('INFO', { callId, target, to, cseq: 2 }));
      expect((await stage.answer(info, 200)).value('x-thread')).toBe(thread);
      const tag = present(present(/tag=(.*)/.exec(to))[1]);
      for (let k = 0; k < 3; k++) {
        const lines = [`Replaces: ${callId};to-tag=${tag};from-tag=alice${callId}`];
        const other = { callId: `replacing-${i}-${k}`, target };
        const replaced = await stage.answer(stage.send(stage.request('INVITE', { ...other, lines })), 200);
        expect(replaced.value('x-thread')).toBe(thread);
        stage.send(stage.request('ACK', { ...other, to: present(replaced.value('to')) }));
        const bye = stage.send(stage.request('BYE', { ...other, to: present(replaced.value('to')), cseq: 2 }));
        expect((await stage.answer(bye, 200)).value('x-thread')).toBe(thread);
      }
      const bye = stage.send(stage.request('BYE', { callId, target, to, cseq: 3 }));
      expect((await stage.answer(bye, 200)).value('x-thread')).toBe(thread);
    }
    expect(seen.size).toBe(2);
  });

  test('CANCEL finds its INVITE, and ACK the 487', async () => {
    for (let i = 0; i < 8; i++) {
      const callId = `cancelled-${i}`;
      const invite = stage.send(stage.request('INVITE', { callId }));
      const { raw, reply } = await stage.arrival(callId, 'INVITE');
      reply(responseTo(raw, 180));
      await stage.answer(invite, 180);
      const branch = present(present(/branch=([^;]*)/.exec(present(invite.value('via'))))[1]);
      await stage.answer(stage.send(stage.request('CANCEL', { callId, branch })), 200);
      const cancel = await stage.callee.inbox.take(
        ({ raw: each }) => each.value('call-id') === callId && each.method === 'CANCEL',
      );
      cancel.reply(responseTo(cancel.raw, 200));
      reply(responseTo(raw, 487));
      const answer = await stage.answer(invite, 487);
      stage.caller.send(acknowledgementOf(invite, answer), stage.container.udp);
    }
  });

  test('a retransmission is none of the other engine: the callee is asked once, and the answer is the same', async () => {
    for (let i = 0; i < 8; i++) {
      const callId = `again-${i}`;
      const invite = stage.request('INVITE', { callId, target: 'sip:busy@127.0.0.1' });
      stage.send(invite);
      stage.send(invite);
      const first = await stage.answer(invite, 486);
      stage.send(invite);
      const second = await stage.answer(invite, 486);
      expect(second.value('to')).toBe(first.value('to'));
      stage.caller.send(acknowledgementOf(invite, first), stage.container.udp);
    }
  });
});

test('a hundred calls of one trunk, from one address and port, are on both engines, and none is sent again', async () => {
  const calls: StandingCall[] = [];
  // Ten at a time: the phones of this test have small buffers.
  for (let i = 0; i < 100; i += 10)
    calls.push(
      ...(await Promise.all(Array.from({ length: 10 }, (_, k) => StandingCall.begin(stage, `trunk-${i + k}`)))),
    );
  expect(new Set(calls.map(({ thread }) => thread)).size).toBe(2);
  for (const call of calls) expect(await call.passes('BYE')).toBe(call.thread);
  // Each message came once: no datagram was read by a thread that has only to send.
  const rest = stage.callee.inbox.rest().filter(({ raw }) => raw.value('call-id')?.startsWith('trunk'));
  expect(rest.map(({ raw }) => raw.start)).toEqual([]);
});
