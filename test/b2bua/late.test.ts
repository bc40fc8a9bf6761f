// A callee that never answers: Timer C (§16.8) where the application is a user agent.
import { Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { stage } from '../world/stage.js';
import { bridging } from './bridging.js';

const TIMER_C = { configuration: 'timers: { timerC: 200s }\nlimits: { answerTimeout: 400s }' };
const LONG = { to: 'sip:bob@10.0.0.2', timeout: '1h' };

test('W-24 §16.8 Timer C in a bridge cancels the callee, and the caller gets 408', async () => {
  const on = await bridging((request) => request.b2bua().bridge(LONG), undefined, TIMER_C);
  const call = on.alice.invite('sip:bob@siplet');
  const invite = await on.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  await on.world.run(190_000);
  invite.reply(180); // §16.7 step 2: it begins again
  await on.world.run(190_000);
  expect(call.responses.map(({ status }) => status)).not.toContain(408);
  const cancel = await on.bob.receive('CANCEL', 20_000);
  cancel.reply(200);
  invite.reply(487);
  await call.response(408);
  await on.over();
});

test('W-24 §16.8 a callee that does not answer the CANCEL either: 408', async () => {
  const on = await bridging((request) => request.b2bua().bridge(LONG), undefined, TIMER_C);
  const call = on.alice.invite('sip:bob@siplet');
  (await on.bob.receive('INVITE')).reply(180);
  await call.response(180);
  (await on.bob.receive('CANCEL', 210_000)).reply(200);
  await call.response(408, 300_000);
  await on.over();
});

test('W-24 §16.8 an application that sends the INVITE itself gets 408, not the 487 of the CANCEL that it did not send', async () => {
  const seen: number[] = [];
  @Siplet({ name: 'calls' })
  class Calls {
    @Invite()
    async call(request: SipRequest) {
      const { status } = await request.b2bua().createRequest({ to: 'sip:bob@10.0.0.2' }).send();
      seen.push(status);
      request.createResponse(480).send();
    }
  }
  const on = await stage(Calls, TIMER_C);
  const call = on.alice.invite('sip:bob@siplet');
  const invite = await on.bob.receive('INVITE');
  invite.reply(180);
  (await on.bob.receive('CANCEL', 210_000)).reply(200);
  invite.reply(487);
  await call.response(480);
  expect(seen).toEqual([408]);
  await on.ends();
});
