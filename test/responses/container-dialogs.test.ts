// What JSR 289's test kit and its containers' tests expect of dialogs, sessions and faults. CNT-27 to CNT-31, CNT-37,
// CNT-46 to CNT-48.
import {
  type ApplicationSession,
  ApplicationSessionDestroyed,
  ApplicationSessionReadyToInvalidate,
  IllegalStateError,
  Invite,
  SessionCreated,
  SessionDestroyed,
  SessionReadyToInvalidate,
  type SipRequest,
  type SipResponse,
  type SipSession,
  SuccessResponse,
  Siplet as siplet,
} from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { count, finalsOf, requests } from '../world/arrivals.js';
import { proxies, type Script, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, established, stage } from '../world/stage.js';

/** The caller hangs up, the callee takes it. */
async function hangUp(s: ScriptedStage, bye: ReturnType<ReturnType<ScriptedStage['call']>['bye']>) {
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
}

describe('dialogs', () => {
  test('CNT-27 2xx of two forks, both acknowledged: each ACK reaches its own fork', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { recordRoute: true }), ack: watch });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    bobs.reply(200);
    carols.reply(200);
    bobs.reply(200, { toTag: 'downstream', contact: 'sip:third@10.0.0.4' });
    await s.world.run(10);
    const answers = call.responses.filter(({ status }) => status === 200);
    expect(answers).toHaveLength(3);
    for (const [i, response] of answers.entries()) call.ack({ response, body: `ack ${i}` });
    await s.world.run(10);
    const acks = [s.bob, s.carol, s.dave].map((phone) =>
      phone.received
        .filter(({ message }) => message.method === 'ACK')
        .map(({ message }) => `${message.toTag} ${message.list('Via').length}`),
    );
    expect(acks).toEqual([['bob-1 2'], ['carol-1 2'], ['downstream 2']]);
    expect(s.seen).toEqual(['invite', 'ack', 'ack', 'ack']);
    for (const [response, phone] of [
      [present(answers[0]), s.bob],
      [present(answers[1]), s.carol],
      [present(answers[2]), s.dave],
    ] as const) {
      const bye = call.dialogOf(response).bye();
      (await phone.receive('BYE')).reply(200);
      await bye.response(200);
    }
    await s.ends();
  });

  test('CNT-28 re-INVITE and INFO overlap in one dialog: the ACK goes to the right re-INVITE', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), success: watch, ack: watch, info: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.world.run(10);
    const again = call.dialog.request('INVITE');
    const reInvite = await s.bob.receive('INVITE');
    const info = call.dialog.request('INFO');
    const infoAtBob = await s.bob.receive('INFO');
    reInvite.reply(180);
    infoAtBob.reply(200);
    await info.response(200);
    reInvite.reply(200);
    const response = await again.response(200);
    const second = call.dialog.request('INFO');
    again.ack({ response });
    const ack = await reInvite.ack();
    expect([ack.message.sequence, ack.message.toTag, again.message.sequence]).toEqual([2, 'bob-1', 2]);
    (await s.bob.receive('INFO')).reply(200);
    await second.response(200);
    expect([count(s.bob, 'ACK'), finalsOf(s.alice)]).toEqual([2, [200, 200]]);
    await hangUp(s, call.bye());
    await s.ends();
  });

  test('CNT-28 re-INVITEs of both sides cross: each 491 is acknowledged hop by hop', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), ack: watch });
    const { call, invite } = await established(s);
    const [hers, his] = [call.dialog.request('INVITE'), invite.dialog.request('INVITE')];
    const [atBob, atAlice] = [await s.bob.receive('INVITE'), await s.alice.receive('INVITE')];
    atBob.reply(491);
    atAlice.reply(491);
    await hers.response(491);
    await his.response(491);
    await s.world.run(10);
    expect([atBob.acknowledged, atAlice.acknowledged]).toEqual([true, true]);
    expect(s.seen).toEqual(['invite', 'ack']);
    await hangUp(s, call.bye());
    await s.ends();
  });

  test('CNT-29 a proxy downstream forks: two early dialogs, each with a session of its own', async () => {
    const ids = new Map<string, string>();
    const note = (response: SipResponse) => {
      ids.set(`${response.status} ${response.to.parameters.get('tag')}`, response.session.id);
      expect(response.session.attributes.get('from')).toBe('the first');
    };
    const s = await scripted({
      invite(request) {
        request.session.attributes.set('from', 'the first');
        request.proxy({ recordRoute: true }).proxyTo(BOB);
      },
      provisional: note,
      success: note,
      prack: watch,
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180, { toTag: 'one' });
    invite.reply(180, { toTag: 'two' });
    invite.reply(200, { toTag: 'two' });
    await call.response(200);
    call.ack();
    expect([...ids.keys()]).toEqual(['180 one', '180 two', '200 two']);
    expect(ids.get('180 two')).toBe(ids.get('200 two'));
    expect(ids.get('180 one')).not.toBe(ids.get('180 two'));
    await hangUp(s, call.bye());
    await s.ends();
  });

  test('CNT-30 PRACK through a record-routing proxy, and then CANCEL', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), prack: watch, provisional: watch });
    const call = s.call({ headers: { Supported: '100rel' } });
    const invite = await s.bob.receive('INVITE');
    invite.reply(183, { headers: { Require: '100rel', RSeq: '1' } });
    const early = await call.response(183);
    const prack = call.dialogOf(early).request('PRACK', { headers: { RAck: '1 1 INVITE' } });
    const received = await s.bob.receive('PRACK');
    received.reply(200);
    await prack.response(200);
    await call.cancel().response(200);
    (await s.bob.receive('CANCEL')).reply(200);
    invite.reply(487);
    await call.response(487);
    await s.ends();
    expect([s.seen, requests(s.bob)]).toEqual([
      ['invite', 'provisional 183', 'prack'],
      ['INVITE', 'PRACK', 'CANCEL', 'ACK'],
    ]);
  });

  test('CNT-31 a proxied dialog is ended by BYE: ready to invalidate, invalidated, nothing left', async () => {
    const seen: string[] = [];
    const held: (SipSession | ApplicationSession)[] = [];
    @siplet({ name: 'life' })
    class Life {
      @Invite() invite(request: SipRequest) {
        held.push(request.session, request.applicationSession);
        request.proxy({ recordRoute: true }).proxyTo(BOB);
      }
      @SuccessResponse() success(response: SipResponse) {
        seen.push(`${response.status} ${response.method} ${response.session.state}`);
      }
      @SessionCreated() created(session: SipSession) {
        seen.push(`created ${session.isValid}`);
      }
      @SessionReadyToInvalidate() ready(session: SipSession) {
        seen.push(`ready ${session.isValid}`);
      }
      @SessionDestroyed() destroyed(session: SipSession) {
        seen.push(`destroyed ${session.isValid}`);
      }
      @ApplicationSessionReadyToInvalidate() allReady(session: ApplicationSession) {
        seen.push(`application ready ${session.isValid}`);
      }
      @ApplicationSessionDestroyed() allDestroyed(session: ApplicationSession) {
        seen.push(`application destroyed ${session.isValid}`);
      }
    }
    const { world, bob, call: invite, ends } = await stage(Life);
    const call = invite();
    (await bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await world.run(400_000); // much longer than any transaction, and than a session without a call
    expect(seen).toEqual(['created true', '200 INVITE confirmed']);
    const bye = call.bye();
    (await bob.receive('BYE')).reply(200);
    await bye.response(200);
    await ends();
    expect(seen.slice(2)).toEqual([
      '200 BYE terminated',
      'ready true',
      'destroyed false',
      'application ready true',
      'application destroyed false',
    ]);
    expect(held.map(({ isValid }) => isValid)).toEqual([false, false]);
  });
});

