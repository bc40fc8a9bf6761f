// W-07: Allow and Supported of user agents (§13.2.1, §13.3.1.4), and the Expires of an INVITE (§13.2.1, §13.3.1).
import { Info, Invite, Message, SipFactory, Siplet, type SipRequest } from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { bridging } from '../b2bua/bridging.js';
import { ALICE, BOB, talking } from '../b2bua/legs.js';
import { requests } from '../world/arrivals.js';
import { proxies, scripted } from '../world/script.js';
import { stage, BOB as TO_BOB } from '../world/stage.js';

const statuses: number[] = [];

@Siplet({ name: 'agent' })
class Agent {
  constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

  @Message()
  async call(request: SipRequest): Promise<void> {
    request.createResponse(200).send();
    const invite = this.factory.createRequest(request.applicationSession, 'INVITE', 'sip:us@10.0.0.9', TO_BOB);
    for (const name of ['Allow', 'Expires']) {
      const value = request.headers.get(`X-${name}`);
      if (value !== undefined) invite.headers.set(name, value);
    }
    statuses.push((await invite.send()).status);
  }

  @Invite()
  answer(request: SipRequest) {
    request.createResponse(200).send();
  }

  @Info()
  info(request: SipRequest) {
    request.createResponse(200).send();
  }
}

const OWN = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, INFO, MESSAGE';

test.each([
  ['what the application and the container take', {}, OWN],
  ['unless the application has written another', { 'X-Allow': 'INVITE' }, 'INVITE'],
])('W-07 §13.2.1 an INVITE of an application has Allow: %s', async (_, headers, allow) => {
  const s = await stage(Agent);
  s.alice.request('MESSAGE', 'sip:agent@siplet', { headers });
  const invite = await s.bob.receive('INVITE');
  expect(invite.header('Allow')).toBe(allow);
  invite.reply(486);
  await invite.ack();
  await s.ends();
});

test('W-07 §13.3.1.4 a 2xx to INVITE of a user agent has Allow and Supported, in the dialog too', async () => {
  const s = await stage(Agent);
  const call = s.call({ body: ALICE });
  const ok = await call.response(200);
  expect([ok.header('Allow'), ok.header('Supported')]).toEqual([OWN, '100rel, timer, replaces']);
  call.ack();
  const again = call.dialog.request('INVITE', { headers: { 'Session-Expires': '1800' } });
  expect((await again.response(200)).header('Allow')).toBe(OWN);
  again.ack();
  await call.bye().response(200);
  await s.ends();
});

test('W-07 §20.5 in a bridge Allow of the other side passes and wins; Supported has what both have', async () => {
  const s = await bridging();
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE, headers: { Allow: 'INVITE, X' } });
  const invite = await s.bob.receive('INVITE');
  expect(invite.header('Allow')).toBe('INVITE, X');
  invite.reply(200, { body: BOB, headers: { Allow: 'INVITE, ACK, Y', Supported: 'timer, z, gruu' } });
  const ok = await call.response(200);
  expect([ok.header('Allow'), ok.header('Supported')]).toEqual(['INVITE, ACK, Y', 'z, 100rel, timer']);
  call.ack();
  await invite.ack();
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.over();
});

test('W-07 §20.5 where the other side has said nothing of Allow, a bridge says nothing', async () => {
  const s = await bridging();
  const { call, invite } = await talking(s);
  expect([invite.header('Allow'), call.responses.map((each) => each.header('Allow'))]).toEqual([
    undefined,
    [undefined, undefined],
  ]);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.over();
});

test('W-07 §16.7 step 8 a proxied 2xx has the Allow and Supported of its callee, and its Expires is not ours', async () => {
  const s = await scripted({ invite: proxies(TO_BOB) });
  const call = s.call({ headers: { Expires: '5' } });
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  await s.world.run(20_000);
  expect(requests(s.bob).filter((line) => line.startsWith('CANCEL'))).toEqual([]);
  invite.reply(200);
  const ok = await call.response(200);
  expect([ok.header('Allow'), ok.header('Supported')]).toEqual([undefined, undefined]);
});

test('W-07 §13.3.1 an INVITE whose Expires passes before the final response gets 487', async () => {
  const s = await scripted({ invite: () => {} });
  const call = s.call({ headers: { Expires: '5' } });
  await s.world.run(4900);
  expect(call.responses.filter(({ status }) => status >= 200)).toEqual([]);
  await s.world.run(200);
  await call.response(487);
  await s.ends(1);
});

test('W-07 §13.3.1 a call that was answered in time goes on after its Expires', async () => {
  const s = await stage(Agent);
  const call = s.call({ headers: { Expires: '5' } });
  await call.response(200);
  call.ack();
  await s.world.run(10_000);
  await call.bye().response(200);
  await s.ends();
});

test('W-07 §13.3.1 a bridge cancels its callee when the Expires of its caller passes', async () => {
  const s = await bridging();
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE, headers: { Expires: '5' } });
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  await s.world.run(5100);
  (await s.bob.receive('CANCEL')).reply(200);
  invite.reply(487);
  await invite.ack();
  await call.response(487);
  await s.over();
});

test('W-07 §13.2.1 an INVITE of an application is cancelled when its Expires passes', async () => {
  statuses.length = 0;
  const s = await stage(Agent);
  s.alice.request('MESSAGE', 'sip:agent@siplet', { headers: { 'X-Expires': '5' } });
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await s.world.run(5100);
  const cancel = await s.bob.receive('CANCEL');
  expect(cancel.header('Reason')).toBe('SIP;cause=487;text="Expired"');
  cancel.reply(200);
  invite.reply(487);
  await invite.ack();
  expect(statuses).toEqual([487]);
  await s.ends();
});
