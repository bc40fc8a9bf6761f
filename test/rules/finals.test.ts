// Rules C-11 to C-14: 3xx-6xx.
import { IllegalStateError, type SipResponse } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, finals, requests } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';

describe('3xx-6xx', () => {
  test('C-11 the container acknowledges them, and calls the application only with the best, when every branch has ended', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]), best: watch });
    s.carol.autoTrying = s.dave.autoTrying = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(500);
    const carols = await s.carol.receive('INVITE');
    const daves = await s.dave.receive('INVITE');
    await s.world.run(1000);
    carols.reply(404);
    await s.world.run(10);
    expect([requests(s.bob), requests(s.carol), requests(s.dave)]).toEqual([
      ['INVITE', 'ACK'],
      ['INVITE', 'ACK'],
      ['INVITE'],
    ]);
    expect(s.seen).toEqual(['invite']);
    await s.world.run(60_000);
    daves.reply(486);
    await call.response('4xx');
    expect(s.seen).toHaveLength(2);
    expect(requests(s.dave)).toEqual(['INVITE', 'ACK']);
    await s.ends();
    expect(finals(s.alice)).toEqual([404]);
  });

  test('C-11 a retransmitted final is acknowledged again and seen no more', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), best: watch, branch: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(486);
    await s.world.run(500);
    invite.resend();
    await s.world.run(10);
    expect(requests(s.bob)).toEqual(['INVITE', 'ACK', 'ACK']);
    (await s.carol.receive('INVITE')).reply(600);
    await call.response(600);
    expect(s.seen).toEqual(['invite', 'branch 486', 'best 600']);
    await s.ends();
  });
});

describe('a final response of the application’s own', () => {
  test('C-12 while branches are pending it is a candidate like one received', async () => {
    const s = await scripted({
      invite: proxies([BOB, CAROL]),
      provisional: ({ request }) => request.createResponse(404).send(),
      best: watch,
    });
    s.carol.autoTrying = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    await s.world.run(1000);
    expect(finals(s.alice)).toEqual([]);
    expect([requests(s.bob), requests(s.carol)]).toEqual([['INVITE'], ['INVITE']]);
    invite.reply(500);
    (await s.carol.receive('INVITE')).reply(501);
    await call.response(404);
    expect(s.seen).toEqual(['invite', 'provisional 180', 'best 404']);
    await s.ends();
  });

  test('C-12 a better one from a branch beats it', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      provisional: ({ request }) => request.createResponse(500).send(),
      best: watch,
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await s.world.run(1000);
    invite.reply(404);
    await call.response(404);
    expect(s.seen.at(-1)).toBe('best 404');
    await s.ends();
  });

  test('C-12 a 2xx of its own goes upstream at once and cancels the branches', async () => {
    const s = await scripted({
      invite: proxies([BOB, CAROL]),
      provisional: ({ request }) => request.createResponse(200).send(),
      best: watch,
      branch: watch,
    });
    s.bob.answerCancel = s.carol.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(100);
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(200);
    call.ack();
    await call.bye().response(200);
    await s.world.run(10);
    expect([requests(s.bob), requests(s.carol)]).toEqual([
      ['INVITE', 'CANCEL', 'ACK'],
      ['INVITE', 'CANCEL', 'ACK'],
    ]);
    await s.ends();
    expect(finals(s.alice)).toEqual([200, 200]); // the INVITE's and the BYE's
    expect(s.seen).toEqual(['invite', 'provisional 180']);
  });

  test('C-12 a 2xx of its own cancels the one branch that there is', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      provisional: ({ request }) => request.createResponse(200).send(),
    });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(200);
    call.ack();
    await call.bye().response(200);
    await s.world.run(10);
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    await s.ends();
  });

  test('C-12 a 6xx of its own cancels the branches and goes upstream when they have ended', async () => {
    const s = await scripted({
      invite: proxies([BOB, CAROL]),
      provisional: ({ request }) => request.createResponse(603).send(),
    });
    s.carol.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(100);
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    const cancel = await s.bob.receive('CANCEL');
    cancel.reply(200);
    await s.world.run(1000);
    expect(finals(s.alice)).toEqual([]);
    invite.reply(487);
    await call.response(603);
    await s.ends();
    expect(finals(s.alice)).toEqual([603]);
  });

  test.each([200, 302, 480, 503, 603])(
    'C-12 sent from the best-response handler a %i replaces the best response',
    async (status) => {
      const s: ScriptedStage = await scripted({
        invite: proxies(BOB),
        async best(response) {
          await s.after(100);
          response.request.createResponse(status, 'Instead').send();
        },
      });
      const call = s.call();
      (await s.bob.receive('INVITE')).reply(404);
      const final = await call.response('final');
      expect([final.status, final.reason]).toEqual([status, 'Instead']);
      if (status === 200) {
        call.ack();
        await call.bye().response(200);
      }
      await s.ends();
      // The BYE has its 200 too.
      expect(finals(s.alice)).toEqual(status === 200 ? [200, 200] : [status]);
    },
  );
});

