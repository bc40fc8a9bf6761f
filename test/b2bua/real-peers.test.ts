// What real peers do to a bridge and to legs by hand (faults by their id).
import { Ack, Bye, Cancel, Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { stage } from '../world/stage.js';
import { bridging } from './bridging.js';
import { ALICE, BOB, talking } from './legs.js';

const TO = 'sip:bob@10.0.0.2';
const bridge = (request: SipRequest) => request.b2bua().bridge({ to: TO });

describe('E-11 §13.2.2.4 a 2xx that nobody acknowledges', () => {
  /** Legs by hand, as long as the handler does not fail. */
  async function byHand(after: (answer: Awaited<ReturnType<SipRequest['send']>>, request: SipRequest) => unknown) {
    return bridging(async (request) => {
      const answer = await request.b2bua().createRequest({ to: TO }).send();
      await after(answer, request);
    });
  }

  test('the awaiting handler fails: acknowledged, and ended', async () => {
    const on = await byHand(() => {
      throw new Error('the handler fails');
    });
    const call = on.alice.invite('sip:bob@siplet');
    (await on.bob.receive('INVITE')).reply(200);
    await on.bob.receive('ACK');
    (await on.bob.receive('BYE')).reply(200);
    await call.response(500);
    await on.world.run(100);
    expect(on.container.alive.applicationSessions).toBe(0);
  });

  test('the caller has given up before the callee answers: acknowledged, and ended', async () => {
    const on = await byHand(async (answer, request) => {
      request.createResponse(answer.status).send();
      await answer.createAck().send();
    });
    const call = on.alice.invite('sip:bob@siplet');
    const invite = await on.bob.receive('INVITE');
    invite.reply(180);
    await on.world.run(10);
    await call.cancel().response(200);
    await call.response(487);
    invite.reply(200);
    await on.bob.receive('ACK');
    (await on.bob.receive('BYE')).reply(200);
    await on.ends();
  });

  test('the handler leaves without an ACK: acknowledged, and ended', async () => {
    const on = await byHand((_answer, request) => request.createResponse(480).send());
    const call = on.alice.invite('sip:bob@siplet');
    (await on.bob.receive('INVITE')).reply(200);
    await on.bob.receive('ACK');
    (await on.bob.receive('BYE')).reply(200);
    await call.response(480);
    await on.ends();
  });

  test('the handler of the caller sends the ACK when that of the caller comes: the call stands', async () => {
    @Siplet({ name: 'late' })
    class Late {
      #answer: Awaited<ReturnType<SipRequest['send']>> | undefined;

      @Invite()
      async call(request: SipRequest) {
        const answer = await request.b2bua().createRequest({ to: TO }).send();
        this.#answer = answer;
        const response = request.createResponse(200);
        response.setBody(answer.body, String(answer.contentType));
        response.send();
      }

      @Ack()
      async acknowledged(ack: SipRequest) {
        const onward = present(this.#answer).createAck();
        if (ack.body.length > 0) onward.setBody(ack.body, String(ack.contentType));
        await onward.send();
      }

      @Bye()
      async hangUp(bye: SipRequest) {
        bye.createResponse(200).send();
        await bye.b2bua().linkedSession(bye.session)?.terminate();
      }
    }
    const on = await stage(Late);
    const call = on.alice.invite('sip:bob@siplet');
    const invite = await on.bob.receive('INVITE');
    invite.reply(200, { body: BOB });
    await call.response(200);
    await on.world.run(1500);
    expect(on.bob.received.some(({ message }) => message.method === 'ACK')).toBe(false);
    call.ack({ body: ALICE });
    expect((await invite.ack()).body).toBe(ALICE);
    await on.world.run(2000);
    expect(on.bob.received.some(({ message }) => message.method === 'BYE')).toBe(false);
    const bye = call.dialog.request('BYE');
    (await on.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await on.ends();
  });

  test("the caller's ACK never comes: both sides are ended", async () => {
    @Siplet({ name: 'late' })
    class Late {
      @Invite()
      async call(request: SipRequest) {
        await request.b2bua().createRequest({ to: TO }).send();
        request.createResponse(200).send();
      }

      @Cancel()
      cancelled() {}
    }
    const on = await stage(Late);
    on.alice.reliable = false;
    const call = on.alice.invite('sip:bob@siplet');
    (await on.bob.receive('INVITE')).reply(200, { body: BOB });
    await call.response(200);
    (await on.alice.receive('BYE', 40_000)).reply(200);
    await on.bob.receive('ACK');
    (await on.bob.receive('BYE')).reply(200);
  });
});

describe('E-10 §8.2.2.3 §20.37 extensions of the two ends', () => {
  test.each(['precondition', 'resource-priority', 'x-own'])(
    '%s: announced by the caller, required by the callee',
    async (tag) => {
      const on = await bridging(bridge);
      const call = on.alice.invite('sip:bob@siplet', { body: ALICE, headers: { Supported: tag } });
      const invite = await on.bob.receive('INVITE');
      expect(invite.header('Supported')).toContain(tag);
      invite.reply(183, { body: BOB, headers: { Require: tag } });
      expect((await call.response(183)).header('Require')).toContain(tag);
      const update = invite.dialog.request('UPDATE', { headers: { Require: tag } });
      (await on.alice.receive('UPDATE')).reply(200);
      await update.response(200);
      invite.reply(200);
      await call.response(200);
      call.ack();
      await invite.ack();
      const again = invite.dialog.request('INVITE', { body: BOB, headers: { Require: tag } });
      (await on.alice.receive('INVITE')).reply(200, { body: ALICE });
      await again.response(200);
      again.ack();
      await on.alice.receive('ACK');
      const bye = call.dialog.request('BYE');
      (await on.bob.receive('BYE')).reply(200);
      await bye.response(200);
      await on.over();
    },
  );

  test('required by the caller: the callee refuses it, not the container', async () => {
    const on = await bridging(bridge);
    const call = on.alice.invite('sip:bob@siplet', { body: ALICE, headers: { Require: 'precondition' } });
    const invite = await on.bob.receive('INVITE');
    expect(invite.header('Require')).toBe('precondition');
    invite.reply(420, { reason: 'Bad Extension', headers: { Unsupported: 'precondition' } });
    expect((await call.response(420)).header('Unsupported')).toBe('precondition');
    await on.over();
  });

  test('where the application answers itself the container refuses what it does not know', async () => {
    const on = await bridging((request) => request.createResponse(200).send());
    const call = on.alice.invite('sip:bob@siplet', { headers: { Require: 'precondition' } });
    expect((await call.response(420)).header('Unsupported')).toBe('precondition');
    await on.over();
  });
});

describe('E-17 RFC 3515 §2.4.6 a blind transfer through a bridge', () => {
  test.each(['alice', 'bob'] as const)('by %s: the ids of both legs fit their REFERs', async (who) => {
    const on = await bridging(bridge);
    const call = await talking(on);
    const other = who === 'alice' ? 'bob' : 'alice';
    call.alice.sequence += 20;
    call.bob.sequence += 7;
    for (let i = 0; i < 3; i++) {
      const info = call[who].request('INFO');
      (await on[other].receive('INFO')).reply(200);
      await info.response(200);
    }
    const headers = { 'Refer-To': '<sip:carol@10.0.0.3>' };
    for (let transfer = 0; transfer < 2; transfer++) {
      const refer = call[who].request('REFER', { headers });
      const received = await on[other].receive('REFER');
      received.reply(202);
      await refer.response(202);
      const event = `refer;id=${received.message.sequence}`;
      for (const state of ['active;expires=60', 'terminated;reason=noresource']) {
        const notify = call[other].request('NOTIFY', {
          headers: { Event: event, 'Subscription-State': state, 'Content-Type': 'message/sipfrag' },
          body: 'SIP/2.0 200 OK',
        });
        const told = await on[who].receive('NOTIFY');
        expect(told.header('Event')).toBe(`refer;id=${refer.message.sequence}`);
        told.reply(200);
        await notify.response(200);
      }
    }
    const bye = call[who].request('BYE');
    (await on[other].receive('BYE')).reply(200);
    await bye.response(200);
    await on.world.run(100);
    expect(on.container.alive.applicationSessions).toBe(0);
    await on.over();
  });

  test('RFC 6665 §4.2.2 a 481 to the NOTIFY ends the subscription on both legs: nothing is left after the BYE', async () => {
    const on = await bridging(bridge);
    const call = await talking(on);
    const refer = call.alice.request('REFER', { headers: { 'Refer-To': '<sip:carol@10.0.0.3>' } });
    const received = await on.bob.receive('REFER');
    received.reply(202);
    await refer.response(202);
    const notify = call.bob.request('NOTIFY', {
      headers: { Event: `refer;id=${received.message.sequence}`, 'Subscription-State': 'active;expires=60' },
    });
    (await on.alice.receive('NOTIFY')).reply(481);
    await notify.response(481);
    const bye = call.alice.request('BYE');
    (await on.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await on.world.run(100);
    expect(on.container.alive.applicationSessions).toBe(0);
    await on.over();
  });

  test('RFC 6665 §4.1.2.2 the transferor hangs up and unsubscribes, and gets 481: nothing is left', async () => {
    const on = await bridging(bridge);
    const call = await talking(on);
    const refer = call.alice.request('REFER', { headers: { 'Refer-To': '<sip:carol@10.0.0.3>' } });
    (await on.bob.receive('REFER')).reply(202);
    await refer.response(202);
    const notify = call.bob.request('NOTIFY', { headers: { Event: 'refer', 'Subscription-State': 'active' } });
    (await on.alice.receive('NOTIFY')).reply(200);
    await notify.response(200);
    const bye = call.alice.request('BYE');
    (await on.bob.receive('BYE')).reply(200);
    await bye.response(200);
    const subscribe = call.alice.request('SUBSCRIBE', { headers: { Event: 'refer', Expires: '0' } });
    (await on.bob.receive('SUBSCRIBE')).reply(481);
    await subscribe.response(481);
    await on.world.run(100);
    expect(on.container.alive.applicationSessions).toBe(0);
    await on.over();
  });

  test('RFC 6665 §4.1.2.4 no NOTIFY follows: nothing is left after Timer N', async () => {
    const on = await bridging(bridge);
    const call = await talking(on);
    const refer = call.alice.request('REFER', { headers: { 'Refer-To': '<sip:carol@10.0.0.3>' } });
    (await on.bob.receive('REFER')).reply(202);
    await refer.response(202);
    const bye = call.alice.request('BYE');
    (await on.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await on.world.run(33_000);
    expect(on.container.alive.applicationSessions).toBe(0);
    await on.over();
  });

  test('RFC 6665 §4.5.2 a NOTIFY without an id passes unchanged', async () => {
    const on = await bridging(bridge);
    const call = await talking(on);
    const refer = call.alice.request('REFER', { headers: { 'Refer-To': '<sip:carol@10.0.0.3>' } });
    (await on.bob.receive('REFER')).reply(202);
    await refer.response(202);
    const notify = call.bob.request('NOTIFY', {
      headers: { Event: 'refer', 'Subscription-State': 'terminated;reason=noresource' },
    });
    const told = await on.alice.receive('NOTIFY');
    expect(told.header('Event')).toBe('refer');
    told.reply(200);
    await notify.response(200);
    const bye = call.alice.request('BYE');
    (await on.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await on.world.run(100);
    expect(on.container.alive.applicationSessions).toBe(0);
    await on.over();
  });
});
