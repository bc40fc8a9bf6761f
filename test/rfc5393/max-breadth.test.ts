// Max-Breadth (RFC 5393 §5.3.3): what we may have under way at once is shared out, and never exceeded.
import {
  BranchResponse,
  Invite,
  type ProxyOptions,
  type SipRequest,
  type SipResponse,
  Siplet as siplet,
} from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { Phone } from '../world/phone.js';
import { SIPLET, stage } from '../world/stage.js';
import { breadths, sum, travelled } from './location-service.js';

interface Script {
  readonly targets: number;
  readonly options?: ProxyOptions;
  /** Added when the first branch has ended. */
  readonly added?: readonly string[];
}

/** An application that forks to so many phones. */
async function forking({ targets, options = {}, added }: Script) {
  let more = added;
  @siplet({ name: 'fork' })
  class Fork {
    @Invite()
    ring(request: SipRequest) {
      request.proxy(options).proxyTo(phones.map(({ uri }) => uri));
    }

    @BranchResponse()
    ended(response: SipResponse) {
      if (more !== undefined) present(response.proxy).proxyTo(more as string[]);
      more = undefined;
    }
  }
  const on = await stage({ fork: { Fork } });
  const { world } = on;
  const phones = Array.from({ length: targets }, (_, i) => world.phone(`phone${i}`, `10.0.1.${i + 1}`));
  const invite = (breadth?: string | string[]) =>
    on.call({ headers: breadth === undefined ? {} : { 'Max-Breadth': breadth } });
  return { ...on, phones, invite, sent: () => breadths(travelled(world, 'INVITE', SIPLET)) };
}

const rung = (phones: readonly Phone[]) => phones.map(({ received }) => received.length > 0);

describe('RFC 5393 §5.3.3.1 adding and sharing', () => {
  test('P53-03 none in the request: 60 is added', async () => {
    const s = await forking({ targets: 1 });
    s.invite();
    await s.world.deliver();
    expect(s.sent()).toEqual([60]);
  });

  test.each([2, 3, 7, 20, 60])('P53-03 none in the request: 60 among %i branches', async (targets) => {
    const s = await forking({ targets });
    s.invite();
    await s.world.deliver();
    expect(s.sent()).toHaveLength(targets);
    expect(Math.min(...s.sent())).toBeGreaterThanOrEqual(1);
    expect(sum(s.sent())).toBe(60);
  });

  test.each(['61', '100', '4294967295'])('P53-04 %s is more than ours: 60 at the most', async (breadth) => {
    for (const targets of [1, 2]) {
      const s = await forking({ targets });
      s.invite(breadth);
      await s.world.deliver();
      expect(sum(s.sent())).toBeLessThanOrEqual(60);
      expect(sum(s.sent())).toBeGreaterThan(30);
    }
  });

  test.each([
    [4, 2],
    [5, 2],
    [5, 5],
    [60, 7],
    [12, 11],
    [1, 1],
  ])('P53-05 %i among %i branches: no more together, each at least 1', async (breadth, targets) => {
    const s = await forking({ targets });
    s.invite(String(breadth));
    await s.world.deliver();
    expect(s.sent()).toHaveLength(targets);
    expect(Math.min(...s.sent())).toBeGreaterThanOrEqual(1);
    expect(sum(s.sent())).toBeLessThanOrEqual(breadth);
    expect(sum(s.sent())).toBeGreaterThanOrEqual(Math.floor((3 * breadth) / 4));
  });

  test('P53-06 2 for three targets: the third is tried when one of the first has ended', async () => {
    const s = await forking({ targets: 3 });
    const call = s.invite('2');
    await s.world.deliver();
    expect(rung(s.phones)).toEqual([true, true, false]);
    (await present(s.phones[1]).receive('INVITE')).reply(486);
    (await present(s.phones[2]).receive('INVITE')).reply(200);
    await call.response(200);
    expect(s.sent()).toEqual([1, 1, 1]);
    call.ack();
    present(s.phones[0]).answerCancel = true;
    await s.ends();
  });

  test('P53-06 0 lets nothing be forwarded: 440', async () => {
    const s = await forking({ targets: 2 });
    const call = s.invite('0');
    await call.response(440);
    expect(s.sent()).toEqual([]);
    await s.ends();
  });

  test.each(['nonsense', '-1', '1.5', '', '99999999999999999999'])(
    'P53-03 a value that is not a number (%s) does not stop the call, nor widen it',
    async (breadth) => {
      const s = await forking({ targets: 2 });
      const call = s.invite(breadth);
      await s.world.deliver();
      if (s.sent().length === 0) expect(call.last?.status).toBe(400);
      else expect(sum(s.sent())).toBeLessThanOrEqual(60);
    },
  );

  test('P53-03 there is one Max-Breadth in what is forwarded, however many came', async () => {
    const s = await forking({ targets: 1 });
    s.invite(['3', '50']);
    const invite = await present(s.phones[0])
      .receive('INVITE')
      .catch(() => undefined);
    if (invite === undefined) expect(present(s.alice.received[0]).message.status).toBe(400);
    else expect(invite.list('Max-Breadth')).toEqual(['3']);
  });
});

