// What operators see of a call with several legs, and of one that the container has left: RULES.md section 9.
import { Bye, Invite, Message, SipFactory, type SipRequest, Subsequent, Siplet as siplet } from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { type CallSummary, Calls } from '../../container/observe/calls.js';
import { Traffic } from '../../container/observe/traffic.js';
import { BOB, talking } from '../b2bua/legs.js';
import { switchOf, toBob } from '../stateless/switch.js';
import type { Applications } from '../world/siplet.js';
import { established, stage, ALICE as TO_ALICE, BOB as TO_BOB, CAROL as TO_CAROL } from '../world/stage.js';

/** A bridge to these callees: at once, or one after the other has failed. */
function bridging(name: string, groups: readonly (readonly string[])[]) {
  @siplet({ name })
  class Bridging {
    @Invite()
    async invite(request: SipRequest) {
      for (const [at, to] of groups.entries()) {
        try {
          await request.b2bua().bridge({ to });
          return;
        } catch (error) {
          if (at === groups.length - 1) throw error;
        }
      }
    }
    @Subsequent('REFER')
    async refer(request: SipRequest) {
      const accepted = request.createResponse(202);
      accepted.headers.set('Refer-Sub', 'false');
      accepted.send();
      await request.b2bua().bridge({ to: present(request.headers.address('Refer-To')) });
    }
  }
  return { Bridging };
}

function proxying(recordRoute: boolean, supervised = true) {
  @siplet({ name: 'proxying' })
  class Proxying {
    @Invite()
    invite(request: SipRequest) {
      request.proxy({ recordRoute, supervised }).proxyTo(TO_BOB);
    }
    @Bye()
    bye() {}
  }
  return { Proxying };
}

async function watched(applications: Applications, order?: string) {
  const options = order === undefined ? {} : { configuration: `router: { INVITE: [${order}] }` };
  const s = await stage(applications, options);
  const { engine } = s.container;
  const told: string[] = [];
  const changed = ({ callId, state }: CallSummary) => void told.push(`${callId} ${state}`);
  const standing = () => engine.standingCallIds;
  const calls = new Calls({ calls: 10, messages: 200, now: () => s.world.clock.now(), changed, standing });
  engine.transport.counters.observer = new Traffic(calls);
  const one = () => {
    expect(calls.list()).toHaveLength(1);
    return present(calls.list()[0]);
  };
  return { ...s, engine, calls, told, one };
}

test('W-12 the two legs of a bridge are one call, by either Call-ID, and it is counted once', async () => {
  const s = await watched({ bridging: bridging('bridging', [[TO_BOB]]) });
  const { call, invite } = await established(s);
  await s.world.deliver();
  const callIds = [call.message.header('Call-ID'), invite.header('Call-ID')];
  expect(s.one()).toMatchObject({ callId: callIds[0], callIds, state: 'established', status: 200 });
  expect(s.calls.get(present(callIds[1]))).toEqual(s.calls.get(present(callIds[0])));
  expect(s.engine.callsInProgress).toBe(1);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.world.deliver();
  expect(s.one().state).toBe('ended');
  expect(s.told.map((line) => line.split(' ')[1])).toEqual(['trying', 'established', 'ended']);
  expect(new Set(s.told.map((line) => line.split(' ')[0]))).toEqual(new Set([callIds[0]]));
  expect(s.engine.callsInProgress).toBe(0);
});

test('W-12 so are the legs of several callees, of the next after a failure, and of the next application', async () => {
  const s = await watched(
    { first: bridging('first', [[TO_CAROL, 'sip:dave@10.0.0.4'], [TO_BOB]]), second: bridging('second', [[TO_BOB]]) },
    'first',
  );
  const call = s.call();
  for (const phone of [s.carol, s.dave]) (await phone.receive('INVITE')).reply(486);
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  await s.world.deliver();
  expect(s.one()).toMatchObject({ state: 'established', callIds: { length: 4 } });
  expect(s.engine.callsInProgress).toBe(1);
});

