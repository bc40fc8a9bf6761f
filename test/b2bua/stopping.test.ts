// The container stops during calls in which an application is a user agent (RULES.md section 8, §15).
import type { SipRequest } from '@siplet/sdk';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { drain } from '../../container/composition/drain.js';
import { type BridgingStage, bridging } from './bridging.js';
import { talking } from './legs.js';

const stops = (on: BridgingStage) => on.container.engine.sessions.endCalls(on.container.active);

test('E-15 §15 both phones of a bridged call get a BYE with a Reason when the container stops', async () => {
  const on = await bridging();
  await talking(on);
  const stopped = stops(on);
  const byes = await Promise.all([on.alice.receive('BYE'), on.bob.receive('BYE')]);
  for (const bye of byes) {
    expect(bye.message.header('Reason')).toBe('SIP;cause=503;text="Shutting down"');
    bye.reply(200);
  }
  await on.world.complete(stopped);
  await on.over();
});

test('E-15 §9.1 a callee that rings is cancelled and the caller gets 480 when the container stops', async () => {
  const on = await bridging();
  const call = on.alice.invite('sip:bob@siplet');
  const invite = await on.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  const stopped = stops(on);
  (await on.bob.receive('CANCEL')).reply(200);
  invite.reply(487);
  await call.response(480);
  await on.world.complete(stopped);
  await on.over();
});

test('E-15 §15 a phone that an application answered gets a BYE when the container stops, after its ACK', async () => {
  const on = await bridging((request: SipRequest) => request.createResponse(200).send());
  const call = on.alice.invite('sip:bob@siplet');
  await call.response(200);
  const stopped = stops(on);
  await on.world.run(2000);
  expect(on.alice.received.some(({ message }) => message.isRequest)).toBe(false);
  call.ack();
  (await on.alice.receive('BYE')).reply(200);
  await on.world.complete(stopped);
  await on.over();
});

test('E-15 a proxied call goes on when the container stops', async () => {
  const on = await bridging((request: SipRequest) => request.proxyTo('sip:bob@10.0.0.2', { recordRoute: true }));
  const call = on.alice.invite('sip:bob@siplet');
  (await on.bob.receive('INVITE')).reply(200);
  await call.response(200);
  call.ack();
  await on.bob.receive('ACK');
  await on.world.complete(stops(on));
  const bye = call.dialog.request('BYE');
  (await on.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.ends();
});

test.each([
  ['calls that are left after shutdown.timeout are ended', 1, ['refuse', 'end']],
  ['without calls there is nothing to end', 0, ['refuse']],
] as const)('E-15 §15 %s', async (_, inProgress, expected) => {
  const steps: string[] = [];
  const calls = {
    refuseNew: () => void steps.push('refuse'),
    callsInProgress: () => inProgress,
    endCalls: async () => void steps.push('end'),
  };
  await drain(calls, 0, 0, pino({ enabled: false }));
  expect(steps).toEqual(expected);
});
