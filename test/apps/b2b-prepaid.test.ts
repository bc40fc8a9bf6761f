// apps/b2b-prepaid: a balance, a warning, and the end of both legs to the second; in virtual time.
import { ContainerModule } from 'inversify';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { Accounts } from '../../apps/b2b-prepaid/accounts.js';
import * as prepaid from '../../apps/b2b-prepaid/index.js';
import { schema } from '../../apps/b2b-prepaid/settings.js';
import { UNIT } from '../../apps/b2b-prepaid/tariff.js';
import { present } from '../../container/base/present.js';
import type { Phone } from '../world/phone.js';
import { stage } from '../world/stage.js';
import type { TextMessage } from '../world/text-message.js';
import { World } from '../world/world.js';

afterEach(() => void vi.restoreAllMocks());

/** A hundredth of a unit a second. */
const SECTION =
  "{ numbers: { country: '49' }, accounts: { Alice: 0.9, poor: 0 }, reserve: '20s', warning: { before: '10s' }, rates: { '+49': { perMinute: 0.6 } } }";

async function prepaidCalls(section = SECTION) {
  const world = new World();
  vi.spyOn(performance, 'now').mockImplementation(() => world.clock.now());
  const accounts = new Accounts(schema.parse(parse(section)));
  const services = new ContainerModule(({ bind }) => void bind(Accounts).toConstantValue(accounts));
  const configuration = `apps: { b2b-prepaid: ${section} }`;
  const phones = { alice: '10.0.0.1', gateway: '10.0.0.4' };
  const on = await stage({ 'b2b-prepaid': { ...prepaid, services } }, { world, configuration, phones });
  const { alice, gateway } = on;
  return {
    ...on,
    /** What alice has left. */
    async balance() {
      const all = await accounts.withdraw('alice', 1000 * UNIT);
      await accounts.deposit('alice', all);
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
      "{ accounts: { alice: 0.6 }, reserve: '50s', warning: { before: '10s' }, rates: { '+': { perMinute: 0.6 } } }",
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
  test.each(['sip:bob@10.0.0.4', 'sip:112@10.0.0.4'])('%s is free: the next application has the call', async (uri) => {
    const { world, gateway, ends } = await prepaidCalls();
    const carol = world.phone('carol', '10.0.0.8');
    const call = carol.invite(uri, { via: 'siplet' });
    const invite = await gateway.receive('INVITE');
    expect([invite.uri, invite.message.callId]).toEqual([uri, call.message.callId]);
    invite.reply(486);
    await call.response(486);
    await ends();
  });

  test('without any rate every call is the next application’s', async () => {
    const { alice, gateway, ends } = await prepaidCalls('{ accounts: { alice: 1 } }');
    const call = alice.invite('sip:+4930123@10.0.0.4', { via: 'siplet' });
    (await gateway.receive('INVITE')).reply(486);
    await call.response(486);
    await ends();
  });

  test.each([
    ['E-16 dialled with 00', 'sip:004930123456@10.0.0.4'],
    ['E-16 dialled with the national prefix', 'sip:030123456@10.0.0.4'],
    ['E-16 a local number with its context', 'sip:30123456;phone-context=+49@10.0.0.4'],
    ['E-16 with visual separators', 'sip:+49-30-123456@10.0.0.4'],
  ])('%s, a call is paid for, and goes on to the number that was paid for', async (_, uri) => {
    const { alice, gateway, balance, ends } = await prepaidCalls();
    const call = alice.invite(uri, { via: 'siplet' });
    const invite = await gateway.receive('INVITE');
    expect(invite.uri).toBe('sip:+4930123456@10.0.0.4');
    expect(await balance()).toBeLessThan(0.9);
    invite.reply(486);
    await call.response(486);
    await ends();
  });

  test.each([
    ['From differs in case', '<sip:ALICE@10.0.0.1>'],
    ['From has parameters', '<sip:alice;x=1@10.0.0.1>'],
    ['From is escaped', '<sip:%61lice@10.0.0.1>'],
    ['From has a display name', '"Bob" <sips:alice@elsewhere.example>'],
  ])('E-26 %s: the account is the same', async (_, from) => {
    const { alice, gateway, balance, ends } = await prepaidCalls();
    const call = alice.invite('sip:+4930123@10.0.0.4', { via: 'siplet', from });
    const invite = await gateway.receive('INVITE');
    expect(await balance()).toBeLessThan(0.9);
    invite.reply(486);
    await call.response(486);
    await ends();
  });

  test.each([
    ['E-16 a number without a rate', 'sip:+15550100@10.0.0.4', 'alice', 403],
    ['E-16 a local number without a rate', 'sip:1234567@10.0.0.4', 'alice', 403],
    ['E-26 a caller without an account', 'sip:+4930123@10.0.0.4', 'carol', 403],
    ['E-26 digits that are not a number', 'sip:+49@10.0.0.4', 'alice', 484],
    ['E-26 00 alone', 'sip:00@10.0.0.4', 'alice', 484],
  ])('%s is refused', async (_, uri, caller, status) => {
    const { alice, gateway, ends } = await prepaidCalls();
    await alice.invite(uri, { via: 'siplet', from: `<sip:${caller}@10.0.0.1>` }).response(status);
    await ends();
    expect(gateway.received).toEqual([]);
  });

  test('E-25 the wall clock steps back an hour: the call ends after 90 s all the same, and is paid', async () => {
    const { world, alice, gateway, answered, balance, ends } = await prepaidCalls();
    answering(world, alice, 'INFO');
    const byes = [answering(world, alice, 'BYE'), answering(world, gateway, 'BYE')];
    await answered();
    await world.run(30_000);
    vi.spyOn(Date, 'now').mockImplementation(() => world.clock.now() - 3_600_000);
    await world.run(65_000);
    expect(byes.map(([bye]) => Math.round(present(bye).at))).toEqual([90, 90]);
    await ends();
    expect(await balance()).toBe(0);
  });

  test('the application is taken out of service: what calls have not used is back in the account', async () => {
    const { world, answered, balance, container } = await prepaidCalls();
    await answered();
    await world.run(29_500);
    await present(container.active[0]).dispose();
    expect(await balance()).toBe(0.6);
  });
});
