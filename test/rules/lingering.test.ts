// What stays of a call that is over, while its transactions linger (RFC 6026, JSR 289 §6.2.4): they absorb and pass on
// what is sent again; the sessions have ended.
import { expect, onTestFinished, test, vi } from 'vitest';
import { present } from '../../container/base/present.js';
import { ReceivedRequest } from '../../container/dispatch/received-request.js';
import { arrivals } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, watch } from '../world/script.js';
import { BOB, CAROL } from '../world/stage.js';

const RR = { recordRoute: true };

async function talks(s: ScriptedStage) {
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await s.bob.receive('ACK');
  return { call, invite };
}

async function hangsUp(s: ScriptedStage, call: ReturnType<ScriptedStage['call']>) {
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  return bye;
}

const left = ({ container: { alive } }: ScriptedStage) => [alive.applicationSessions, alive.dialogSets];

test('JSR 289 §6.2.4 the sessions of a proxied call end with its BYE, its transactions when their time is over', async () => {
  const s = await scripted({ invite: proxies(BOB, RR), success: watch, bye: watch });
  const { call } = await talks(s);
  expect(left(s)).toEqual([1, 1]);
  await hangsUp(s, call);
  expect(left(s)).toEqual([0, 0]);
  const { inviteServer, inviteClient, nonInviteServer, nonInviteClient } = s.container.alive;
  expect([inviteServer, inviteClient, nonInviteServer, nonInviteClient]).toEqual([1, 1, 1, 1]);
  await s.ends();
});

test('JSR 289 §6.2.4 no INVITE of a call that is over waits for its transactions with what the application had, a re-INVITE as little as the first', async () => {
  const ended = vi.spyOn(ReceivedRequest.prototype, 'ended');
  onTestFinished(() => ended.mockRestore());
  const s = await scripted({ invite: proxies(BOB, RR), success: watch, subsequent: watch });
  const { call } = await talks(s);
  const again = call.dialogOf(present(call.last)).request('INVITE');
  (await s.bob.receive('INVITE')).reply(200);
  await again.response(200);
  again.ack();
  await s.bob.receive('ACK');
  expect(ended).not.toHaveBeenCalled();
  await hangsUp(s, call);
  // The two INVITEs, and the BYE.
  expect(new Set(ended.mock.instances).size).toBe(3);
  expect(s.container.alive).toMatchObject({ inviteServer: 2, inviteClient: 2, applicationSessions: 0 });
  await s.ends();
});

test('RFC 6026 §8.9 a 2xx that comes again after the call has ended goes upstream; no handler is called', async () => {
  const s = await scripted({ invite: proxies(BOB, RR), success: watch });
  const { call, invite } = await talks(s);
  await hangsUp(s, call);
  const before = [...s.seen];
  const had = arrivals(s.alice).filter((line) => line.endsWith(' 200')).length;
  invite.reply(200);
  await s.world.run(1000);
  expect(arrivals(s.alice).filter((line) => line.endsWith(' 200')).length).toBe(had + 1);
  expect(s.seen).toEqual(before);
  await s.ends();
});

test('RFC 6026 §7.1 the INVITE that comes again after the call has ended is absorbed, the BYE is answered again', async () => {
  const s = await scripted({ invite: proxies(BOB, RR) });
  const { call } = await talks(s);
  const bye = await hangsUp(s, call);
  const at = { bob: arrivals(s.bob).length, alice: arrivals(s.alice).length };
  call.send();
  bye.send();
  await s.world.run(1000);
  expect(arrivals(s.bob).length).toBe(at.bob);
  expect(arrivals(s.alice).slice(at.alice)).toEqual([expect.stringMatching(/ 200$/)]);
  await s.ends();
});

test('C-10a a dialog of another fork keeps the sessions when the first one ends', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL], { ...RR, noCancel: true }), success: watch, bye: watch });
  const call = s.call();
  const invites = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
  present(invites[0]).reply(200);
  const first = await call.response(200);
  present(invites[1]).reply(200);
  const second = await call.response(200);
  for (const [answer, phone] of [
    [first, s.bob],
    [second, s.carol],
  ] as const) {
    expect(left(s)).toEqual([1, 1]);
    call.ack({ response: answer });
    await phone.receive('ACK');
    const bye = call.dialogOf(answer).request('BYE');
    (await phone.receive('BYE')).reply(200);
    await bye.response(200);
  }
  expect(left(s)).toEqual([0, 0]);
  await s.ends();
});

test('JSR 289 §6.2.4 a call that came to nothing leaves no session behind', async () => {
  const s = await scripted({ invite: proxies(BOB, RR), best: watch });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(486);
  await call.response(486);
  await s.world.run(100);
  expect(left(s)).toEqual([0, 0]);
  expect(s.container.alive.inviteServer).toBe(1);
  await s.ends();
});

test('JSR 289 §6.2.4 a session that the application keeps is told of a 2xx that comes again (C-10b)', async () => {
  const s = await scripted({
    invite(request) {
      request.session.invalidateWhenReady = false;
      request.proxy(RR).proxyTo(BOB);
    },
    success: watch,
  });
  const { call, invite } = await talks(s);
  await hangsUp(s, call);
  expect(left(s)).toEqual([1, 1]);
  invite.reply(200);
  await s.world.run(1000);
  expect(s.seen.at(-1)).toBe('success 200 again');
  const [session] = s.container.engine.sessions.of(present(s.container.active[0]));
  present(session).invalidate();
  await s.ends();
});

test('C-29 the handler for CANCEL is called also where nothing was pending, and the sessions end with the 487', async () => {
  const s = await scripted({
    invite(request) {
      request.proxy().createBranches(BOB);
    },
    cancel: watch,
  });
  const call = s.call();
  await s.world.run(100);
  call.cancel();
  await call.response(487);
  expect(s.seen).toEqual(['invite', 'cancel']);
  await s.world.run(100);
  expect(left(s)).toEqual([0, 0]);
  await s.ends();
});

test('JSR 289 §6.2.4 a request that makes no dialog leaves no session behind, and is answered again when it comes again', async () => {
  const s = await scripted({ message: proxies(BOB), success: watch });
  const message = s.alice.request('MESSAGE', 'sip:bob@example.com', { via: 'siplet' });
  (await s.bob.receive('MESSAGE')).reply(200);
  await message.response(200);
  expect(left(s)).toEqual([0, 0]);
  const had = arrivals(s.alice).length;
  message.send();
  await s.world.run(100);
  expect([arrivals(s.alice).length, arrivals(s.bob).length]).toEqual([had + 1, 1]);
  expect(s.seen).toEqual(['message', 'success 200 MESSAGE']);
  await s.ends();
});
