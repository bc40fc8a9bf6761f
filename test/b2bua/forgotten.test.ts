// A 2xx that a handler awaits and does not acknowledge (§13.2.2.4).
import { Ack, Bye, Invite, Siplet, type SipRequest, type SipResponse, SuccessResponse } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requests } from '../world/arrivals.js';
import { stage } from '../world/stage.js';
import { bridging } from './bridging.js';
import { ALICE, BOB } from './legs.js';

const called = (request: SipRequest) => request.b2bua().createRequest({ to: 'sip:bob@10.0.0.2' }).send();

test('E-11 §13.2.2.4 a 2xx whose awaiting handler fails is acknowledged and ended', async () => {
  const { alice, bob, world, over } = await bridging(async (request) => {
    await called(request);
    throw new Error('a fault of the application');
  });
  const call = alice.invite('sip:bob@siplet');
  const invite = await bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(500);
  await invite.ack();
  (await bob.receive('BYE')).reply(200);
  await world.run(1000);
  await over([expect.anything()]);
});

test('E-11 §13.2.2.4 a 2xx after the CANCEL of the caller: the handler cannot relay it, so it is acknowledged and ended', async () => {
  const { alice, bob, over } = await bridging(async (request) => {
    const answer = await called(request);
    request.createResponse(answer.status).send();
    await answer.createAck().send();
  });
  const call = alice.invite('sip:bob@siplet');
  const invite = await bob.receive('INVITE');
  call.cancel();
  await call.response(487);
  invite.reply(200, { body: BOB });
  await invite.ack();
  (await bob.receive('BYE')).reply(200);
  await over();
});

test('E-11 §13.2.2.4 a handler that leaves without the ACK ends the call of its 2xx; one that sends it late does not', async () => {
  let later: Promise<void> | undefined;
  const { alice, bob, world, after, over } = await bridging(async (request) => {
    const answer = await called(request);
    request.createResponse(answer.status).send();
    await later;
    if (later !== undefined) await answer.createAck().send();
  });
  for (const isLate of [true, false]) {
    later = isLate ? after(3000) : undefined;
    const call = alice.invite('sip:bob@siplet');
    const invite = await bob.receive('INVITE');
    invite.reply(200, { body: BOB });
    await call.response(200);
    call.ack();
    await invite.ack();
    if (isLate) {
      await world.run(5000);
      expect(requests(bob).filter((line) => line.startsWith('BYE'))).toEqual([]);
      await invite.bye().response();
    } else {
      (await bob.receive('BYE')).reply(200);
    }
    await call.bye().response(200);
  }
  await over();
});

/** The To tag of the dialog that the application acknowledges. */
let kept: string | undefined;

@Siplet({ name: 'leaving' })
class Leaving {
  @Invite()
  call(request: SipRequest) {
    void called(request);
  }

  @SuccessResponse('INVITE')
  answered(response: SipResponse) {
    if (response.to.parameters.get('tag') === kept) void response.createAck().send();
  }
}

test('E-11 §13.2.2.4 the handler of 2xx leaves without the ACK: each fork is acknowledged and ended', async () => {
  kept = undefined;
  const { alice, bob, world, ends } = await stage(Leaving);
  const call = alice.invite('sip:bob@siplet');
  const invite = await bob.receive('INVITE');
  for (const toTag of ['one', 'two']) {
    invite.reply(200, { toTag, body: BOB });
    expect((await bob.receive('ACK')).message.toTag).toBe(toTag);
    const bye = await bob.receive('BYE');
    expect(bye.message.toTag).toBe(toTag);
    bye.reply(200);
    await world.run(10);
  }
  call.cancel();
  await call.response(487);
  await ends();
});

test('E-11 §13.2.2.4 it acknowledges the first 2xx alone: the fork that answers later is acknowledged and ended', async () => {
  kept = 'one';
  const { alice, bob, world, ends } = await stage(Leaving);
  const call = alice.invite('sip:bob@siplet');
  const invite = await bob.receive('INVITE');
  invite.reply(200, { toTag: 'one', body: BOB });
  expect((await bob.receive('ACK')).message.toTag).toBe('one');
  invite.reply(200, { toTag: 'two', body: BOB });
  expect((await bob.receive('ACK')).message.toTag).toBe('two');
  const bye = await bob.receive('BYE');
  expect(bye.message.toTag).toBe('two');
  bye.reply(200);
  await world.run(1000);
  await invite.dialogOf('one').bye().response(200);
  call.cancel();
  await call.response(487);
  await ends();
});

test.each([
  ['acknowledges it later: the call goes on', true],
  ['never does: it ends after 64*T1', false],
])('E-11 §13.2.2.4 code outside of all handlers awaits the 2xx, and %s', async (_, isAcknowledged) => {
  const { alice, bob, world, after, over } = await bridging((request) => {
    void after(100).then(async () => {
      const answer = await called(request);
      request.createResponse(answer.status).send();
      await after(3000);
      if (isAcknowledged) await answer.createAck().send();
    });
  });
  bob.answerBye = true;
  const call = alice.invite('sip:bob@siplet');
  const invite = await bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await world.run(2500);
  expect(requests(bob)).toEqual(['INVITE']);
  await invite.ack();
  await world.run(60_000);
  expect(requests(bob)).toEqual(isAcknowledged ? ['INVITE', 'ACK'] : ['INVITE', 'ACK', 'BYE']);
  if (isAcknowledged) await invite.bye().response();
  await call.bye().response(200);
  await over();
});

test('E-11 §13.2.2.4 the handler of the ACK sends it on, when that of the caller comes: the call stands', async () => {
  @Siplet({ name: 'late' })
  class Late {
    #answer: SipResponse | undefined;

    @Invite()
    async call(request: SipRequest) {
      const answer = await called(request);
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

test("E-11 §13.3.1.4 the caller's ACK never comes: both sides are ended", async () => {
  @Siplet({ name: 'late' })
  class Late {
    @Invite()
    async call(request: SipRequest) {
      await called(request);
      request.createResponse(200).send();
    }
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
