// C-26, C-40: targets that no SIP message can be sent to (§16.3 step 2, §16.7 step 4).
import { expect, test } from 'vitest';
import { statuses } from '../world/arrivals.js';
import { proxies, scripted, watch } from '../world/script.js';
import { BOB, CAROL } from '../world/stage.js';

const TEL = 'tel:+1-201-555-0123';

test.each([TEL, 'urn:service:sos'])('W-21 §16.3 step 2: %s that is proxied without a Route gets 416', async (uri) => {
  const s = await scripted({ invite: (request) => void request.proxyTo(request.uri), best: watch });
  await s.call({}, uri).response(416);
  expect(s.seen).toEqual(['invite', 'best 416']);
  await s.ends();
});

test.each([TEL, 'urn:service:sos'])('W-21 §16.6 step 6: %s that is proxied with a Route is sent there', async (uri) => {
  const s = await scripted({
    invite(request) {
      request.pushRoute(`${BOB};lr`);
      request.proxyTo(request.uri);
    },
  });
  const call = s.call({}, uri);
  const invite = await s.bob.receive('INVITE');
  expect(invite.uri).toBe(uri);
  invite.reply(486);
  await call.response(486);
  await s.ends();
});

test('W-21 §16.3 step 2: another scheme gets 416 before any application', async () => {
  const s = await scripted({ invite: watch });
  await s.call({}, 'urn:isbn:0451450523').response(416);
  expect(s.seen).toEqual([]);
  await s.ends();
});

test.each([1, 2])('W-21 C-26 a 302 whose only Contacts are %i tel: URIs goes upstream itself', async (count) => {
  const s = await scripted({ invite: proxies(BOB), best: watch });
  const call = s.call();
  const contacts = [`<${TEL}>`, '<tel:+44-20-555>'].slice(0, count);
  (await s.bob.receive('INVITE')).reply(302, { headers: { Contact: contacts } });
  expect((await call.response(302)).list('Contact')).toEqual(contacts);
  expect(s.seen).toEqual(['invite', 'best 302']);
  await s.ends();
});

test('W-21 C-26 of a tel: and a sip: Contact the second is tried, one after the other too', async () => {
  const s = await scripted({ invite: proxies(BOB, { parallel: false }), best: watch, branch: watch });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(302, { headers: { Contact: [`<${TEL}>`, `<${CAROL}>;q=0.2`] } });
  (await s.carol.receive('INVITE')).reply(486);
  await call.response(486);
  expect([s.seen, statuses(s.alice)]).toEqual([
    ['invite', 'branch 302', 'best 486'],
    [100, 486],
  ]);
  await s.ends();
});

test('W-21 C-26 a tel: Contact goes where the Route of the request says', async () => {
  const s = await scripted({
    invite(request) {
      request.pushRoute(`${BOB};lr`);
      request.proxyTo('sip:desk@example.com');
    },
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(302, { headers: { Contact: `<${TEL}>` } });
  const second = await s.bob.receive('INVITE');
  expect(second.uri).toBe(TEL);
  second.reply(486);
  await call.response(486);
  await s.ends();
});
