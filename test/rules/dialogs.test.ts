// Rules C-33 to C-38: what the application sees after the final response.
import { IllegalStateError, type SipRequest, TooManyHopsError } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, requests } from '../world/arrivals.js';
import type { ServerRequest } from '../world/incoming.js';
import { proxies, type Script, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, established } from '../world/stage.js';

/** A call that stands: Alice's side and Bob's. */
async function answered(s: ScriptedStage) {
  const { call, invite } = await established(s);
  return { call, invite };
}

async function hangUp(s: ScriptedStage, call: Awaited<ReturnType<typeof answered>>['call']) {
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
}

test('C-33 without recordRoute the application sees nothing after the final response', async () => {
  const s = await scripted({ invite: proxies(BOB), subsequent: watch, success: watch });
  const { call, invite } = await answered(s);
  expect(invite.list('Record-Route')).toEqual([]);
  expect(invite.list('Via')).toHaveLength(2);
  await hangUp(s, call);
  expect(s.bob.received.map(({ message, from }) => `${message.method} ${from.address}`)).toEqual([
    'INVITE 10.0.0.9',
    'ACK 10.0.0.1',
    'BYE 10.0.0.1',
  ]);
  expect(s.seen).toEqual(['invite', 'success 200']);
  await s.ends();
});

