// Flows of sdk/PROXYING.md: where a call is looked for. Each title says the rule, each ladder is in the page.
import { expect, test } from 'vitest';
import { FindBob } from './apps/first.js';
import { DeskFirst, DoNotFollow, Follow, Hunt, RingAll } from './apps/search.js';
import { search } from './search.js';

test('C-33 without recordRoute the container is out of the call when it has been answered', async () => {
  const { world, desk, call, ends } = await search(FindBob);
  const sent = call();
  const invite = await desk.receive('INVITE');
  invite.reply(180);
  await sent.response(180);
  invite.reply(200);
  await sent.response(200);
  sent.ack();
  await invite.ack();
  const bye = sent.bye();
  (await desk.receive('BYE')).reply(200);
  await bye.response(200);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice           siplet            desk
        |--INVITE------->|                |
        |<--100 Trying---|                |
        |                |--INVITE------->|
        |                |<--180 Ringing--|
        |<--180 Ringing--|                |
        |                |<--200 OK-------|
        |<--200 OK-------|                |
        |--ACK--------------------------->|
        |--BYE--------------------------->|
        |<--200 OK (BYE)------------------|"
  `);
  await ends();
});

test('C-10 C-22 all ring at once, and the first 200 cancels the others', async () => {
  const { world, desk, mobile, call, ends } = await search(RingAll);
  mobile.answerCancel = true;
  const sent = call();
  const invite = await desk.receive('INVITE');
  (await mobile.receive('INVITE')).reply(180);
  await sent.response(180);
  invite.reply(200);
  await sent.response(200);
  sent.ack();
  await world.deliver();
  expect(world.ladder({ times: false, headers: ['Reason'] })).toMatchInlineSnapshot(`
    "  alice           siplet           desk           mobile
        |--INVITE------->|               |               |
        |<--100 Trying---|               |               |
        |                |--INVITE------>|               |
        |                |--INVITE---------------------->|
        |                |<--180 Ringing-----------------|
        |<--180 Ringing--|               |               |
        |                |<--200 OK------|               |
        |                |--CANCEL---------------------->|
        |                |               |               |  Reason: SIP;cause=200;text="Call completed elsewhere"
        |<--200 OK-------|               |               |
        |                |<--200 OK (CANCEL)-------------|
        |                |<--487 Request Terminated------|
        |--ACK-------------------------->|               |
        |                |--ACK------------------------->|"
  `);
  await ends();
});

test('C-22 the timeout ends a parallel search: all are cancelled, and the best response is 408 when there is none', async () => {
  const { world, desk, mobile, call, ends } = await search(RingAll);
  desk.answerCancel = mobile.answerCancel = true;
  const sent = call();
  (await desk.receive('INVITE')).reply(180);
  (await mobile.receive('INVITE')).reply(180);
  await sent.response(408);
  await world.deliver();
  expect(world.ladder({ since: 1000, participants: ['alice', 'siplet', 'desk', 'mobile'] })).toMatchInlineSnapshot(`
    "          alice                   siplet                       desk           mobile
      20.001    |                        |--CANCEL------------------>|               |
      20.001    |                        |--CANCEL---------------------------------->|
      20.002    |                        |<--200 OK (CANCEL)---------|               |
      20.002    |                        |<--487 Request Terminated--|               |
      20.002    |                        |<--200 OK (CANCEL)-------------------------|
      20.002    |                        |<--487 Request Terminated------------------|
      20.003    |                        |--ACK--------------------->|               |
      20.003    |                        |--ACK------------------------------------->|
      20.003    |<--408 Request Timeout--|                           |               |
      20.004    |--ACK------------------>|                           |               |"
  `);
  await ends();
});

test('C-23 one after another: the timeout of a branch, or its failure, starts the next', async () => {
  const { world, desk, mobile, voicemail, call, ends } = await search(Hunt);
  desk.answerCancel = true;
  const sent = call();
  (await desk.receive('INVITE')).reply(180);
  (await mobile.receive('INVITE')).reply(486);
  (await voicemail.receive('INVITE')).reply(200);
  await sent.response(200);
  sent.ack();
  await world.deliver();
  expect(world.ladder()).toMatchInlineSnapshot(`
    "          alice           siplet                       desk           mobile         voicemail
       0.000    |--INVITE------->|                           |               |               |
       0.001    |<--100 Trying---|                           |               |               |
       0.001    |                |--INVITE------------------>|               |               |
       0.002    |                |<--180 Ringing-------------|               |               |
       0.003    |<--180 Ringing--|                           |               |               |
      10.001    |                |--CANCEL------------------>|               |               |
      10.001    |                |--INVITE---------------------------------->|               |
      10.002    |                |<--200 OK (CANCEL)---------|               |               |
      10.002    |                |<--487 Request Terminated--|               |               |
      10.002    |                |<--486 Busy Here---------------------------|               |
      10.003    |                |--ACK--------------------->|               |               |
      10.003    |                |--ACK------------------------------------->|               |
      10.003    |                |--INVITE-------------------------------------------------->|
      10.004    |                |<--200 OK--------------------------------------------------|
      10.005    |<--200 OK-------|                           |               |               |
      10.006    |--ACK---------------------------------------------------------------------->|"
  `);
  await ends();
});

test('C-23 createBranches and start: each branch with a timeout and headers of its own', async () => {
  const { world, desk, mobile, call, ends } = await search(DeskFirst);
  desk.answerCancel = true;
  const sent = call();
  (await desk.receive('INVITE')).reply(180);
  (await mobile.receive('INVITE')).reply(486);
  await sent.response(486);
  await world.deliver();
  expect(world.ladder({ headers: ['Alert-Info'] })).toMatchInlineSnapshot(`
    "          alice             siplet                       desk           mobile
       0.000    |--INVITE--------->|                           |               |
       0.001    |<--100 Trying-----|                           |               |
       0.001    |                  |--INVITE------------------>|               |
       0.002    |                  |<--180 Ringing-------------|               |
       0.003    |<--180 Ringing----|                           |               |
       5.001    |                  |--CANCEL------------------>|               |
       5.001    |                  |--INVITE---------------------------------->|
                |                  |                           |               |  Alert-Info: <http://example.com/urgent.wav>
       5.002    |                  |<--200 OK (CANCEL)---------|               |
       5.002    |                  |<--487 Request Terminated--|               |
       5.002    |                  |<--486 Busy Here---------------------------|
       5.003    |                  |--ACK--------------------->|               |
       5.003    |                  |--ACK------------------------------------->|
       5.003    |<--486 Busy Here--|                           |               |
       5.004    |--ACK------------>|                           |               |"
  `);
  await ends();
});

test('C-26 recurse: the Contacts of a 302 are tried, and theirs too: the branches are a tree', async () => {
  const { world, desk, mobile, voicemail, call, ends } = await search(Follow);
  const sent = call();
  (await desk.receive('INVITE')).reply(302, { contact: 'sip:mobile@10.0.0.3' });
  (await mobile.receive('INVITE')).reply(302, { contact: 'sip:voicemail@10.0.0.5' });
  (await voicemail.receive('INVITE')).reply(200);
  const answer = await sent.response(200);
  expect(answer.header('X-Tried')).toBe('sip:desk@10.0.0.2 (sip:mobile@10.0.0.3 (sip:voicemail@10.0.0.5 ()))');
  expect(world.ladder({ times: false, headers: ['X-Tried'] })).toMatchInlineSnapshot(`
    "  alice          siplet                      desk           mobile         voicemail
        |--INVITE------>|                          |               |               |
        |<--100 Trying--|                          |               |               |
        |               |--INVITE----------------->|               |               |
        |               |<--302 Moved Temporarily--|               |               |
        |               |--ACK-------------------->|               |               |
        |               |--INVITE--------------------------------->|               |
        |               |<--302 Moved Temporarily------------------|               |
        |               |--ACK------------------------------------>|               |
        |               |--INVITE------------------------------------------------->|
        |               |<--200 OK-------------------------------------------------|
        |<--200 OK------|                          |               |               |
        |               |                          |               |               |  X-Tried: sip:desk@10.0.0.2 (sip:mobile@10.0.0.3 (sip:voicemail@10.0.0.5 ()))"
  `);
  sent.ack();
  await ends();
});

test('C-27 without recurse a 302 competes as any other response', async () => {
  const { world, desk, mobile, call, ends } = await search(DoNotFollow);
  const sent = call();
  (await desk.receive('INVITE')).reply(302, { contact: 'sip:assistant@10.0.0.4' });
  (await mobile.receive('INVITE')).reply(404);
  const final = await sent.response(302);
  expect(final.list('Contact')).toEqual(['<sip:assistant@10.0.0.4>']);
  await world.deliver();
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                     siplet                      desk           mobile
        |--INVITE----------------->|                          |               |
        |<--100 Trying-------------|                          |               |
        |                          |--INVITE----------------->|               |
        |                          |--INVITE--------------------------------->|
        |                          |<--302 Moved Temporarily--|               |
        |                          |<--404 Not Found--------------------------|
        |                          |--ACK-------------------->|               |
        |                          |--ACK------------------------------------>|
        |<--302 Moved Temporarily--|                          |               |
        |--ACK-------------------->|                          |               |"
  `);
  await ends();
});
