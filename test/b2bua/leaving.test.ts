// E-13: whatever ends a leg of the callee's side before it has answered, the application hears of it first: the caller
// has no answer yet, and another callee can be called (RULES.md section 3).
import { Bye, type CallFailedError, Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import type { ServerRequest } from '../world/incoming.js';
import type { ClientRequest } from '../world/outgoing.js';
import { BOB as TO_BOB, CAROL as TO_CAROL } from '../world/stage.js';
import { type BridgingStage, bridging, doesAsTold } from './bridging.js';
import { ALICE, BOB } from './legs.js';

const failures: number[] = [];

/** Bob, then Carol. */
async function failover(request: SipRequest): Promise<void> {
  failures.length = 0;
  const b2bua = request.b2bua();
  await b2bua.bridge({ to: TO_BOB }).catch((error: CallFailedError) => void failures.push(error.status));
  await b2bua.bridge({ to: TO_CAROL });
}

@Siplet({ name: 'watching' })
class Watching {
  @Invite()
  call(request: SipRequest): unknown {
    return doesAsTold(request);
  }

  @Bye()
  async hangUp(): Promise<void> {
    await Promise.resolve();
  }
}

/** Bob rings with early media; this happens; then Carol is called and answers. */
async function leaves(
  s: BridgingStage,
  happens: (invite: ServerRequest, call: ClientRequest) => Promise<unknown>,
): Promise<void> {
  s.bob.answerCancel = true;
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await s.bob.receive('INVITE');
  invite.reply(183, { body: BOB });
  await call.response(183);
  await happens(invite, call);
  const second = await s.carol.receive('INVITE');
  expect(call.responses.some(({ status }) => status >= 200)).toBe(false);
  second.reply(200, { body: BOB });
  const ok = await call.response(200);
  call.ack({ response: ok });
  await second.ack();
  const bye = call.dialogOf(ok).bye();
  (await s.carol.receive('BYE')).reply(200);
  await bye.response(200);
  await s.world.deliver();
}

test('E-13 §15 the callee sends BYE in its early dialog: it is answered, its INVITE is cancelled, the bridge fails with 480', async () => {
  const s = await bridging(failover);
  await leaves(s, async (invite) => void (await invite.bye().response(200)));
  expect(failures).toEqual([480]);
  expect(s.bob.received.filter(({ message }) => message.method === 'CANCEL')).toHaveLength(1);
  await s.over();
});

test('E-13 so it is where the application has a handler for BYE', async () => {
  const s = await bridging(failover, Watching);
  await leaves(s, async (invite) => void (await invite.bye().response(200)));
  expect(failures).toEqual([480]);
  await s.over();
});

test('E-13 a BYE, and then a final response that crosses with the CANCEL', async () => {
  const s = await bridging(failover);
  await leaves(s, async (invite) => {
    const bye = invite.bye();
    invite.reply(486);
    await bye.response(200);
  });
  expect(failures).toEqual([480]);
  await s.over();
});

test('E-13 §12.2.1.2 the callee answers 481 to a request in its early dialog', async () => {
  const s = await bridging(failover);
  await leaves(s, async (_, call) => {
    const info = call.dialog.request('INFO');
    (await s.bob.receive('INFO')).reply(481);
    await info.response(481);
  });
  expect(failures).toEqual([480]);
  await s.over();
});

test('E-13 nobody catches the failure: the caller gets it then', async () => {
  const s = await bridging();
  s.bob.answerCancel = true;
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await s.bob.receive('INVITE');
  invite.reply(183, { body: BOB });
  await call.response(183);
  await invite.bye().response(200);
  await call.response(480);
  await s.over();
});