describe('C-34 with recordRoute', () => {
  const sides = [['the caller'], ['the callee']] as const;

  test.each(sides)('C-34 subsequent requests of %s go to @Subsequent with isInitial false', async (side) => {
    const initial: boolean[] = [];
    const s = await scripted({
      invite: proxies(BOB, { recordRoute: true }),
      subsequent: (request) => initial.push(request.isInitial),
      success: watch,
    });
    const { call, invite } = await answered(s);
    const [dialog, peer] = side === 'the caller' ? [call.dialog, s.bob] : [invite.dialog, s.alice];
    for (const method of ['INFO', 'NOTIFY', 'MESSAGE', 'BYE']) {
      const sent = dialog.request(method);
      const received = await peer.receive(method);
      expect([received.list('Via').length, received.list('Route')]).toEqual([2, []]);
      received.reply(200);
      await sent.response(200);
    }
    expect(s.seen.slice(2)).toEqual([
      'subsequent ACK',
      ...['INFO', 'NOTIFY', 'MESSAGE', 'BYE'].flatMap((method) => [`subsequent ${method}`, `success 200 ${method}`]),
    ]);
    expect(initial).toEqual(Array(5).fill(false));
    await s.ends();
  });

  test.each(sides)(
    'C-34 a handler may change non-system parts of a request of %s, and it is forwarded when it has settled',
    async (side) => {
      const errors: unknown[] = [];
      const s: ScriptedStage = await scripted({
        invite: proxies(BOB, { recordRoute: true }),
        async info(request) {
          request.headers.set('X-Handler', 'was here');
          request.headers.delete('X-Secret');
          for (const name of ['Via', 'Route', 'CSeq', 'Call-ID', 'Max-Forwards', 'Contact']) {
            errors.push(thrown(() => request.headers.set(name, 'x')));
          }
          await s.after(1500);
          request.setBody('changed', 'text/plain');
        },
      });
      const { call, invite } = await answered(s);
      const [dialog, peer] = side === 'the caller' ? [call.dialog, s.bob] : [invite.dialog, s.alice];
      const at = s.world.clock.now();
      const sent = dialog.request('INFO', { body: 'plain', headers: { 'X-Secret': 'x' } });
      const received = await peer.receive('INFO');
      expect(s.world.clock.now()).toBe(at + 1502);
      expect(['X-Handler', 'X-Secret', 'Content-Type', 'Content-Length'].map((name) => received.header(name))).toEqual([
        'was here',
        undefined,
        'text/plain',
        '7',
      ]);
      expect(received.body).toBe('changed');
      expect(errors.map((error) => error instanceof IllegalStateError)).toEqual(Array(6).fill(true));
      received.reply(200);
      await sent.response(200);
      await hangUp(s, call);
      await s.ends();
    },
  );

  test('C-34 it must not proxy: that throws IllegalStateError, and the request is forwarded all the same', async () => {
    const errors: unknown[] = [];
    const s = await scripted({
      invite: proxies(BOB, { recordRoute: true }),
      info: (request) =>
        errors.push(
          thrown(() => request.proxy()),
          thrown(() => request.proxy().proxyTo(CAROL)),
        ),
    });
    const { call } = await answered(s);
    const info = call.dialog.request('INFO');
    (await s.bob.receive('INFO')).reply(200);
    await info.response(200);
    expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true]);
    await hangUp(s, call);
    await s.ends();
    expect(requests(s.carol)).toEqual([]);
  });

  test('C-34 it is not forwarded when the handler answered it', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB, { recordRoute: true }),
      async info(request) {
        await s.after(100);
        request.createResponse(202, 'Taken').send();
      },
      success: watch,
    });
    const { call } = await answered(s);
    const response = await call.dialog.request('INFO').response(202);
    expect(response.reason).toBe('Taken');
    await s.world.run(1000);
    expect(requests(s.bob)).toEqual(['INVITE', 'ACK']);
    await hangUp(s, call);
    expect(s.seen).toEqual(['invite', 'success 200', 'info', 'success 200 BYE']);
    await s.ends();
  });

  test('C-34 with no handler they are just forwarded', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }) });
    const { call, invite } = await answered(s);
    const info = invite.dialog.request('INFO');
    (await s.alice.receive('INFO')).reply(200);
    await info.response(200);
    await hangUp(s, call);
    expect(s.seen).toEqual(['invite']);
    expect(s.bob.received.every(({ from }) => from.address === '10.0.0.9')).toBe(true);
    await s.ends();
  });

  test('C-34 their responses go to the response handlers', async () => {
    const s = await scripted({
      invite: proxies(BOB, { recordRoute: true }),
      provisional: watch,
      success: watch,
      best: (response) => response.headers.set('X-Best', 'seen'),
    });
    const { call } = await answered(s);
    const again = call.dialog.request('INVITE', { body: 'v=0\r\n' });
    const received = await s.bob.receive('INVITE');
    received.reply(180);
    await again.response(180);
    received.reply(488);
    expect((await again.response(488)).header('X-Best')).toBe('seen');
    expect(again.responses.map(({ status }) => status)).toEqual([100, 180, 488]);
    await hangUp(s, call);
    expect(s.seen).toEqual(['invite', 'success 200', 'provisional 180', 'best 488', 'success 200 BYE']);
    await s.ends();
  });

  test('C-34 a re-INVITE is answered with its own ACK, and may move the dialog', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), ack: watch, subsequent: watch });
    const { call, invite } = await answered(s);
    const again = invite.dialog.request('INVITE', { contact: 'sip:moved@10.0.0.2' });
    const received = await s.alice.receive('INVITE');
    received.reply(200);
    const response = await again.response(200);
    again.ack({ response });
    await received.ack();
    call.dialog.remoteTarget = 'sip:moved@10.0.0.2';
    const bye = call.bye();
    const moved = await s.bob.receive('BYE');
    expect(moved.uri).toBe('sip:moved@10.0.0.2');
    moved.reply(200);
    await bye.response(200);
    expect(s.seen).toEqual(['invite', 'ack', 'subsequent INVITE', 'ack', 'subsequent BYE']);
    await s.ends();
  });

  test('C-34 the session is the same all along, and has ended with the BYE', async () => {
    const ids = new Set<string>();
    let last: SipRequest | undefined;
    const note = ({ session }: { session: { id: string } }) => void ids.add(session.id);
    const s = await scripted({
      invite(request) {
        note(request);
        request.proxy({ recordRoute: true }).proxyTo(BOB);
      },
      success: note,
      subsequent(request) {
        note(request);
        last = request;
      },
    });
    const { call } = await answered(s);
    await hangUp(s, call);
    expect(ids.size).toBe(1);
    await s.ends();
    expect([present(last).session.isValid, present(last).applicationSession.isValid]).toEqual([false, false]);
  });

  test('C-34 a request that comes after the BYE is refused or routed, and the application sees none of it', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), subsequent: watch });
    const { call } = await answered(s);
    await hangUp(s, call);
    await s.world.runUntilIdle();
    const seen = s.seen.length;
    const late = call.dialog.request('INFO');
    s.bob.on('INFO', (info) => void info.reply(481));
    await late.response(481);
    expect(s.seen).toHaveLength(seen);
    await s.ends();
  });
});

