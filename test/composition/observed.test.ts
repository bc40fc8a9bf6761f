// What operators see of messages that travel from application to application: RULES.md sections 5 and 9.
import { Bye, Invite, type SipRequest, SuccessResponse, Siplet as siplet } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { ladderOf } from '../../container/http/ladder.js';
import { Calls } from '../../container/observe/calls.js';
import { Traffic } from '../../container/observe/traffic.js';
import { stage } from '../world/stage.js';

/** An application that stays on the path. */
function passed(name: string, target?: string) {
  @siplet({ name })
  class Passed {
    @Invite()
    invite(request: SipRequest) {
      request.proxy({ recordRoute: true }).proxyTo(target ?? request.uri);
    }
    @Bye()
    bye() {}
    @SuccessResponse()
    answered() {}
  }
  return { Passed };
}

async function observed(options: { calls?: number; messages?: number } = {}) {
  const applications = { hunt: passed('hunt', 'sip:bob@10.0.0.2'), screen: passed('screen') };
  const configuration = 'router: { INVITE: [screen, hunt] }';
  const { world, container, alice, bob } = await stage(applications, { configuration });
  const calls = new Calls({ calls: 10, messages: 50, ...options, now: () => world.clock.now() });
  const traffic = new Traffic(calls);
  container.engine.transport.counters.observer = traffic;
  const call = alice.invite('sip:somebody@example.com', { via: 'siplet' });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await world.deliver();
  return { calls, traffic, container, callId: present(calls.list()[0]).callId };
}

test('section 5 the ladder shows what passes between applications, with their names as far as they are known', async () => {
  const { calls, callId } = await observed();
  const { head, steps } = ladderOf(present(calls.get(callId)));
  const shown = [head, ...steps].map((line) => line.slice(11)).join('\n');
  expect(shown).toMatchInlineSnapshot(`
    "     10.0.0.1:5060              siplet                     10.0.0.2:5060
    UDP  |- INVITE ---------------->|                          |
    UDP  |< 100 Trying -------------|                          |
         |                          |* INVITE screen → hunt    |
    UDP  |                          |- INVITE ---------------->|
         |                          |* 100 Trying hunt → screen|
    UDP  |                          |< 180 Ringing ------------|
         |                          |* 180 Ringing hunt → screen
    UDP  |< 180 Ringing ------------|                          |
    UDP  |                          |< 200 OK -----------------|
         |                          |* 200 OK hunt → screen    |
    UDP  |< 200 OK -----------------|                          |
    UDP  |- ACK ------------------->|                          |
         |                          |* ACK to hunt             |
    UDP  |                          |- ACK ------------------->|
    UDP  |- BYE ------------------->|                          |
         |                          |* BYE to hunt             |
    UDP  |                          |- BYE ------------------->|
    UDP  |                          |< 200 OK -----------------|
         |                          |* 200 OK from hunt        |
    UDP  |< 200 OK -----------------|                          |"
  `);
  expect(calls.list()[0]).toMatchObject({ state: 'ended', status: 200, messages: steps.length });
});

test('section 5 they are counted apart from those on the wire', async () => {
  const { traffic } = await observed();
  const inside = traffic.valuesInside().map(({ labels: { method, status }, value }) => `${method} ${status} ${value}`);
  expect(inside).toEqual([
    'INVITE  1',
    'INVITE 100 1',
    'INVITE 180 1',
    'INVITE 200 1',
    'ACK  1',
    'BYE  1',
    'BYE 200 1',
  ]);
  const wire = traffic.values().filter(({ labels }) => labels.method === 'BYE');
  expect(wire.map(({ value }) => value)).toEqual([1, 1, 1, 1]);
});

test('C30 they count against trace.messages', async () => {
  const { calls, callId } = await observed({ messages: 3 });
  expect(present(calls.get(callId)).trace.map(({ direction }) => direction)).toEqual(['in', 'out', 'inside']);
});

test('nothing is kept of an application but its name', async () => {
  const { calls, callId } = await observed();
  const inside = present(calls.get(callId)).trace.filter(({ direction }) => direction === 'inside');
  expect(Object.keys(present(inside[0])).sort()).toEqual(['at', 'direction', 'recipient', 'sender', 'start', 'text']);
});