describe('faults', () => {
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('on purpose');
      },
    ],
    ['rejects', () => Promise.reject(new Error('on purpose'))],
    ['never settles', () => new Promise(() => {})],
  ])('CNT-37 a handler that %s: 500 to that transaction alone, counted; others go on', async (how, fail) => {
    const ring = proxies(BOB);
    const s = await scripted({
      invite: (request) => (request.headers.has('X-Bad') ? fail() : ring(request)),
    });
    const before = s.container.engine.invocation.failures;
    const bad = s.call({ headers: { 'X-Bad': '1' } });
    const good = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await good.response(200);
    expect(s.world.clock.now()).toBeLessThan(10);
    good.ack();
    await bad.response(500, 200_000);
    expect(s.container.engine.invocation.failures - before).toBe(how === 'never settles' ? 0 : 1);
    await s.ends(1);
    expect(requests(s.bob)).toEqual(['INVITE', 'ACK']);
  });

  test('CNT-48 a response is sent twice, or after the final one: an error to the application, nothing on the wire', async () => {
    const errors: unknown[] = [];
    const s = await scripted({
      invite(request) {
        const final = request.createResponse(486);
        const late = request.createResponse(180);
        const other = request.createResponse(200);
        final.send();
        for (const response of [final, late, other]) errors.push(thrown(() => response.send()));
      },
    });
    await s.call().response(486);
    await s.ends();
    expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true, true]);
    expect(s.alice.received.map(({ message }) => message.status)).toEqual([100, 486]);
  });

  test('CNT-48 while it proxies: after the 2xx of a branch no final and no provisional one may be sent', async () => {
    const errors: unknown[] = [];
    const s = await scripted({
      invite: proxies(BOB),
      success(response) {
        errors.push(thrown(() => response.send()));
        for (const status of [180, 200, 486]) errors.push(thrown(() => response.request.createResponse(status).send()));
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true, true, true]);
    expect(s.alice.received.map(({ message }) => message.status)).toEqual([100, 200]);
  });
});

describe('who takes it', () => {
  test('CNT-46 addToPath on REGISTER: a Path value of ours above those that are there', async () => {
    const s = await scripted({ register: proxies(BOB, { addToPath: true }) });
    const sent = s.alice.request('REGISTER', 'sip:example.com', {
      via: 'siplet',
      headers: { Path: '<sip:edge@10.0.0.7;lr>', Supported: 'path' },
    });
    const received = await s.bob.receive('REGISTER');
    expect(received.list('Path')).toEqual([
      expect.stringMatching(/^<sip:10\.0\.0\.9[^>]*;lr/),
      '<sip:edge@10.0.0.7;lr>',
    ]);
    expect(received.list('Record-Route')).toEqual([]);
    received.reply(200);
    await sent.response(200);
    await s.ends();
  });

  test.each<[string, Script, string, number, string | undefined]>([
    ['for that method', { message: watch }, 'INVITE', 405, 'MESSAGE'],
    ['with a handler of an initial request', { subsequent: watch }, 'INVITE', 404, undefined],
  ])('CNT-47 no application %s: %s', async (_, script, method, status, allow) => {
    const s = await scripted(script);
    const response = await s.alice.request(method, 'sip:bob@10.0.0.2', { via: 'siplet' }).response(status);
    expect(response.header('Allow')).toBe(allow);
    await s.ends();
    expect(requests(s.bob)).toEqual([]);
  });
});