describe('C-35 parameters of the recordRouteUri', () => {
  test('C-35 come back in request.parameter(name) on subsequent requests, from both sides', async () => {
    const values: unknown[] = [];
    const note = (request: SipRequest) =>
      void values.push(`${request.method} ${['state', 'flag', 'odd', 'none'].map((name) => request.parameter(name))}`);
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy({ recordRoute: true });
        proxy.recordRouteUri.parameters.set('state', 'ringing');
        proxy.recordRouteUri.parameters.set('flag', true);
        proxy.recordRouteUri.parameters.set('odd', 'a;b=c é"<>,');
        proxy.proxyTo(BOB);
      },
      subsequent: note,
    });
    const { call, invite } = await answered(s);
    const info = invite.dialog.request('INFO');
    (await s.alice.receive('INFO')).reply(200);
    await info.response(200);
    await hangUp(s, call);
    const all = 'ringing,true,a;b=c é"<>,,';
    expect(values).toEqual([`ACK ${all}`, `INFO ${all}`, `BYE ${all}`]);
    await s.ends();
  });

  test('C-35 a percent sign in a value comes back unchanged', async () => {
    const values: unknown[] = [];
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy({ recordRoute: true });
        proxy.recordRouteUri.parameters.set('state', '100%25 %41');
        proxy.proxyTo(BOB);
      },
      bye: (request) => values.push(request.parameter('state')),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    expect(values).toEqual(['100%25 %41']);
  });

  test('C-35 of one branch alone are seen on that branch alone', async () => {
    const values: unknown[] = [];
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy({ recordRoute: true });
        const [one, other] = proxy.createBranches([BOB, CAROL]);
        present(one).recordRouteUri.parameters.set('which', 'bob');
        present(other).recordRouteUri.parameters.set('which', 'carol');
        proxy.start();
      },
      subsequent: (request) => void values.push(request.parameter('which')),
    });
    s.bob.autoTrying = s.bob.answerCancel = true;
    const call = s.call();
    const toBob = await s.bob.receive('INVITE');
    const toCarol: ServerRequest = await s.carol.receive('INVITE');
    expect([toBob, toCarol].map((invite) => /;which=(\w+)/.exec(present(invite.header('Record-Route')))?.[1])).toEqual([
      'bob',
      'carol',
    ]);
    toCarol.reply(200);
    await call.response(200);
    call.ack();
    const bye = toCarol.bye();
    (await s.alice.receive('BYE')).reply(200);
    await bye.response(200);
    expect(values).toEqual(['carol', 'carol']);
    await s.ends();
  });

  test('C-35 the URI is there only when recordRoute is true', async () => {
    let error: unknown;
    const s = await scripted({
      invite(request) {
        error = thrown(() => request.proxy().recordRouteUri);
        request.createResponse(404).send();
      },
    });
    await s.call().response(404);
    expect(error).toBeInstanceOf(IllegalStateError);
    await s.ends();
  });
});

describe('C-38 REGISTER', () => {
  const registers = (s: ScriptedStage) =>
    s.alice.request('REGISTER', 'sip:example.com', {
      via: 'siplet',
      contact: 'sip:alice@10.0.0.1',
      headers: { Supported: 'path' },
    });

  async function registered(script: Script): Promise<{ s: ScriptedStage; request: ServerRequest }> {
    const s = await scripted(script);
    const sent = registers(s);
    const request = await s.bob.receive('REGISTER');
    request.reply(200);
    await sent.response(200);
    await s.ends();
    return { s, request };
  }

  test('C-38 is never record-routed', async () => {
    const { request } = await registered({ register: proxies(BOB, { recordRoute: true }) });
    expect([request.list('Record-Route'), request.list('Path')]).toEqual([[], []]);
  });

  test('C-38 is never record-routed on a branch either', async () => {
    const { request } = await registered({
      register(received) {
        const proxy = received.proxy();
        present(proxy.createBranches(BOB)[0]).recordRoute = true;
        proxy.start();
      },
    });
    expect(request.list('Record-Route')).toEqual([]);
  });

  test('C-38 addToPath adds Path with the parameters of pathUri (RFC 3327)', async () => {
    const { request } = await registered({
      register(received) {
        const proxy = received.proxy({ addToPath: true });
        proxy.pathUri.parameters.set('edge', '7');
        proxy.proxyTo(BOB);
      },
    });
    expect(request.list('Path')).toHaveLength(1);
    expect(request.list('Path')[0]).toMatch(/^<sip:10\.0\.0\.9[^>]*;lr[^>]*>$/);
    expect(request.list('Path')[0]).toContain(';edge=7');
    expect(request.list('Record-Route')).toEqual([]);
  });

  test('C-38 RFC 3327 a Path that is there stays below', async () => {
    const s = await scripted({ register: proxies(BOB, { addToPath: true }) });
    const sent = s.alice.request('REGISTER', 'sip:example.com', {
      via: 'siplet',
      headers: { Path: '<sip:edge@10.0.0.7;lr>' },
    });
    const request = await s.bob.receive('REGISTER');
    expect(request.list('Path')).toHaveLength(2);
    expect(request.list('Path')[1]).toBe('<sip:edge@10.0.0.7;lr>');
    request.reply(200);
    await sent.response(200);
    await s.ends();
  });
});

test('C-34 a subsequent request with Max-Forwards 0 is refused with 483', async () => {
  const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), subsequent: watch });
  const { call } = await answered(s);
  await call.dialog.request('INFO', { headers: { 'Max-Forwards': '0' } }).response(483);
  await hangUp(s, call);
  expect(s.seen).not.toContain('subsequent INFO');
  expect(TooManyHopsError.prototype).toBeInstanceOf(Error);
  expect(arrivals(s.bob, ({ method }) => method === 'INFO')).toEqual([]);
  await s.ends();
});
