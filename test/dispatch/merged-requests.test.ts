// Merged requests (§8.2.2.2, C-40): which second copies get 482, and which are requests like any other.
import { Initial, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { count, finalsOf, requests } from '../world/arrivals.js';
import { proxies, scripted } from '../world/script.js';
import { BOB, CAROL, stage } from '../world/stage.js';

/** What copies of one request share; each has a branch of its own. */
const COPY = { callId: 'one@alice', fromTag: 'one', sequence: 7 };
const METHODS = ['INVITE', 'MESSAGE'] as const;

/** An application that does this with each initial request. */
function application(name: string, act: (request: SipRequest) => unknown) {
  @siplet({ name })
  class Application {
    @Initial()
    initial(request: SipRequest) {
      return act(request);
    }
  }
  return { [name]: { Application } };
}

describe('W-22 two copies by two ways, before the first is answered', () => {
  test.each(METHODS)('W-22 %s: the handler is asynchronous and then answers: one copy gets 482', async (method) => {
    const s = await scripted({
      initial: async (request) => {
        await s.after(500);
        request.createResponse(200).send();
      },
    });
    const calls = [s.request(method, COPY), s.request(method, COPY)];
    await calls[0]?.response(200);
    await calls[1]?.response(482);
    if (method === 'INVITE') calls[0]?.ack();
    expect(s.seen).toEqual(['initial']);
    await s.ends();
  });

  test.each(METHODS)('W-22 %s: it proxies after a while: both are forwarded', async (method) => {
    const s = await scripted({
      initial: async (request) => {
        request.uri = CAROL;
        await s.after(500);
        request.proxyTo(BOB);
      },
    });
    s.bob.on(method, (request) => void request.reply(404));
    const calls = [s.request(method, COPY), s.request(method, COPY)];
    for (const call of calls) await call.response(404);
    expect(s.seen).toEqual(['initial', 'initial']);
    await s.ends();
  });

  test('W-22 the handler has settled, and the application answers later', async () => {
    const s = await scripted({
      invite: (request) => void s.after(500).then(() => request.createResponse(486).send()),
    });
    const calls = [s.call(COPY), s.call(COPY)];
    await calls[0]?.response(486);
    await calls[1]?.response(482);
    expect(s.seen).toEqual(['invite']);
    await s.ends();
  });

  test('W-22 the handler has not had its turn yet', async () => {
    const s = await scripted({
      message: async (request) => {
        await s.after(200);
        request.createResponse(200).send();
      },
      invite: (request) => request.createResponse(603).send(),
    });
    const calls = [s.request('MESSAGE', COPY), s.request('MESSAGE', COPY), s.request('MESSAGE', COPY)];
    await calls[0]?.response(200);
    await calls[1]?.response(482);
    await calls[2]?.response(482);
    expect(s.seen).toEqual(['message']);
    await s.ends();
  });

  test('W-22 a handler that fails: 500 to the first, 482 to the copy', async () => {
    const s = await scripted({
      invite: async () => {
        await s.after(100);
        throw new Error('no luck');
      },
    });
    const calls = [s.call(COPY), s.call(COPY)];
    await calls[0]?.response(500);
    await calls[1]?.response(482);
    await s.ends(1);
  });

  test('W-22 a copy that waits is cancelled: 487, and the first goes on', async () => {
    const s = await scripted({
      invite: async (request) => {
        await s.after(500);
        request.proxyTo(BOB);
      },
    });
    const [first, second] = [s.call(COPY), s.call(COPY)];
    await s.world.run(100);
    await second.cancel().response(200);
    await second.response(487);
    (await s.bob.receive('INVITE')).reply(486);
    await first.response(486);
    expect(s.seen).toEqual(['invite']);
    await s.ends();
  });

  test('W-22 through another application of a composition: the second copy is refused by the user agent alone', async () => {
    const s = await stage(
      {
        ...application('screen', (request) => request.proxyTo(request.uri)),
        ...application('desk', async (request) => {
          await s.after(100);
          request.createResponse(486).send();
        }),
      },
      { configuration: 'router: { "*": [screen, desk] }' },
    );
    const calls = [s.call(COPY), s.call(COPY)];
    await calls[0]?.response(486);
    await calls[1]?.response(482);
    await s.ends();
  });
});

describe('E-01 requests that are not merged', () => {
  test.each(METHODS)('E-01 a %s that comes again after the first had its final response', async (method) => {
    const s = await scripted({ initial: (request) => request.createResponse(486).send() });
    for (let i = 0; i < 3; i++) await s.request(method, COPY).response(486);
    expect(s.seen).toHaveLength(3);
    await s.ends();
  });

  test.each(METHODS)('E-01 a %s that comes again after a final response that took its time', async (method) => {
    const s = await scripted({
      initial: async (request) => {
        await s.after(500);
        request.createResponse(486).send();
      },
    });
    for (let i = 0; i < 3; i++) await s.request(method, COPY).response(486);
    expect(s.seen).toHaveLength(3);
    await s.ends();
  });

  test('E-01 a copy for another Request-URI, while the first rings', async () => {
    const s = await scripted({
      invite: async (request) => {
        request.createResponse(180).send();
        await s.after(1000);
        request.createResponse(486).send();
      },
    });
    const calls = [s.call(COPY), s.call(COPY, 'sip:desk@example.com')];
    for (const call of calls) await call.response(486);
    expect(s.seen).toHaveLength(2);
    await s.ends();
  });

  test.each([
    ['one after the other', false, ['sip:desk@example.com', 'sip:mobile@example.com']],
    ['at once', true, ['sip:desk@example.com', 'sip:mobile@example.com']],
  ] as const)('E-01 forks of the first application in front of a B2BUA, %s', async (_, parallel, targets) => {
    const s = await stage(
      {
        ...application('reach', (request) => request.proxyTo(targets, { parallel })),
        ...application('trunk', (request) =>
          request.b2bua().bridge({ to: request.uri.toString().startsWith('sip:desk') ? BOB : CAROL }),
        ),
      },
      { configuration: 'router: { "*": [reach, trunk] }' },
    );
    const call = s.call(COPY);
    (await s.bob.receive('INVITE')).reply(486);
    (await s.carol.receive('INVITE')).reply(480);
    await call.response('final');
    expect(finalsOf(s.alice)).toEqual([486]);
    await s.ends();
  });

  test('E-01 a redirection and a search that come back to the same application and Request-URI', async () => {
    let times = 0;
    const s = await stage(
      {
        ...application('hunt', (request) =>
          request.proxyTo(['sip:desk@example.com;a=1', 'sip:desk@example.com;a=2'], { recurse: true }),
        ),
        ...application('desk', async (request) => {
          times++;
          request.createResponse(180).send();
          await s.after(100);
          const response = request.createResponse(302);
          response.headers.set('Contact', '<sip:desk@example.com;a=3>');
          response.send();
        }),
      },
      { configuration: 'router: { "*": [hunt, desk] }' },
    );
    const call = s.call(COPY);
    expect((await call.response('final')).status).not.toBe(482);
    expect(times).toBe(3);
    await s.ends();
  });

  test('E-01 forks of the first application that the second one sends to one Request-URI: the third takes both', async () => {
    const callees = [BOB, CAROL];
    const s = await stage(
      {
        ...application('reach', (request) => request.proxyTo(['sip:desk@example.com', 'sip:mobile@example.com'])),
        ...application('names', (request) => request.proxyTo('sip:bob@example.com')),
        ...application('trunk', (request) => request.b2bua().bridge({ to: callees.shift() ?? '' })),
      },
      { configuration: 'router: { "*": [reach, names, trunk] }' },
    );
    const call = s.call(COPY);
    const legs = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    for (const leg of legs) leg.reply(486);
    await call.response(486);
    expect(finalsOf(s.alice)).toEqual([486]);
    await s.ends();
  });

  test('E-01 an upstream proxy that forks to one URI, where the application proxies', async () => {
    const s = await scripted({ initial: proxies(BOB) });
    s.bob.on('MESSAGE', (request) => void request.reply(200));
    for (const sent of [s.request('MESSAGE', COPY), s.request('MESSAGE', COPY)]) await sent.response(200);
    expect([count(s.bob, 'MESSAGE'), requests(s.bob)]).toEqual([2, ['MESSAGE', 'MESSAGE']]);
    await s.ends();
  });
});
