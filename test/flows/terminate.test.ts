// A proxied dialog that its application ends (JSR 289 SipSession, RULES.md section 3): a BYE to each side.
import { type ApplicationSession, Invite, OnTimer, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requests, statuses } from '../world/arrivals.js';
import { search } from './search.js';

const seen: string[] = [];

@Siplet({ name: 'cutting' })
class Cutting {
  @Invite()
  ring(request: SipRequest) {
    request.proxy({ recordRoute: true }).proxyTo('sip:bob@10.0.0.2');
    request.applicationSession.setTimer('cut', 3000);
  }

  @OnTimer('cut')
  async cut({ applicationSession }: { applicationSession: ApplicationSession }) {
    seen.push(present(applicationSession.sessions[0]).state);
    await present(applicationSession.sessions[0]).terminate();
    seen.push('both have left');
  }
}

test('SipSession.terminate() of a proxied dialog sends a BYE to both sides, each in the name of the other', async () => {
  seen.length = 0;
  const { world, alice, desk, call, ends } = await search(Cutting);
  const invite = call();
  const offered = await desk.receive('INVITE');
  offered.reply(200);
  await invite.response(200);
  invite.ack();
  const info = present(offered.dialog).request('INFO', { sequence: 7 });
  (await alice.receive('INFO')).reply(200);
  await info.response(200);
  const toBob = await desk.receive('BYE');
  const toAlice = await alice.receive('BYE');
  expect(toBob.message.header('CSeq')).toBe('2 BYE');
  expect(toAlice.message.header('CSeq')).toBe('8 BYE');
  expect(seen).toEqual(['confirmed']);
  toBob.reply(200);
  toAlice.reply(200);
  await world.run(10);
  expect(seen).toEqual(['confirmed', 'both have left']);
  await ends();
});

test('SipSession.terminate() while it is early cancels the search: the caller gets its final response', async () => {
  seen.length = 0;
  const { desk, call, ends } = await search(Cutting);
  desk.answerCancel = true;
  const invite = call();
  (await desk.receive('INVITE')).reply(180);
  await invite.response(487);
  expect(seen[0]).toBe('early');
  await ends();
});

test('SipSession.terminate() takes the routes of both sides, and gives up on a side that does not answer', async () => {
  seen.length = 0;
  const { alice, desk, call, ends, world } = await search(Cutting);
  const invite = call({ headers: { 'Record-Route': '<sip:10.0.0.3;lr>' } });
  const offered = await desk.receive('INVITE');
  const own = offered.message.list('Record-Route');
  offered.reply(200, { headers: { 'Record-Route': ['<sip:10.0.0.4;lr>', ...own] } });
  await invite.response(200);
  // As the proxy at 10.0.0.3 passes it on.
  invite.ack({ via: 'siplet', headers: { Route: [present(own[0]), '<sip:10.0.0.4;lr>'] } });
  await world.run(5000);
  expect(
    world.ladder({ only: (message) => message.startLine.startsWith('BYE'), headers: ['Route'], times: false }),
  ).toContain('10.0.0.3');
  await world.runUntilIdle();
  expect(seen).toEqual(['confirmed', 'both have left']);
  expect(alice.unread.length + desk.unread.length).toBe(0);
  await ends();
});

test('SipSession.terminate() §15 before the ACK: the BYEs wait until it has passed, and a 2xx that comes again goes on', async () => {
  const { world, alice, desk, call, ends } = await search(Cutting);
  const invite = call();
  const offered = await desk.receive('INVITE');
  offered.reply(200);
  await invite.response(200);
  await world.run(6000);
  expect([...requests(alice), ...requests(desk)]).toEqual(['INVITE']);
  offered.reply(200);
  await world.run(100);
  expect(statuses(alice).filter((status) => status === 200).length).toBe(2);
  invite.ack();
  await offered.ack();
  (await alice.receive('BYE')).reply(200);
  (await desk.receive('BYE')).reply(200);
  await ends();
});

test('SipSession.terminate() §15 without an ACK the BYEs go 64*T1 after the 2xx', async () => {
  const { world, alice, desk, call, ends } = await search(Cutting);
  call();
  const offered = await desk.receive('INVITE');
  offered.reply(200);
  await world.run(31_900);
  expect(requests(alice)).toEqual([]);
  await world.run(200);
  (await alice.receive('BYE')).reply(200);
  (await desk.receive('BYE')).reply(200);
  await ends();
});

test('SipSession.terminate() §15 the caller hangs up instead of sending its ACK: the callee gets its BYE at once', async () => {
  const { world, alice, desk, call, ends } = await search(Cutting);
  const invite = call();
  const offered = await desk.receive('INVITE');
  offered.reply(200);
  await invite.response(200);
  await world.run(6000);
  await invite.bye().response(200);
  (await desk.receive('BYE')).reply(200);
  (await alice.receive('BYE')).reply(481);
  await ends();
});
