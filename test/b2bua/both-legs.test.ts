// Both legs of a bridge end, whatever ends one of them (§15, JSR 289 §6.2, §6.4).
import type { Bridge, SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { bridging } from './bridging.js';
import { ALICE, BOB, talking } from './legs.js';

const TO = 'sip:bob@10.0.0.2';

/** What ends the call from inside: the application holds the session or the bridge. */
const ENDS: Record<string, (request: SipRequest, bridge: Bridge) => unknown> = {
  'the application session is invalidated': ({ applicationSession }) => applicationSession.invalidate(),
  'the application session expires': ({ applicationSession }) => applicationSession.setExpires('1s'),
  "the caller's session is invalidated": ({ session }) => session.invalidate(),
  "the callee's session is invalidated": (_request, bridge) => bridge.callee.invalidate(),
  'the application ends the bridge': (_request, bridge) => void bridge.terminate(),
  "the application ends the caller's leg": ({ session }) => void session.terminate(),
  "the application ends the callee's leg": (_request, bridge) => void bridge.callee.terminate(),
};

test.each(Object.keys(ENDS))('E-29 §15 both phones get a BYE when %s', async (what) => {
  let held: { request: SipRequest; bridge: Bridge } | undefined;
  const on = await bridging(async (request) => {
    held = { request, bridge: await request.b2bua().bridge({ to: TO }) };
  });
  await talking(on);
  await on.world.run(100);
  const { request, bridge } = present(held);
  present(ENDS[what])(request, bridge);
  const byes = await Promise.all([on.alice.receive('BYE'), on.bob.receive('BYE')]);
  for (const bye of byes) bye.reply(200);
  await on.world.run(100);
  expect(on.container.alive.applicationSessions).toBe(0);
  await on.over();
});

test.each(Object.keys(ENDS).slice(0, 4))(
  'E-29 §9.1 §21.4.18 while the callee rings both sides end when %s',
  async (what) => {
    let held: { request: SipRequest; bridge: Bridge } | undefined;
    const on = await bridging((request) => {
      const bridged = request.b2bua().bridge({ to: TO });
      const bridge = { callee: present(request.applicationSession.sessions[1]) } as unknown as Bridge;
      held = { request, bridge };
      return bridged;
    });
    const call = on.alice.invite('sip:bob@siplet');
    const invite = await on.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    const { request, bridge } = present(held);
    present(ENDS[what])(request, bridge);
    const cancel = await on.bob.receive('CANCEL');
    cancel.reply(200);
    invite.reply(487);
    await call.response();
    await on.world.run(100);
    expect(call.responses.at(-1)?.status).toBeGreaterThanOrEqual(480);
    await on.over();
  },
);

test('E-29 §15 the BYE to a callee waits for no ACK of the caller; that to the caller does, or for 64*T1', async () => {
  let held: SipRequest | undefined;
  const on = await bridging((request) => {
    held = request;
    return request.b2bua().bridge({ to: TO });
  });
  const call = on.alice.invite('sip:bob@siplet');
  const invite = await on.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  present(held).applicationSession.invalidate();
  const ack = await on.bob.receive('ACK');
  expect(ack).toBeDefined();
  (await on.bob.receive('BYE')).reply(200);
  await on.world.run(1000);
  expect(on.alice.received.some(({ message }) => message.isRequest)).toBe(false);
  call.ack();
  (await on.alice.receive('BYE')).reply(200);
  await on.over();
});

test('§12.2.1.1 a re-INVITE whose 2xx comes again after the end: nothing leaves the route set, and no second BYE is sent', async () => {
  let held: SipRequest | undefined;
  const on = await bridging(async (request) => {
    held = request;
    await request.b2bua().bridge({ to: TO });
  });
  const { alice, bob, dave, world } = on;
  bob.answerBye = true;
  const call = alice.invite('sip:bob@siplet', { body: ALICE, headers: { 'Record-Route': '<sip:10.0.0.4;lr>' } });
  const invite = await bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(200);
  call.ack({ via: 'siplet' });
  await invite.ack();
  invite.dialog.request('INVITE', { body: BOB });
  const again = await dave.receive('INVITE'); // on the way to Alice
  again.reply(200, { body: ALICE });
  await world.run(100);
  void present(held).session.terminate();
  (await dave.receive('BYE')).reply(200);
  await world.run(100);
  again.resend();
  await world.run(1000);
  expect(alice.unread).toEqual([]);
  expect(dave.unread.filter(({ method }) => method === 'BYE')).toEqual([]);
});
