// Rule C-15: which response goes upstream (§16.7 steps 5 to 7).
import type { SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, finals, requests } from '../world/arrivals.js';
import type { Phone } from '../world/phone.js';
import { proxies, type ScriptedStage, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE, NOBODY } from '../world/stage.js';

const CASES: [answers: number[], best: number][] = [
  [[404, 603], 603],
  [[302, 404, 500], 302],
  [[503, 501, 407, 404], 407],
  [[404, 401], 401],
  [[486, 415], 415],
  [[486, 420], 420],
  [[486, 484], 484],
  [[486, 407], 407],
  [[503], 500],
  [[503, 404], 404],
  [[503, 504], 504],
  [[504, 503], 504],
  [[600, 200], 200],
  [[302, 600], 600],
  [[499, 599, 699], 699],
  [[599, 499], 499],
];
test.each(CASES)('C-15 of %j is %i', async (answers, best) => {
  const s: ScriptedStage = await scripted({
    invite: proxies([BOB, CAROL, DAVE, 'sip:erin@10.0.0.5'].slice(0, answers.length), { recurse: false }),
  });
  const phones = [s.bob, s.carol, s.dave, s.world.phone('erin', '10.0.0.5')];
  const call = s.call();
  for (const [i, status] of answers.entries()) {
    const headers: Record<string, string> = { 'Retry-After': '5' };
    if (status === 401) headers['WWW-Authenticate'] = 'Digest realm="a", nonce="1"';
    if (status === 407) headers['Proxy-Authenticate'] = 'Digest realm="a", nonce="1"';
    (await present(phones[i]).receive('INVITE')).reply(status, { headers });
    await s.world.run(100);
  }
  const final = await call.response('final');
  expect(final.status).toBe(best);
  if (best === 500) expect(final.header('Retry-After')).toBeUndefined();
  if (best === 200) call.ack();
  await s.ends();
  expect(finals(s.alice)).toEqual([best]);
});

test('C-15 a 401 or 407 carries the challenges of all 401s and 407s, unmodified', async () => {
  const seen: string[] = [];
  const challenges = {
    bob: ['Digest realm="b", nonce="b1", algorithm=SHA-256', 'Digest realm="b", nonce="b2", algorithm=MD5'],
    carol: ['Digest realm="same", nonce="c"'],
    dave: ['Digest realm="same", nonce="d"'],
  };
  const s = await scripted({
    invite: proxies([BOB, CAROL, DAVE]),
    best: (response) => seen.push(...response.challenges.map(({ realm }) => realm)),
  });
  const call = s.call();
  const reply = async (phone: Phone, status: number, header: string, values: string[]) =>
    (await phone.receive('INVITE')).reply(status, { headers: { [header]: values } });
  await reply(s.bob, 401, 'WWW-Authenticate', challenges.bob);
  await reply(s.carol, 407, 'Proxy-Authenticate', challenges.carol);
  await reply(s.dave, 407, 'Proxy-Authenticate', challenges.dave);
  const final = await call.response('4xx');
  expect([401, 407]).toContain(final.status);
  const values = (name: string) => final.headers.filter(([each]) => each === name).map(([, value]) => value);
  expect(values('WWW-Authenticate')).toEqual(challenges.bob);
  expect(values('Proxy-Authenticate').sort()).toEqual([...challenges.carol, ...challenges.dave]);
  expect(seen.sort()).toEqual(['b', 'b', 'same', 'same']);
  await s.ends();
});

test('C-15 is 408 when none was received', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL]), best: watch });
  const call = s.call();
  await call.response(408);
  expect(arrivals(s.alice).at(-1)).toBe(`${1 + 32_000 + 1} 408`);
  expect(s.seen).toEqual(['invite', 'best 408']);
  await s.ends();
});

test('C-15 a transport failure counts as 503', async () => {
  const s = await scripted({ invite: proxies(NOBODY), best: watch });
  await s.call().response(500);
  expect(s.seen).toEqual(['invite', 'best 503']);
  await s.ends(1);
});

test('C-15 anything else of its class beats a transport failure', async () => {
  const s = await scripted({ invite: proxies([NOBODY, BOB]), best: watch });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(501);
  await call.response(501);
  await s.ends(1);
});

test.each([404, 480, 486])('C-15 the 487 of a cancelled branch does not beat a %i', async (status) => {
  let request: SipRequest | undefined;
  const s = await scripted({
    invite(received) {
      request = received;
      received.proxy().proxyTo([BOB, CAROL]);
    },
    best: watch,
  });
  s.bob.answerCancel = true;
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(180);
  const other = await s.carol.receive('INVITE');
  await call.response(180);
  present(present(request).proxy().branch(BOB)).cancel();
  await s.world.run(100);
  expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
  other.reply(status);
  await call.response(status);
  expect(s.seen).toEqual(['invite', `best ${status}`]);
  await s.ends();
});

test.each([408, 480, 486])(
  'W-02 §16.7 step 6: a 487 that a callee gives by itself does not beat a %i',
  async (status) => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), best: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(487);
    await s.world.run(100);
    (await s.carol.receive('INVITE')).reply(status);
    await call.response(status);
    await s.ends();
  },
);

test('W-02 §16.7 step 6: a 487 that the application gives does not beat the 480 of a callee', async () => {
  const s = await scripted({
    invite(request) {
      request.proxyTo(BOB);
      request.createResponse(487).send();
    },
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(480);
  await call.response(480);
  await s.ends();
});

test('W-02 §16.7 step 6: the caller’s CANCEL does not hide the 486 that a callee gave before', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL]) });
  s.carol.answerCancel = true;
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(486);
  (await s.carol.receive('INVITE')).reply(180);
  await call.response(180);
  call.cancel();
  await call.response(486);
  await s.ends();
});

/** So many challenges, each of about 100 octets. */
const challenges = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `Digest realm="${name}${i}", nonce="${'n'.repeat(70)}"`);

test.each([
  [407, 100],
  [401, 300],
])(
  'W-23 §16.7 step 7: the challenges of many %is (%i of each) fit a datagram, and the caller gets them',
  async (status, count) => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]) });
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const call = s.call();
    for (const phone of [s.bob, s.carol, s.dave])
      (await phone.receive('INVITE')).reply(status, { headers: { [name]: challenges(phone.name, count) } });
    const final = await call.response(status);
    const got = final.list(name);
    expect(got[0]).toContain('realm="bob0"');
    expect(got.length).toBeGreaterThan(99);
    expect(String(final).length).toBeLessThan(17_500);
    await s.ends();
  },
);

test('W-23 §16.7 step 7: one challenge that is larger than the bound is left out, the others stay', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL]) });
  const call = s.call();
  const large = `Digest realm="large", nonce="${'n'.repeat(20_000)}"`;
  (await s.bob.receive('INVITE')).reply(401, {
    headers: { 'WWW-Authenticate': [large, 'Digest realm="b", nonce="1"'] },
  });
  (await s.carol.receive('INVITE')).reply(401, { headers: { 'WWW-Authenticate': 'Digest realm="c", nonce="1"' } });
  const final = await call.response(401);
  expect(String(final).match(/realm="\w+"/g)).toEqual(['realm="b"', 'realm="c"']);
  await s.ends();
});
