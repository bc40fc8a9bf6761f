// Rule C-40: what is refused before any application sees it (§16.3).
import { TooManyHopsError } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { finals, requests } from '../world/arrivals.js';
import type { RequestOptions } from '../world/compose.js';
import { proxies, scripted, thrown, watch } from '../world/script.js';
import { BOB } from '../world/stage.js';

const handlers = () => ({
  invite: proxies(BOB),
  options: proxies(BOB),
  register: proxies(BOB),
  message: proxies(BOB),
  subsequent: watch,
});

interface Case {
  readonly title: string;
  readonly status: number;
  readonly method?: string;
  readonly uri?: string;
  readonly options?: RequestOptions;
}

const REFUSED: readonly Case[] = [
  { title: 'a Max-Forwards that is not a number', status: 400, options: { headers: { 'Max-Forwards': 'many' } } },
  { title: 'a Max-Forwards of more than 255', status: 400, options: { headers: { 'Max-Forwards': '256' } } },
  { title: 'a CSeq number of 2^31 (W-24 §8.1.1.5)', status: 400, options: { headers: { CSeq: '2147483648 INVITE' } } },
  { title: 'a CSeq number of 2^32 (W-24)', status: 400, options: { headers: { CSeq: '4294967296 INVITE' } } },
  { title: 'a CSeq of another method', status: 400, options: { headers: { CSeq: '1 OPTIONS' } } },
  { title: 'a Request-URI with a space in it', status: 400, uri: 'sip:bob smith@example.com' },
  { title: 'a Route that is not a URI', status: 400, options: { headers: { Route: 'nowhere' } } },
  { title: 'an unknown URI scheme', status: 416, uri: 'http://example.com/bob' },
  { title: 'an unknown URI scheme without slashes', status: 416, uri: 'nobody:knows' },
  { title: 'Max-Forwards 0', status: 483, options: { headers: { 'Max-Forwards': '0' } } },
  {
    title: 'Max-Forwards 0 of a MESSAGE',
    status: 483,
    method: 'MESSAGE',
    options: { headers: { 'Max-Forwards': '0' } },
  },
];

describe('refusals', () => {
  test.each(REFUSED)(
    'C-40 $title: $status',
    async ({ status, method = 'INVITE', uri = 'sip:bob@example.com', options }) => {
      const s = await scripted(handlers());
      s.alice.request(method, uri, { via: 'siplet', ...options });
      await s.ends();
      expect([s.seen, requests(s.bob), finals(s.alice)]).toEqual([[], [], [status]]);
    },
  );

  test('C-40 Proxy-Require: 420 with Unsupported that names what is not understood', async () => {
    const s = await scripted(handlers());
    const sent = s.call({ headers: { 'Proxy-Require': ['foo', 'bar, baz'] } });
    const final = await sent.response(420);
    expect(final.list('Unsupported')).toEqual(['foo', 'bar', 'baz']);
    expect(s.seen).toEqual([]);
    await s.ends();
  });

  test('C-40 Require is not the proxy’s: it is forwarded', async () => {
    const s = await scripted(handlers());
    const sent = s.call({ headers: { Require: 'nothing-known' } });
    const invite = await s.bob.receive('INVITE');
    expect(invite.header('Require')).toBe('nothing-known');
    invite.reply(420, { headers: { Unsupported: 'nothing-known' } });
    await sent.response(420);
    await s.ends();
  });

  test.each(['OPTIONS', 'REGISTER'])(
    'C-40 Max-Forwards 0 of %s may be answered here, and cannot be proxied: 483',
    async (method) => {
      let error: unknown;
      const answer = { options: 200, register: 200 };
      const s = await scripted({
        options: (request) => request.createResponse(answer.options).send(),
        register: (request) => {
          error = thrown(() => request.proxy().proxyTo(BOB));
          request.createResponse(answer.register).send();
        },
      });
      await s.alice
        .request(method, 'sip:bob@example.com', { via: 'siplet', headers: { 'Max-Forwards': '0' } })
        .response(200);
      expect(s.seen).toEqual([method.toLowerCase()]);
      if (method === 'REGISTER') expect(error).toBeInstanceOf(TooManyHopsError);
      await s.ends();
      expect(requests(s.bob)).toEqual([]);
    },
  );

  test.each(['OPTIONS', 'REGISTER'])(
    'C-40 a %s with Max-Forwards 0 that the application proxies all the same: 483',
    async (method) => {
      const s = await scripted(handlers());
      await s.alice
        .request(method, 'sip:bob@example.com', { via: 'siplet', headers: { 'Max-Forwards': '0' } })
        .response(483);
      await s.world.runUntilIdle();
      expect([requests(s.bob), finals(s.alice)]).toEqual([[], [483]]);
    },
  );

  test('C-40 Max-Forwards 1 is forwarded with 0', async () => {
    const s = await scripted(handlers());
    const sent = s.call({ headers: { 'Max-Forwards': '1' } });
    const invite = await s.bob.receive('INVITE');
    expect(invite.header('Max-Forwards')).toBe('0');
    invite.reply(404);
    await sent.response(404);
    await s.ends();
  });
});