describe('RFC 5393 §5.3.3.1 one after another', () => {
  test('P53-07 with 1 the next target may have it when the former has its final response', async () => {
    const s = await forking({ targets: 3, options: { parallel: false } });
    const call = s.invite('1');
    for (const phone of s.phones) (await phone.receive('INVITE')).reply(480);
    await call.response(480);
    expect(s.sent()).toEqual([1, 1, 1]);
    await s.ends();
  });

  test('P53-07 with 1 a parallel search is a sequential one', async () => {
    const s = await forking({ targets: 3 });
    const call = s.invite('1');
    for (const [i, phone] of s.phones.entries()) {
      const invite = await phone.receive('INVITE');
      expect(rung(s.phones)).toEqual(s.phones.map((_, k) => k <= i));
      invite.reply(486);
    }
    await call.response(486);
    expect(s.sent()).toEqual([1, 1, 1]);
    await s.ends();
  });

  test('P53-07 a sequential search gives each target half of what is free: the next may start before this one has ended', async () => {
    const s = await forking({ targets: 3, options: { parallel: false } });
    const call = s.invite('40');
    for (const phone of s.phones) (await phone.receive('INVITE')).reply(480);
    await call.response(480);
    for (const one of s.sent()) expect(one).toBe(16);
  });

  test('P53-07 C-18 a branch that the application adds has its share, or waits', async () => {
    for (const breadth of ['1', '2', '8']) {
      const s = await forking({ targets: 2, added: ['sip:phone9@10.0.1.9'] });
      const phone9 = s.world.phone('phone9', '10.0.1.9');
      const call = s.invite(breadth);
      (await present(s.phones[0]).receive('INVITE')).reply(486);
      await s.world.deliver();
      const pending = s.sent().slice(1); // all but the one that has ended
      expect(sum(pending)).toBeLessThanOrEqual(Number(breadth));
      (await present(s.phones[1]).receive('INVITE')).reply(486);
      (await phone9.receive('INVITE')).reply(486);
      await call.response(486);
      await s.ends();
    }
  });

  test('P53-07 3xx: the contacts share what is left', async () => {
    const s = await forking({ targets: 2 });
    const others = ['10.0.2.1', '10.0.2.2', '10.0.2.3'].map((address, i) => s.world.phone(`other${i}`, address));
    const call = s.invite('3');
    const contact = others.map(({ uri }) => `<${uri}>`).join(', ');
    (await present(s.phones[0]).receive('INVITE')).reply(302, { headers: { Contact: contact } });
    await s.world.deliver();
    const [first, second, ...redirected] = s.sent();
    expect(present(second) + sum(redirected)).toBeLessThanOrEqual(3);
    expect(first).toBeGreaterThanOrEqual(1);
    expect(redirected.length).toBeGreaterThan(0);
    (await present(s.phones[1]).receive('INVITE')).reply(486);
    for (const other of others) (await other.receive('INVITE')).reply(486);
    await call.response(486);
    await s.ends();
  });
});

test('P53-10 RFC 5393 §4.2.1 CANCEL and the ACK to a non-2xx have the whole branch of their INVITE', async () => {
  const s = await forking({ targets: 2 });
  present(s.phones[1]).answerCancel = true;
  const call = s.alice.invite('sip:bob@example.com', {
    via: SIPLET,
    // Another proxy has forwarded it: a second part is there to be made.
    headers: { Via: ['SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1', 'SIP/2.0/UDP 10.9.9.9;branch=z9hG4bK0'] },
  });
  (await present(s.phones[0]).receive('INVITE')).reply(486);
  const invite = await present(s.phones[1]).receive('INVITE');
  invite.reply(180);
  await s.world.deliver();
  call.cancel({ headers: { Via: ['SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1'] } });
  await s.world.deliver();
  for (const [i, methods] of [
    ['INVITE', 'ACK'],
    ['INVITE', 'CANCEL', 'ACK'],
  ].entries()) {
    const got = present(s.phones[i]).received.map(({ message }) => message);
    expect(got.map(({ method }) => method)).toEqual(methods);
    expect(new Set(got.map(({ branch }) => branch)).size).toBe(1);
    expect(present(got[0]).branch).toMatch(/^z9hG4bK[^-]+-[0-9a-z]{14}$/);
  }
  // The unique parts differ, the loop parts do not.
  const [one, other] = s.phones.map(({ received }) => present(present(received[0]).message.branch).split('-'));
  expect(present(one)[0]).not.toBe(present(other)[0]);
  expect(present(one)[1]).toBe(present(other)[1]);
});