test('W-12 two applications that bridge one call after the other have one call of three legs', async () => {
  const s = await watched(
    { first: bridging('first', [[TO_BOB]]), second: bridging('second', [[TO_BOB]]) },
    'first, second',
  );
  await established(s);
  await s.world.deliver();
  expect(s.one()).toMatchObject({ state: 'established', callIds: { length: 3 } });
  expect(s.engine.callsInProgress).toBe(1);
});

test('W-12 a party that comes by a transfer belongs to the call, which goes on without the one that has left', async () => {
  const s = await watched({ bridging: bridging('bridging', [[TO_BOB]]) });
  const { call } = await talking(s);
  await call.dialog.request('REFER', { headers: { 'Refer-To': `<${TO_CAROL}>` } }).response(202);
  const third = await s.carol.receive('INVITE');
  expect(s.one()).toMatchObject({ state: 'established', callIds: { length: 3 } });
  third.reply(200, { body: BOB });
  const again = await s.bob.receive('INVITE');
  again.reply(200, { body: BOB });
  await again.ack();
  await third.ack();
  (await s.alice.receive('BYE')).reply(200);
  await s.world.deliver();
  expect(s.one().state).toBe('established');
  expect(s.engine.callsInProgress).toBe(1);
  const bye = third.dialog.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.world.deliver();
  expect(s.one().state).toBe('ended');
  expect(s.told.map((line) => line.split(' ')[1])).toEqual(['trying', 'established', 'ended']);
});

test('W-12 §16.11 a call of a stateless siplet is left when it is answered', async () => {
  const s = await watched({ switch: { Switch: switchOf(toBob()) } });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  expect(s.one().state).toBe('ringing');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await s.world.deliver();
  expect(s.one()).toMatchObject({ state: 'left', status: 200 });
});

test('W-12 both calls of click-to-call are one', async () => {
  @siplet({ name: 'clicking' })
  class Clicking {
    constructor(@inject(SipFactory) private readonly factory: SipFactory) {}
    @Message()
    async click(request: SipRequest) {
      request.createResponse(200).send();
      await this.factory.bridge(request.applicationSession, { caller: TO_ALICE, callee: TO_BOB }).catch(() => {});
    }
  }
  const s = await watched({ clicking: { Clicking } });
  await s.carol.request('MESSAGE', 'sip:click@siplet').response(200);
  (await s.alice.receive('INVITE')).reply(488);
  const first = await s.alice.receive('INVITE');
  first.reply(200);
  await first.ack();
  const second = await s.bob.receive('INVITE');
  const call = () => present(s.calls.list().find(({ method }) => method === 'INVITE'));
  expect(s.calls.list()).toHaveLength(2);
  expect(call()).toMatchObject({ state: 'established', status: 200, callIds: { length: 3 } });
  second.reply(486);
  (await s.alice.receive('BYE')).reply(200);
  await s.world.deliver();
  expect(call().state).toBe('ended');
});

test.each([
  ['without Record-Route', false, true],
  ['without Record-Route, unsupervised', false, false],
])('W-12 §16.6 a call proxied %s is left when it is answered', async (_, recordRoute, supervised) => {
  const s = await watched({ proxying: proxying(recordRoute, supervised) });
  await established(s);
  await s.world.deliver();
  expect(s.one()).toMatchObject({ state: 'left', status: 200 });
  expect(s.told.at(-1)).toBe(`${s.one().callId} left`);
  expect(s.engine.callsInProgress).toBe(0);
});

test('W-12 §16.6 a call with Record-Route stands until its BYE', async () => {
  const s = await watched({ proxying: proxying(true) });
  const { call } = await established(s);
  await s.world.deliver();
  expect(s.one().state).toBe('established');
  expect(s.engine.callsInProgress).toBe(1);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.world.deliver();
  expect(s.one().state).toBe('ended');
});