describe('loops', () => {
  test('C-40 a request that comes back unchanged is a loop: 482', async () => {
    const s = await scripted({ invite: proxies('sip:bob@10.0.0.9') });
    const sent = s.alice.invite('sip:bob@10.0.0.9', { via: 'siplet' });
    await sent.response(482);
    expect(s.seen).toEqual(['invite']);
    await s.ends();
  });

  test('C-40 one that comes back for another Request-URI is a spiral, and goes on', async () => {
    const s = await scripted({
      invite: (request) => request.proxy().proxyTo(String(request.uri).includes('next') ? BOB : 'sip:next@10.0.0.9'),
    });
    const sent = s.alice.invite('sip:bob@10.0.0.9', { via: 'siplet' });
    const invite = await s.bob.receive('INVITE');
    expect([invite.list('Via').length, invite.header('Max-Forwards')]).toEqual([3, '68']);
    invite.reply(404);
    await sent.response(404);
    expect(s.seen).toEqual(['invite', 'invite']);
    await s.ends();
  });
});

describe('a To tag that matches no dialog', () => {
  const inDialog: RequestOptions = { via: 'siplet', to: '<sip:bob@example.com>;tag=gone', sequence: 7 };

  test.each(['BYE', 'INFO', 'INVITE'])('C-40 %s without a Route set for us: 481', async (method) => {
    const s = await scripted(handlers());
    await s.alice.request(method, BOB, inDialog).response(481);
    await s.world.runUntilIdle();
    expect([s.seen, requests(s.bob)]).toEqual([[], []]);
  });

  test.each(['BYE', 'INFO', 'INVITE'])('C-40 %s with one is routed by it', async (method) => {
    const s = await scripted(handlers());
    const sent = s.alice.request(method, BOB, { ...inDialog, route: ['<sip:10.0.0.9;lr>'] });
    const request = await s.bob.receive(method);
    expect(request.list('Route')).toEqual([]);
    request.reply(481);
    await sent.response(481);
    expect(s.seen).toEqual([]);
    await s.ends();
  });

  test('C-40 and further by what else is in it', async () => {
    const s = await scripted(handlers());
    const sent = s.alice.request('BYE', BOB, { ...inDialog, route: ['<sip:10.0.0.9;lr>', '<sip:10.0.0.3;lr>'] });
    const request = await s.carol.receive('BYE');
    expect([request.uri, request.list('Route')]).toEqual([BOB, ['<sip:10.0.0.3;lr>']]);
    request.reply(200);
    await sent.response(200);
    await s.ends();
  });

  test('C-40 an ACK that matches nothing is not answered', async () => {
    const s = await scripted(handlers());
    s.alice.request('ACK', BOB, inDialog);
    await s.alice.receivesNothing();
    expect([s.seen, requests(s.bob)]).toEqual([[], []]);
    await s.ends();
  });
});

describe('merged requests', () => {
  const merged = { via: 'siplet', callId: 'one@alice', fromTag: 'one' };

  test('C-40 the same request by another way, where the application answers as a user agent: 482 (§8.2.2.2)', async () => {
    const s = await scripted({
      invite(request) {
        request.createResponse(180).send();
        answer = () => request.createResponse(486).send();
      },
    });
    let answer = (): void => {};
    const first = s.alice.invite('sip:bob@example.com', merged);
    await first.response(180);
    await s.alice.invite('sip:bob@example.com', merged).response(482);
    answer();
    await first.response(486);
    expect(s.seen).toEqual(['invite']);
    await s.ends();
  });

  test('C-40 where the application proxies, both are forwarded', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    s.bob.on('INVITE', (invite) => void invite.reply(404));
    const calls = [s.alice.invite('sip:bob@example.com', merged), s.alice.invite('sip:bob@example.com', merged)];
    for (const call of calls) await call.response(404);
    expect(s.seen).toEqual(['invite', 'invite']);
    await s.ends();
  });

  test('C-40 the same request for another Request-URI is served: it was forked on purpose', async () => {
    const s = await scripted({ invite: (request) => request.proxy().proxyTo(request.uri) });
    const same = { via: 'siplet', callId: 'one@alice', fromTag: 'one' };
    const calls = [s.alice.invite(BOB, same), s.alice.invite('sip:carol@10.0.0.3', same)];
    for (const phone of [s.bob, s.carol]) (await phone.receive('INVITE')).reply(404);
    for (const call of calls) await call.response(404);
    await s.ends();
  });
});
