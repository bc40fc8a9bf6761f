// Redirections that the proxy follows itself (§16.7 step 4, C-26, C-27).
import { describe, expect, test } from 'vitest';
import { count, finalsOf, requests } from '../world/arrivals.js';
import { proxies, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';

describe('recursion on', () => {
  test('PRS-06 the Contacts of a 302 are tried, and it is stored no more', async () => {
    const s = await scripted({ invite: proxies(BOB), best: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(302, { headers: { Contact: [`<${CAROL}>;q=0.5`, `Dave <${DAVE}>`] } });
    await invite.ack();
    const [carols, daves] = [await s.carol.receive('INVITE'), await s.dave.receive('INVITE')];
    expect([carols.uri, daves.uri]).toEqual([CAROL, DAVE]);
    carols.reply(500);
    daves.reply(404);
    await call.response(404);
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[404], ['invite', 'best 404']]);
  });

  test('PRS-06 of the 302s of two branches those whose Contacts were tried count no more', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), best: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: DAVE });
    (await s.carol.receive('INVITE')).reply(301, { contact: DAVE }); // nothing of it is left to be tried
    (await s.dave.receive('INVITE')).reply(486);
    const final = await call.response(301);
    expect(final.list('Contact')).toEqual([`<${DAVE}>`]);
    await s.ends();
    expect([count(s.dave, 'INVITE'), s.seen]).toEqual([1, ['invite', 'best 301']]);
  });

  test.each([true, false])(
    'PRS-07 all its Contacts fail with 486: that goes up, not the 302 (parallel: %s)',
    async (parallel) => {
      const s = await scripted({ invite: proxies(BOB, { parallel }), best: watch });
      const call = s.call();
      (await s.bob.receive('INVITE')).reply(302, { headers: { Contact: `<${CAROL}>, <${DAVE}>` } });
      (await s.carol.receive('INVITE')).reply(486);
      (await s.dave.receive('INVITE')).reply(486);
      await call.response(486);
      await s.ends();
      expect([finalsOf(s.alice), s.seen]).toEqual([[486], ['invite', 'best 486']]);
    },
  );

  test('PRS-09 of sip:, http: and mailto: Contacts the first kind is tried', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, {
      headers: { Contact: ['<http://example.com/bob>', `<${CAROL}>;q=0.1`, '<mailto:bob@example.com>'] },
    });
    (await s.carol.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
  });

  test('PRS-09 a tel: Contact that leads nowhere does not keep the sip: one from being tried', async () => {
    const s = await scripted({ invite: proxies(BOB), best: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { headers: { Contact: ['<tel:+1-201-555-0123>', `<${CAROL}>;q=0.1`] } });
    (await s.carol.receive('INVITE')).reply(486);
    await call.response(486);
    await s.ends();
    expect(s.seen).toEqual(['invite', 'best 486']);
  });

  test('PRS-10 a sip: Contact is not tried when the original Request-URI was sips:', async () => {
    const s = await scripted({ invite: proxies(BOB), best: watch });
    const call = s.alice.invite('sips:bob@example.com', { via: 'siplet' });
    (await s.bob.receive('INVITE')).reply(302, { contact: CAROL });
    const final = await call.response(302);
    expect(final.list('Contact')).toEqual([`<${CAROL}>`]);
    await s.ends();
    expect([requests(s.carol), s.seen]).toEqual([[], ['invite', 'best 302']]);
  });

  test.each([true, false])(
    'PRS-11 a 302 with 1,000 Contacts: no more than 128 are tried, each once (parallel: %s)',
    async (parallel) => {
      const s = await scripted({ invite: proxies(BOB, { parallel }), best: watch });
      s.carol.on('INVITE', (invite) => void invite.reply(404));
      const call = s.call();
      const contacts = Array.from({ length: 1000 }, (_, i) => `<sip:c${i % 500}@10.0.0.3>`);
      (await s.bob.receive('INVITE')).reply(302, { headers: { Contact: contacts.join(',') } });
      await call.response(404);
      const tried = s.carol.received
        .filter(({ message }) => message.method === 'INVITE')
        .map(({ message }) => message.uri);
      expect(tried.length).toBeGreaterThan(50);
      expect(tried.length).toBeLessThan(128);
      expect(new Set(tried).size).toBe(tried.length);
      await s.ends();
      expect([finalsOf(s.alice), s.seen]).toEqual([[404], ['invite', 'best 404']]);
    },
  );

  test('PRS-11 302 upon 302, each to another URI, comes to an end', async () => {
    const s = await scripted({ invite: proxies(BOB, { timeout: '600s' }), best: watch });
    let turn = 0;
    s.carol.on('INVITE', (invite) => void invite.reply(302, { contact: `sip:next${++turn}@10.0.0.3` }));
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: CAROL });
    await call.response(302);
    expect(turn).toBeLessThanOrEqual(128);
    await s.ends();
  });

  test('PRS-11 a 302 in each of whose rounds two more are named stays below the bound', async () => {
    const s = await scripted({ invite: proxies(BOB, { timeout: '600s' }) });
    let turn = 0;
    s.carol.on('INVITE', (invite) => {
      const contacts = [++turn, ++turn].map((n) => `<sip:next${n}@10.0.0.3>`);
      invite.reply(302, { headers: { Contact: contacts } });
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: CAROL });
    await call.response(302, 100_000);
    expect(count(s.carol, 'INVITE')).toBeLessThan(128);
    await s.ends();
  });
});

describe('recursion off', () => {
  test('PRS-08 a 302 is forwarded with its Contacts', async () => {
    const s = await scripted({ invite: proxies(BOB, { recurse: false }) });
    const call = s.call();
    const contacts = [`"C, D" <${CAROL}>;q=0.3;expires=5`, `<${DAVE}>`, '<http://example.com/?a,b>'];
    (await s.bob.receive('INVITE')).reply(302, { headers: { Contact: contacts } });
    const final = await call.response(302);
    expect(final.headers.filter(([name]) => name === 'Contact').map(([, value]) => value)).toEqual(contacts);
    await s.ends();
    expect([requests(s.carol), requests(s.dave)]).toEqual([[], []]);
  });
});
