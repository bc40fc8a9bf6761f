// A 2xx that a handler awaits and does not acknowledge (§13.2.2.4).
import type { SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { requests } from '../world/arrivals.js';
import { bridging } from './bridging.js';
import { BOB } from './legs.js';

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
