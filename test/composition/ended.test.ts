// What an application is told of the end of its call when the other party is an application of the same container
// (RULES.md section 5): as over a wire, the end comes before the end of its session.
import {
  type ApplicationSession,
  ApplicationSessionDestroyed,
  type Bridge,
  Invite,
  Siplet,
  type SipRequest,
} from '@siplet/sdk';
import { beforeEach, expect, test } from 'vitest';
import type { ServerRequest } from '../world/incoming.js';
import type { ClientRequest } from '../world/outgoing.js';
import { BOB, stage } from '../world/stage.js';

const seen: string[] = [];
const bridges: Bridge[] = [];
beforeEach(() => {
  seen.length = bridges.length = 0;
});

/** It bridges, and does not wait for the end in its handler. */
@Siplet({ name: 'noting' })
class Noting {
  @Invite()
  async call(request: SipRequest) {
    const { applicationSession } = request;
    applicationSession.attributes.set('callee', 'bob');
    const bridge = await request.b2bua().bridge({ to: BOB });
    bridges.push(bridge);
    void this.#note(bridge, applicationSession);
  }

  async #note({ ended }: Bridge, { attributes }: ApplicationSession) {
    await ended;
    seen.push(`the call to ${attributes.get('callee')} has ended`);
  }

  @ApplicationSessionDestroyed()
  forget() {
    seen.push('the session has ended');
  }
}

@Siplet({ name: 'other' })
class Other {
  @Invite()
  call(request: SipRequest) {
    return request.b2bua().bridge({ to: BOB });
  }
}

type Ends = (call: ClientRequest, invite: ServerRequest) => Promise<unknown>;
const ENDS: [string, Ends][] = [
  ['the callee hangs up', (_, invite) => invite.bye().response(200)],
  ['the caller hangs up', (call) => call.bye().response(200)],
  ['the application ends the call', async () => void bridges[0]?.terminate()],
];
const ORDERS = ['noting', 'other, noting', 'noting, other', 'other, noting, last'];

test.each(ORDERS.flatMap((order) => ENDS.map(([title, ends]) => [order, title, ends] as const)))(
  'E-01 C-43 [%s] %s: bridge.ended calls back while the application session is there',
  async (order, _, ends) => {
    const applications = { noting: { Noting }, other: { Other }, last: { Other } };
    const on = await stage(applications, { configuration: `router: { INVITE: [${order}] }` });
    const call = on.call();
    const invite = await on.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    on.alice.answerBye = on.bob.answerBye = true;
    await ends(call, invite);
    await on.ends();
    expect(seen).toEqual(['the call to bob has ended', 'the session has ended']);
  },
);
