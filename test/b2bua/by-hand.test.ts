// JSR 289 §14.1: a bridge is taken apart, one leg is linked with another, and the application relays by hand.
import {
  type B2bua,
  type Bridge,
  Bye,
  Info,
  Invite,
  SipFactory,
  Siplet,
  type SipRequest,
  Subsequent,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { stage, BOB as TO_BOB, CAROL as TO_CAROL } from '../world/stage.js';
import { talking } from './legs.js';

let helper: B2bua;
let bridge: Bridge;
const seen: string[] = [];

@Siplet({ name: 'by-hand' })
class ByHand {
  constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

  @Invite()
  async call(request: SipRequest): Promise<void> {
    helper = request.b2bua();
    bridge = await helper.bridge({ to: TO_BOB });
    void bridge.ended.then(() => seen.push('the bridge has ended'));
  }

  /** Bob asks for Carol. */
  @Subsequent('MESSAGE')
  async move(request: SipRequest): Promise<void> {
    request.createResponse(200).send();
    const { caller, callee } = bridge;
    helper.unlink(caller);
    const invite = this.factory.createRequest(request.applicationSession, 'INVITE', TO_BOB, TO_CAROL);
    const answer = await invite.send();
    await answer.createAck().send();
    helper.link(caller, answer.session);
    await callee.terminate();
  }

  @Info()
  async relay(request: SipRequest): Promise<void> {
    const other = helper.linkedSession(request.session);
    if (other === undefined) return;
    const answer = await helper.createRequest(other, request).send();
    helper.linkedRequest(answer)?.createResponse(answer.status).send();
  }

  @Bye()
  hangUp(request: SipRequest): void {
    request.createResponse(200).send();
    void helper.linkedSession(request.session)?.terminate();
  }
}

test('JSR 289 §14.1 unlink ends the bridge, not its legs; a leg that is linked with another one is relayed by hand', async () => {
  seen.length = 0;
  const s = await stage(ByHand);
  const { call, invite } = await talking(s);
  await invite.dialog.request('MESSAGE').response(200);
  const third = await s.carol.receive('INVITE');
  third.reply(200);
  await third.ack();
  (await s.bob.receive('BYE')).reply(200);
  await s.world.deliver();
  expect(seen).toEqual(['the bridge has ended']);
  expect([s.alice.unread, helper.linkedSession(bridge.callee)]).toEqual([[], undefined]);
  const info = call.dialog.request('INFO');
  (await s.carol.receive('INFO')).reply(200);
  await info.response(200);
  const bye = third.bye();
  await bye.response(200);
  (await s.alice.receive('BYE')).reply(200);
  await s.ends();
});
