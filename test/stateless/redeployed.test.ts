// A stateless siplet that is redeployed or removed while transactions run (RULES.md section 6): what belongs to a
// request goes where that request went.
import { Initial, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { requests } from '../world/arrivals.js';
import { BOB, CAROL, DAVE, type Stage } from '../world/stage.js';
import { T1 } from '../world/timing.js';
import { nothingHeld, switched, switchOf, toBob } from './switch.js';

const redeploy = (s: Stage, target: string) => s.container.deploy('switch', { Switch: switchOf(() => target) });

/** An application that answers every request. */
function answering() {
  @siplet({ name: 'switch' })
  class Answering {
    @Initial()
    initial(request: SipRequest) {
      request.createResponse(486).send();
    }
  }
  return { Answering };
}

describe('E-14 §16.11 a stateless siplet that is redeployed while an INVITE rings', () => {
  test('E-14 its repeats, its CANCEL and the ACK go to the former target, new requests to the new one', async () => {
    const s = await switched(toBob());
    s.bob.autoTrying = false;
    s.bob.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    await redeploy(s, CAROL);
    call.resend();
    const other = s.call();
    (await s.carol.receive('INVITE')).reply(486);
    await other.response(486);
    await call.cancel().response(200);
    await call.response(487);
    await s.world.run(1000);
    expect(new Set(requests(s.bob))).toEqual(new Set(['INVITE', 'CANCEL', 'ACK']));
    expect(requests(s.carol)).toEqual(['INVITE', 'ACK']);
    await s.world.runUntilIdle();
    await nothingHeld(s);
  });

  test('E-14 twice within 64*T1: each version is asked for its own', async () => {
    const s = await switched(toBob());
    for (const phone of [s.bob, s.carol, s.dave]) phone.answerCancel = true;
    const calls = [];
    for (const [phone, next] of [
      [s.bob, CAROL],
      [s.carol, DAVE],
      [s.dave, BOB],
    ] as const) {
      const call = s.call();
      (await phone.receive('INVITE')).reply(180);
      await call.response(180);
      calls.push(call);
      await redeploy(s, next);
      await s.world.run(1000);
    }
    for (const call of calls) {
      await call.cancel().response(200);
      await call.response(487);
    }
    await s.world.runUntilIdle();
    for (const phone of [s.bob, s.carol, s.dave]) expect(requests(phone)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    await nothingHeld(s);
  });

  test('E-14 replaced by an application with state: the CANCEL still finds its INVITE', async () => {
    const s = await switched(toBob());
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    await s.container.deploy('switch', answering());
    await s.call().response(486);
    await call.cancel().response(200);
    await call.response(487);
    await s.world.run(100);
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    await s.world.runUntilIdle();
  });

  test('E-14 a MESSAGE that is repeated goes to the former target', async () => {
    const s = await switched(toBob());
    const sent = s.request('MESSAGE');
    const message = await s.bob.receive('MESSAGE');
    await redeploy(s, CAROL);
    sent.resend();
    await s.world.run(100);
    expect([requests(s.bob).length > 1, requests(s.carol)]).toEqual([true, []]);
    message.reply(200);
    await sent.response(200);
  });

  test('E-14 after 64*T1 the former version is forgotten', async () => {
    const s = await switched(toBob());
    const sent = s.request('MESSAGE');
    (await s.bob.receive('MESSAGE')).reply(200);
    await sent.response(200);
    await redeploy(s, CAROL);
    const other = s.request('MESSAGE');
    (await s.carol.receive('MESSAGE')).reply(200);
    await other.response(200);
    await s.world.run(64 * T1 + 1000);
    sent.resend();
    (await s.carol.receive('MESSAGE')).reply(200);
    await s.world.run(100);
    expect(requests(s.bob)).toEqual(['MESSAGE']);
    await nothingHeld(s);
  });
});
