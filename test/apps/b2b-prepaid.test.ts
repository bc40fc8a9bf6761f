// apps/b2b-prepaid: a balance, a warning, and the end of both legs to the second; in virtual time.
import { APP_CONFIG } from '@siplet/sdk';
import { ContainerModule } from 'inversify';
import { describe, expect, test } from 'vitest';
import { ACCOUNTS, AccountsInMemory } from '../../apps/b2b-prepaid/accounts.js';
import * as prepaid from '../../apps/b2b-prepaid/index.js';
import { CLOCK } from '../../apps/b2b-prepaid/services.js';
import { Settings } from '../../apps/b2b-prepaid/settings.js';
import { UNIT } from '../../apps/b2b-prepaid/tariff.js';
import { present } from '../../container/base/present.js';
import type { Phone } from '../world/phone.js';
import { stage } from '../world/stage.js';
import type { TextMessage } from '../world/text-message.js';
import { World } from '../world/world.js';

/** A hundredth of a unit a second. */
const SECTION =
  "{ accounts: { alice: 0.9, poor: 0 }, reserve: 20, warning: { seconds: 10 }, rates: { '+': { perMinute: 0.6 } } }";

async function prepaidCalls(section = SECTION) {
  const world = new World();
  let accounts: AccountsInMemory | undefined;
  const services = new ContainerModule(({ bind }) => {
    bind(CLOCK).toConstantValue(() => world.clock.now());
    bind(Settings).toResolvedValue((config) => new Settings(config), [APP_CONFIG]);
    bind(ACCOUNTS)
      .toResolvedValue((settings) => (accounts = new AccountsInMemory(settings.accounts)), [Settings])
      .inSingletonScope();
  });
  const configuration = `apps: { b2b-prepaid: ${section} }`;
  const phones = { alice: '10.0.0.1', gateway: '10.0.0.4' };
  const on = await stage({ 'b2b-prepaid': { ...prepaid, services } }, { world, configuration, phones });
  const { alice, gateway } = on;
  return {
    ...on,
    /** What alice has left. */
    async balance() {
      const all = await present(accounts).withdraw('alice', 1000 * UNIT);
      await present(accounts).deposit('alice', all);
      return all / UNIT;
    },
    async answered(phone: Phone = alice) {
      const call = phone.invite('sip:+4930123@10.0.0.4', { via: 'siplet' });
      const invite = await gateway.receive('INVITE');
      invite.reply(200);
      await call.response(200);
      call.ack();
      await invite.ack();
      return { call, invite };
    },
  };
}

/** Notes when each request of that method comes, in seconds, and answers it. */
function answering(world: World, phone: Phone, method: string): { at: number; message: TextMessage }[] {
  const requests: { at: number; message: TextMessage }[] = [];
  phone.on(method, (request) => {
    requests.push({ at: world.clock.now() / 1000, message: request.message });
    request.reply(200);
  });
  return requests;
}

