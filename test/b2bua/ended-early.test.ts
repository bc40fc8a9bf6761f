// Early dialogs that their peer has given up, and BYEs before the ACK (§12.2.1.2, §15).
import type { SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { arrivals } from '../world/arrivals.js';
import { type BridgingStage, bridging } from './bridging.js';
import { ALICE, BOB } from './legs.js';

const TO = 'sip:bob@10.0.0.2';
const bridge = (request: SipRequest) => request.b2bua().bridge({ to: TO });

/** A call whose callee rings, with a dialog on both sides. */
async function ringing(on: BridgingStage) {
  const call = on.alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await on.bob.receive('INVITE');
  invite.reply(183, { body: BOB });
  await call.response(183);
  return { call, invite };
}

describe('E-07 §12.2.1.2 a request in the early dialog of the callee gets a final response that ends it', () => {
  test.each([
    ['INFO', 481],
    ['MESSAGE', 481],
    ['OPTIONS', 481],
    ['INFO', 408],
  ])(
    '%s gets %i, then the callee answers 200: acknowledged and ended, and the caller gets a failure',
    async (method, status) => {
      const on = await bridging(bridge);
      const { call, invite } = await ringing(on);
      const sent = call.dialog.request(method);
      (await on.bob.receive(method)).reply(status);
      if (status !== 408) await sent.response(status);
      const cancel = await on.bob.receive('CANCEL');
      cancel.reply(200);
      invite.reply(200, { body: BOB });
      await on.bob.receive('ACK');
      (await on.bob.receive('BYE')).reply(200);
      await call.response((response) => response.status >= 400);
      await on.over();
    },
  );

  test('the application catches the failure, and bridges elsewhere', async () => {
    const on = await bridging(async (request) => {
      try {
        await bridge(request);
      } catch {
        await request.b2bua().bridge({ to: 'sip:carol@10.0.0.3' });
      }
    });
    const { call, invite } = await ringing(on);
    const info = call.dialog.request('INFO');
    (await on.bob.receive('INFO')).reply(481);
    await info.response(481);
    (await on.bob.receive('CANCEL')).reply(200);
    invite.reply(487);
    (await on.carol.receive('INVITE')).reply(200, { body: BOB });
    await call.response(200);
    call.ack();
    await on.carol.receive('ACK');
    const bye = call.dialog.request('BYE');
    (await on.carol.receive('BYE')).reply(200);
    await bye.response(200);
    await on.over();
  });
});

describe('E-12 §15 a BYE of the application before the ACK', () => {
  test('is held until the ACK; the 200 is repeated meanwhile', async () => {
    let status: number | undefined;
    const on = await bridging(async (request) => {
      request.createResponse(200).send();
      ({ status } = await request.session.createRequest('BYE').send());
    });
    const call = on.alice.invite('sip:bob@siplet');
    await call.response(200);
    await on.world.run(3000);
    expect(arrivals(on.alice).filter((line) => line.endsWith(' 200')).length).toBeGreaterThan(2);
    expect(on.alice.received.some(({ message }) => message.isRequest)).toBe(false);
    call.ack();
    (await on.alice.receive('BYE')).reply(200);
    await on.world.run(10);
    expect(status).toBe(200);
    await on.over();
  });

  test('goes after 64*T1 without an ACK, and only once', async () => {
    const on = await bridging((request) => {
      request.createResponse(200).send();
      void request.session.createRequest('BYE').send();
    });
    const call = on.alice.invite('sip:bob@siplet');
    await call.response(200);
    const bye = await on.alice.receive('BYE', 40_000);
    expect(on.world.clock.now()).toBeGreaterThan(31_000);
    bye.reply(200);
    await on.world.run(10_000);
    expect(on.alice.received.filter(({ message }) => message.method === 'BYE')).toHaveLength(1);
    await on.over();
  });

  test('is not sent when the caller hangs up first', async () => {
    let status: number | undefined;
    const on = await bridging(async (request) => {
      request.createResponse(200).send();
      ({ status } = await request.session.createRequest('BYE').send());
    });
    const call = on.alice.invite('sip:bob@siplet');
    await call.response(200);
    const bye = call.dialog.request('BYE');
    await bye.response(200);
    call.ack();
    await on.world.run(1000);
    expect(status).toBe(481);
    expect(on.alice.received.some(({ message }) => message.isRequest)).toBe(false);
    await on.over();
  });
});
