// Flows of sdk/PROXYING.md: what comes back, and what the application answers itself.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { AllMayAnswer, Forks, Looking, NotNow, OneBusyAllBusy, Sign } from './apps/responses.js';
import { RingAll } from './apps/search.js';
import { search } from './search.js';

test('C-4 a message goes on with the changes that a handler made in it', async () => {
  const { world, desk, call, ends } = await search(Sign);
  const sent = call();
  (await desk.receive('INVITE')).reply(200, { headers: { Server: 'desk' } });
  await sent.response(200);
  expect(world.ladder({ times: false, headers: ['Subject', 'Server'] })).toMatchInlineSnapshot(`
    "  alice          siplet           desk
        |--INVITE------>|               |
        |<--100 Trying--|               |
        |               |--INVITE------>|
        |               |               |  Subject: A call by way of siplet
        |               |<--200 OK------|
        |               |               |  Server: desk
        |<--200 OK------|               |
        |               |               |  Server: siplet"
  `);
  sent.ack();
  await ends();
});

test('C-6 a 1xx of the application’s own', async () => {
  const { world, desk, call, ends } = await search(Looking);
  const sent = call();
  await sent.response(182);
  const invite = await desk.receive('INVITE');
  invite.reply(180);
  await sent.response(180);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                   siplet            desk
        |--INVITE--------------->|                |
        |<--100 Trying-----------|                |
        |<--182 Looking for Bob--|                |
        |                        |--INVITE------->|
        |                        |<--180 Ringing--|
        |<--180 Ringing----------|                |"
  `);
  invite.reply(404);
  await sent.response(404);
  await ends();
});

test('C-12 a 6xx of the application’s own cancels the branches, and goes upstream when they have ended', async () => {
  const { world, desk, mobile, call, ends } = await search(OneBusyAllBusy);
  mobile.answerCancel = true;
  const sent = call();
  const invite = await desk.receive('INVITE');
  (await mobile.receive('INVITE')).reply(180);
  await sent.response(180);
  invite.reply(486);
  await sent.response(600);
  await world.deliver();
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                   siplet              desk           mobile
        |--INVITE--------------->|                  |               |
        |<--100 Trying-----------|                  |               |
        |                        |--INVITE--------->|               |
        |                        |--INVITE------------------------->|
        |                        |<--180 Ringing--------------------|
        |<--180 Ringing----------|                  |               |
        |                        |<--486 Busy Here--|               |
        |                        |--ACK------------>|               |
        |                        |--CANCEL------------------------->|
        |                        |<--200 OK (CANCEL)----------------|
        |                        |<--487 Request Terminated---------|
        |                        |--ACK---------------------------->|
        |<--600 Busy Everywhere--|                  |               |
        |--ACK------------------>|                  |               |"
  `);
  await ends();
});

test('C-12 a final response of the application’s own replaces the best response', async () => {
  const { world, desk, call, ends } = await search(NotNow);
  const sent = call();
  (await desk.receive('INVITE')).reply(486);
  await sent.response(480);
  await world.deliver();
  expect(world.ladder({ times: false, headers: ['Retry-After'] })).toMatchInlineSnapshot(`
    "  alice           siplet              desk
        |--INVITE------->|                  |
        |<--100 Trying---|                  |
        |                |--INVITE--------->|
        |                |<--486 Busy Here--|
        |                |--ACK------------>|
        |<--480 Not now--|                  |
        |                |                  |  Retry-After: 600
        |--ACK---------->|                  |"
  `);
  await ends();
});