describe('b2b-prepaid, the call', () => {
  test('the balance lasts for 90 s: a warning after 80, and both legs ended at 90', async () => {
    const { world, alice, gateway, answered, balance, ends } = await prepaidCalls();
    const warnings = answering(world, alice, 'INFO');
    const byes = [answering(world, alice, 'BYE'), answering(world, gateway, 'BYE')];
    await answered();
    await world.run(95_000);
    expect(warnings.map(({ at, message }) => [Math.round(at), message.header('Content-Type'), message.body])).toEqual([
      [80, 'text/plain', 'Your call ends in 10 seconds.'],
    ]);
    for (const each of byes) {
      expect(each.map(({ message }) => message.header('Reason'))).toEqual(['SIP;cause=402;text="Credit exhausted"']);
      expect(present(each[0]).at).toBeCloseTo(90, 1);
    }
    expect(world.ladder({ times: false, participants: ['alice', 'siplet', 'gateway'] })).toMatchInlineSnapshot(`
      "  alice             siplet            gateway
          |--INVITE--------->|                 |
          |<--100 Trying-----|                 |
          |                  |--INVITE-------->|
          |                  |<--200 OK--------|
          |<--200 OK---------|                 |
          |--ACK------------>|                 |
          |                  |--ACK----------->|
          |<--INFO-----------|                 |
          |--200 OK (INFO)-->|                 |
          |                  |--BYE----------->|
          |<--BYE------------|                 |
          |                  |<--200 OK (BYE)--|
          |--200 OK (BYE)--->|                 |"
    `);
    await ends();
    expect(await balance()).toBe(0);
  });

  test('who hangs up before pays for what was used', async () => {
    const { world, gateway, answered, balance, ends } = await prepaidCalls();
    const { call } = await answered();
    await world.run(29_500);
    const bye = call.bye();
    (await gateway.receive('BYE')).reply(200);
    await bye.response(200);
    await ends();
    expect(await balance()).toBe(0.6);
  });

  test('what the other leg takes to end is not paid', async () => {
    const { world, answered, balance, ends } = await prepaidCalls();
    const { call } = await answered();
    await world.run(19_500);
    // The gateway does not answer the BYE: 32 s.
    await call.bye().response(200);
    await ends();
    expect(await balance()).toBe(0.7);
  });

  test.each([486, 503])('a call that fails with %d costs nothing', async (status) => {
    const { alice, gateway, balance, ends } = await prepaidCalls();
    const call = alice.invite('sip:+4930123@10.0.0.4', { via: 'siplet' });
    const invite = await gateway.receive('INVITE');
    expect(await balance()).toBeLessThan(0.9);
    invite.reply(status);
    await call.response('final');
    await ends();
    expect(await balance()).toBe(0.9);
  });

  test('a call that is given up costs nothing', async () => {
    const { alice, gateway, balance, ends } = await prepaidCalls();
    gateway.answerCancel = true;
    const call = alice.invite('sip:+4930123@10.0.0.4', { via: 'siplet' });
    (await gateway.receive('INVITE')).reply(180);
    await call.response(180);
    call.cancel();
    await call.response(487);
    await ends();
    expect(await balance()).toBe(0.9);
  });

  test('§21.4.3 nothing in the account: 402', async () => {
    const { world, gateway, ends } = await prepaidCalls();
    const poor = world.phone('poor', '10.0.0.7');
    await poor.invite('sip:+4930123@10.0.0.4', { via: 'siplet' }).response(402);
    await ends();
    expect(gateway.received).toEqual([]);
  });

  test('two calls of one account share it to the last second', async () => {
    const { world, alice, gateway, answered, balance, ends } = await prepaidCalls();
    gateway.answerBye = true;
    answering(world, alice, 'INFO');
    const byes = answering(world, alice, 'BYE');
    await answered();
    await answered();
    await world.run(100_000);
    await ends();
    expect(await balance()).toBe(0);
    // 90 seconds in all: the one that found nothing more ended first, by not more than what the other had taken in
    // advance.
    const [first, second, ...more] = byes.map(({ at }) => at);
    expect(more).toEqual([]);
    expect(present(first) + present(second)).toBeCloseTo(90, 0);
    expect(present(second) - present(first)).toBeLessThanOrEqual(30);
  });

  test('money that another call gives back lengthens this one, also after the warning', async () => {
    const { world, alice, gateway, answered, balance, ends } = await prepaidCalls(
      "{ accounts: { alice: 0.6 }, reserve: 50, warning: { seconds: 10 }, rates: { '+': { perMinute: 0.6 } } }",
    );
    gateway.answerBye = true;
    answering(world, alice, 'INFO');
    const byes = answering(world, alice, 'BYE');
    const first = await answered();
    await answered();
    await world.run(5000);
    await first.call.bye().response(200);
    await world.run(60_000);
    await ends();
    // 10 of its own, and 44 of the 50 that the other had taken: its sixth second had begun.
    expect(byes.map(({ at }) => Math.round(at))).toEqual([54]);
    expect(await balance()).toBe(0);
  });
});

describe('b2b-prepaid, among the applications', () => {
  test('who has no account, and a call that is free, go on to the next application as they are', async () => {
    const { world, alice, gateway, ends } = await prepaidCalls();
    const carol = world.phone('carol', '10.0.0.8');
    for (const [phone, uri] of [
      [carol, 'sip:+4930123@10.0.0.4'],
      [alice, 'sip:bob@10.0.0.4'],
    ] as const) {
      const call = phone.invite(uri, { via: 'siplet' });
      const invite = await gateway.receive('INVITE');
      expect([invite.uri, invite.message.callId]).toEqual([uri, call.message.callId]);
      invite.reply(486);
      await call.response(486);
    }
    await ends();
  });

  test('the application is taken out of service: what calls have not used is back in the account', async () => {
    const { world, answered, balance, container } = await prepaidCalls();
    await answered();
    await world.run(29_500);
    await present(container.active[0]).dispose();
    expect(await balance()).toBe(0.6);
  });
});