describe('6xx', () => {
  test('C-13 cancels every pending branch at once, and goes upstream when they have ended', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]), branch: watch, best: watch });
    s.carol.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    const slow = await s.dave.receive('INVITE');
    slow.reply(180);
    await s.world.run(1000);
    (await s.bob.receive('INVITE')).reply(603);
    const at = s.world.clock.now();
    await s.world.run(10);
    for (const phone of [s.carol, s.dave]) {
      expect(arrivals(phone, (message) => message.method === 'CANCEL')).toEqual([`${at + 2} CANCEL`]);
    }
    expect(finals(s.alice)).toEqual([]);
    (await s.dave.receive('CANCEL')).reply(200);
    await s.world.run(2000);
    expect(finals(s.alice)).toEqual([]);
    slow.reply(487);
    await call.response(603);
    expect(s.seen.filter((line) => line.startsWith('best'))).toEqual(['best 603']);
    await s.ends();
    expect(finals(s.alice)).toEqual([603]);
  });

  test('C-13 no branch is started after it: a sequential search ends', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false }) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(600);
    await call.response(600);
    await s.ends();
    expect(requests(s.carol)).toEqual([]);
  });

  test('C-13 no branch is added after it: proxyTo, createBranches and start throw', async () => {
    const errors: unknown[] = [];
    const add = ({ proxy }: SipResponse) =>
      errors.push(
        thrown(() => present(proxy).proxyTo(DAVE)),
        thrown(() => present(proxy).createBranches(DAVE)),
        thrown(() => present(proxy).start()),
      );
    const s = await scripted({ invite: proxies([BOB, CAROL]), branch: add, best: add });
    s.carol.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    await call.response(180);
    (await s.bob.receive('INVITE')).reply(603);
    await call.response(603);
    expect(s.seen).toEqual(['invite', 'branch 603', 'best 603']);
    expect(errors.map((error) => error instanceof IllegalStateError)).toEqual(Array(6).fill(true));
    await s.ends();
    expect(requests(s.dave)).toEqual([]);
  });

  test('C-13 the Contacts of a 3xx that comes after it are not tried', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]) });
    const call = s.call();
    const other = await s.carol.receive('INVITE');
    (await s.bob.receive('INVITE')).reply(603);
    await s.world.run(10);
    other.reply(302, { contact: DAVE });
    await call.response(603);
    await s.ends();
    expect(requests(s.dave)).toEqual([]);
  });
});

describe('intermediate final responses', () => {
  test('C-14 every one goes to @BranchResponse, and only the end of the proxying to the best-response handler', async () => {
    const flags: [boolean, string][] = [];
    const note = (response: SipResponse) => flags.push([response.isBranchResponse, String(response.branch?.uri)]);
    const s = await scripted({
      invite: proxies([BOB, CAROL, DAVE]),
      branch: note,
      best: note,
      error: watch,
      redirect: watch,
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    const [carols, daves] = [await s.carol.receive('INVITE'), await s.dave.receive('INVITE')];
    await s.world.run(10);
    expect(s.seen).toEqual(['invite', 'branch 486']);
    carols.reply(500);
    await s.world.run(10);
    expect(s.seen).toEqual(['invite', 'branch 486', 'branch 500']);
    daves.reply(501);
    await call.response(486);
    expect(s.seen.slice(3)).toHaveLength(1);
    expect(flags.slice(0, 2)).toEqual([
      [true, BOB],
      [true, CAROL],
    ]);
    expect(flags[2]?.[0] ?? false).toBe(false);
    await s.ends();
  });

  test('C-14 of a sequential search: each that starts the next', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE], { parallel: false }), branch: watch, best: watch });
    const call = s.call();
    for (const [phone, status] of [
      [s.bob, 486],
      [s.carol, 404],
      [s.dave, 480],
    ] as const) {
      (await phone.receive('INVITE')).reply(status);
    }
    await call.response('4xx');
    expect(s.seen.slice(0, 3)).toEqual(['invite', 'branch 486', 'branch 404']);
    expect(s.seen.slice(3)).toHaveLength(1);
    expect(s.seen[3]).toMatch(/^best /);
    await s.ends();
  });

  test('C-14 a 3xx whose Contact is tried is one', async () => {
    const s = await scripted({ invite: proxies(BOB), branch: watch, best: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: CAROL });
    (await s.carol.receive('INVITE')).reply(486);
    await call.response(486);
    expect(s.seen).toEqual(['invite', 'branch 302', 'best 486']);
    await s.ends();
  });

  test('C-14 where there is no @BranchResponse they go nowhere', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), error: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    (await s.carol.receive('INVITE')).reply(603);
    await call.response(603);
    expect(s.seen).toEqual(['invite', 'error 603']);
    await s.ends();
  });
});
