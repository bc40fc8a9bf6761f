// The choice of the best response waits for every final response whose handler has not settled (§16.7 step 6, C-11,
// C-17).
import {
  BestResponse,
  BranchResponse,
  Invite,
  SipFactory,
  Siplet,
  type SipRequest,
  type SipResponse,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { finalsOf } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE, stage } from '../world/stage.js';

test('C-11 C-43 while the handler of one awaits a response itself, the choice is not made without it', async () => {
  @Siplet({ name: 'asking' })
  class Asking {
    constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

    @Invite()
    ring(request: SipRequest) {
      request.proxy().proxyTo([BOB, CAROL]);
    }

    @BranchResponse()
    async failed({ status, applicationSession, proxy }: SipResponse) {
      if (status !== 486) return;
      await this.factory.createRequest(applicationSession, 'MESSAGE', 'sip:asking@siplet', DAVE).send();
      present(proxy).proxyTo('sip:voicemail@10.0.0.4');
    }

    @BestResponse()
    best({ status }: SipResponse) {
      best.push(status);
    }
  }
  const best: number[] = [];
  const s = await stage(Asking, { phones: { alice: '10.0.0.1', bob: '10.0.0.2', carol: '10.0.0.3' } });
  const dave = s.world.phone('dave', '10.0.0.4');
  const call = s.alice.invite('sip:bob@example.com', { via: 'siplet' });
  (await s.bob.receive('INVITE')).reply(486);
  const message = await dave.receive('MESSAGE');
  (await s.carol.receive('INVITE')).reply(404);
  await s.world.run(400);
  expect([call.responses.map(({ status }) => status), best]).toEqual([[100], []]);
  message.reply(200);
  (await dave.receive('INVITE')).reply(480);
  await call.response(404);
  expect(best).toEqual([404]);
  await s.ends();
});

test.each([
  ['one that has come', 0],
  ['a branch that was added', 1500],
])('C-17 while the best response waits for its turn, %s counts before the choice is made', async (_, later) => {
  let request: SipRequest | undefined;
  const s: ScriptedStage = await scripted({
    invite(received) {
      request = received;
      proxies(BOB)(received);
      received.applicationSession.setTimer('first', 100);
      received.applicationSession.setTimer('second', 200);
    },
    async timer({ name }) {
      if (name === 'second') present(request).proxy().proxyTo(CAROL);
      await s.after(1000);
    },
    best: watch,
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  await s.world.run(150);
  invite.reply(503); // behind `first`, and the choice behind `second`, which adds carol
  const added = await s.carol.receive('INVITE');
  added.reply(100);
  await s.world.run(later);
  added.reply(404);
  await call.response(404);
  await s.ends();
  expect([finalsOf(s.alice), s.seen]).toEqual([[404], ['invite', 'timer first', 'timer second', 'best 404']]);
});