test('C-13 a 6xx cancels the other branches, and goes upstream when they have ended', async () => {
  const { world, desk, mobile, call, ends } = await search(RingAll);
  mobile.answerCancel = true;
  const sent = call();
  const invite = await desk.receive('INVITE');
  (await mobile.receive('INVITE')).reply(180);
  await sent.response(180);
  invite.reply(603);
  await sent.response(603);
  await world.deliver();
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice           siplet            desk           mobile
        |--INVITE------->|                |               |
        |<--100 Trying---|                |               |
        |                |--INVITE------->|               |
        |                |--INVITE----------------------->|
        |                |<--180 Ringing------------------|
        |<--180 Ringing--|                |               |
        |                |<--603 Decline--|               |
        |                |--ACK---------->|               |
        |                |--CANCEL----------------------->|
        |                |<--200 OK (CANCEL)--------------|
        |                |<--487 Request Terminated-------|
        |                |--ACK-------------------------->|
        |<--603 Decline--|                |               |
        |--ACK---------->|                |               |"
  `);
  await ends();
});

/** Realms of the challenges in a response. */
function realmsOf({ headers }: { headers: [string, string][] }): string[] {
  return headers.flatMap(([name, value]) =>
    name.endsWith('-Authenticate') ? [present(present(/realm="(\w+)"/.exec(value))[1])] : [],
  );
}

test('C-15 a 401 or 407 carries the challenges of all of them', async () => {
  const { world, desk, mobile, call, ends } = await search(RingAll);
  const sent = call();
  const challenge = (realm: string) => `Digest realm="${realm}", nonce="1"`;
  (await desk.receive('INVITE')).reply(401, { headers: { 'WWW-Authenticate': challenge('desk') } });
  (await mobile.receive('INVITE')).reply(407, { headers: { 'Proxy-Authenticate': challenge('mobile') } });
  await sent.response(401);
  await world.deliver();
  const note = (message: { headers: [string, string][] }) => realmsOf(message).join(', ');
  expect(world.ladder({ times: false, note })).toMatchInlineSnapshot(`
    "  alice                             siplet                      desk           mobile
        |--INVITE------------------------->|                          |               |
        |<--100 Trying---------------------|                          |               |
        |                                  |--INVITE----------------->|               |
        |                                  |--INVITE--------------------------------->|
        |                                  |<--401 Unauthorized desk--|               |
        |                                  |<--407 Proxy Authentica.. mobile----------|
        |                                  |--ACK-------------------->|               |
        |                                  |--ACK------------------------------------>|
        |<--401 Unauthorized desk, mobile--|                          |               |
        |--ACK---------------------------->|                          |               |"
  `);
  await ends();
});

test('C-15 a 503 goes upstream as 500: it speaks of one phone, not of this proxy', async () => {
  const { world, desk, mobile, call, ends } = await search(RingAll);
  const sent = call();
  for (const phone of [desk, mobile]) (await phone.receive('INVITE')).reply(503, { headers: { 'Retry-After': '60' } });
  await sent.response(500);
  await world.deliver();
  expect(world.ladder({ times: false, headers: ['Retry-After'] })).toMatchInlineSnapshot(`
    "  alice                     siplet                       desk           mobile
        |--INVITE----------------->|                           |               |
        |<--100 Trying-------------|                           |               |
        |                          |--INVITE------------------>|               |
        |                          |--INVITE---------------------------------->|
        |                          |<--503 Service Unavaila..--|               |
        |                          |                           |               |  Retry-After: 60
        |                          |<--503 Service Unavaila..------------------|
        |                          |                           |               |  Retry-After: 60
        |                          |--ACK--------------------->|               |
        |                          |--ACK------------------------------------->|
        |<--500 Server Internal..--|                           |               |
        |--ACK-------------------->|                           |               |"
  `);
  await ends();
});

test('C-10 with noCancel the other branches go on, and each 200 goes upstream', async () => {
  const { world, desk, mobile, call, ends } = await search(AllMayAnswer);
  const sent = call();
  const late = await mobile.receive('INVITE');
  late.reply(180);
  (await desk.receive('INVITE')).reply(200);
  sent.ack({ response: await sent.response(200) });
  await world.run(2000);
  late.reply(200);
  sent.ack({ response: await sent.response(200) });
  await world.deliver();
  expect(world.ladder()).toMatchInlineSnapshot(`
    "          alice           siplet           desk           mobile
       0.000    |--INVITE------->|               |               |
       0.001    |<--100 Trying---|               |               |
       0.001    |                |--INVITE------>|               |
       0.001    |                |--INVITE---------------------->|
       0.002    |                |<--180 Ringing-----------------|
       0.002    |                |<--200 OK------|               |
       0.003    |<--180 Ringing--|               |               |
       0.003    |<--200 OK-------|               |               |
       0.004    |--ACK-------------------------->|               |
       2.004    |                |<--200 OK----------------------|
       2.005    |<--200 OK-------|               |               |
       2.006    |--ACK------------------------------------------>|"
  `);
  await ends();
});

test('C-10a forks downstream: each 200 goes upstream, and each dialog has a session of its own', async () => {
  const { world, desk, call, ends } = await search(Forks);
  const sent = call();
  const invite = await desk.receive('INVITE');
  for (const toTag of ['one', 'two']) {
    invite.reply(200, { toTag });
    sent.ack({ response: await sent.response(200) });
  }
  const [one, two] = sent.responses.filter(({ status }) => status === 200);
  for (const response of [present(two), present(one)]) {
    const bye = sent.dialogOf(response).bye();
    (await desk.receive('BYE')).reply(200);
    await bye.response(200);
  }
  const note = ({ toTag }: { toTag: string | undefined }) => toTag;
  expect(world.ladder({ times: false, headers: ['X-Answered-By'], note })).toMatchInlineSnapshot(`
    "  alice                siplet                 desk
        |--INVITE------------>|                     |
        |<--100 Trying--------|                     |
        |                     |--INVITE------------>|
        |                     |<--200 OK one--------|
        |<--200 OK one--------|                     |
        |--ACK one----------->|                     |
        |                     |<--200 OK two--------|
        |                     |--ACK one----------->|
        |<--200 OK two--------|                     |
        |--ACK two----------->|                     |
        |--BYE two----------->|                     |
        |                     |--ACK two----------->|
        |                     |--BYE two----------->|
        |                     |                     |  X-Answered-By: two
        |                     |<--200 OK (BYE) two--|
        |<--200 OK (BYE) two--|                     |
        |--BYE one----------->|                     |
        |                     |--BYE one----------->|
        |                     |                     |  X-Answered-By: one
        |                     |<--200 OK (BYE) one--|
        |<--200 OK (BYE) one--|                     |"
  `);
  await ends();
});
