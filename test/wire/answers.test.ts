// Final responses on real sockets: redirects, challenges, the application's own, unsupervised.
import { afterAll, describe, expect, test } from 'vitest';
import { requests, statuses } from '../world/arrivals.js';
import { proxies, watch } from '../world/script.js';
import { BOTH } from '../world/stage.js';
import { loopback, nothingLeft } from './loopback.js';

afterAll(nothingLeft);

describe.each(BOTH)('over %s', (transport) => {
  test('C-26 the Contacts of a 302 are tried', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies([w.uri(w.bob), w.uri(w.dave)]), best: watch }));
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: `<${s.uri(s.carol)}>;q=0.5` });
    (await s.dave.receive('INVITE')).reply(486);
    const invite = await s.carol.receive('INVITE');
    expect(invite.uri).toBe(s.uri(s.carol));
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.bob.receive('ACK');
    expect(s.seen).toEqual(['invite']);
  });

  test('C-27 recurse: false leaves the 302 to the caller', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies(w.uri(w.bob), { recurse: false }) }));
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: s.uri(s.carol) });
    expect((await call.response(302)).header('Contact')).toContain('carol');
    expect(s.carol.received).toEqual([]);
  });

  test('C-15 §16.7 step 7 a 407 carries the challenges of all branches', async () => {
    const s = await loopback(transport, (w) => ({
      invite: proxies([w.uri(w.bob), w.uri(w.carol), w.uri(w.dave)]),
      best: watch,
    }));
    const call = s.call();
    const digest = (realm: string) => `Digest realm="${realm}", nonce="n, ${realm}"`;
    (await s.bob.receive('INVITE')).reply(486);
    (await s.carol.receive('INVITE')).reply(401, { headers: { 'WWW-Authenticate': [digest('a'), digest('b')] } });
    (await s.dave.receive('INVITE')).reply(407, { headers: { 'Proxy-Authenticate': digest('c') } });
    const response = await call.response('4xx');
    expect([401, 407]).toContain(response.status);
    const values = (name: string) => response.headers.filter(([each]) => each === name).map(([, value]) => value);
    expect(values('WWW-Authenticate').sort()).toEqual([digest('a'), digest('b')]);
    expect(values('Proxy-Authenticate')).toEqual([digest('c')]);
    expect(s.seen).toEqual(['invite', `best ${response.status}`]);
  });

  test('C-15 a 503 goes upstream as 500', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies(w.uri(w.bob)) }));
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(503, { headers: { 'Retry-After': '9' } });
    await call.response(500);
  });

  test('C-15 §16.9 a target that refuses connections counts as 503; another one answers', async () => {
    const s = await loopback(transport, (w) => ({
      // Nobody listens on the discard port of a loopback address.
      invite: proxies(['sip:nobody@127.0.0.77:9;transport=tcp', w.uri(w.bob)], { parallel: false }),
      branch: watch,
    }));
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack({ via: s.uri(s.bob).replace(/^sip:bob@/, '') });
    expect(s.seen).toEqual(['invite', 'branch 503']);
  });

  test('C-12 a final response of its own replaces the best one', async () => {
    const s = await loopback(transport, (w) => ({
      invite: proxies(w.uri(w.bob)),
      best: (response) => response.request.createResponse(404, 'Not Here').send(),
    }));
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    const response = await call.response(404);
    expect(response.reason).toBe('Not Here');
    expect(statuses(s.alice, 'INVITE')).toEqual([100, 404]);
    await s.bob.receive('ACK');
  });

  test('C-6 provisional responses of its own while branches ring', async () => {
    const s = await loopback(transport, (w) => ({
      invite: async (request) => {
        request.proxy().proxyTo(w.uri(w.bob));
        await request.createResponse(181).send();
      },
    }));
    const call = s.call();
    await call.response(181);
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    invite.reply(480);
    await call.response(480);
  });

  test('C-2 C-3 unsupervised: no response of the INVITE is shown, those in the dialog are', async () => {
    const s = await loopback(
      transport,
      (w) => ({
        invite: proxies([w.uri(w.bob), w.uri(w.carol)], { recordRoute: true, supervised: false, parallel: false }),
        provisional: watch,
        success: watch,
        best: watch,
        branch: watch,
        bye: watch,
      }),
      {},
    );
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    const invite = await s.carol.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.passes('BYE', call, s.carol);
    expect(s.seen).toEqual(['invite', 'bye', 'success 200 BYE']);
  });

  test('C-10d other methods than INVITE: one 200 goes upstream, RFC 4320: no 408', async () => {
    const s = await loopback(transport, (w) => ({
      message: proxies(w.uri(w.bob)),
      options: proxies([w.uri(w.bob), w.uri(w.carol)]),
    }));
    const options = s.request('OPTIONS');
    for (const phone of [s.bob, s.carol]) (await phone.receive('OPTIONS')).reply(200);
    await options.response(200);
    const message = s.request('MESSAGE');
    await s.world.run(1400);
    expect(message.responses.filter(({ status }) => status >= 200)).toEqual([]);
    expect(statuses(s.alice, 'OPTIONS')).toEqual([200]);
    expect(requests(s.bob).filter((method) => method === 'MESSAGE').length).toBeGreaterThan(
      transport === 'UDP' ? 5 : 0,
    );
  });
});
