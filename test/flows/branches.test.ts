// Flows of sdk/PROXYING.md: branches that are added while a call is looked for.
import { expect, test } from 'vitest';
import { AlsoMobile, Elsewhere, NoForwarding, Substitute, TellCaller, Voicemail } from './apps/branches.js';
import { search } from './search.js';

test('C-16 C-17 a best-response handler adds a branch: the response is not forwarded', async () => {
  const { world, desk, voicemail, call, ends } = await search(Voicemail);
  const sent = call();
  (await desk.receive('INVITE')).reply(486);
  (await voicemail.receive('INVITE')).reply(200);
  await sent.response(200);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice          siplet              desk          voicemail
        |--INVITE------>|                  |               |
        |<--100 Trying--|                  |               |
        |               |--INVITE--------->|               |
        |               |<--486 Busy Here--|               |
        |               |--ACK------------>|               |
        |               |--INVITE------------------------->|
        |               |<--200 OK-------------------------|
        |<--200 OK------|                  |               |"
  `);
  sent.ack();
  await ends();
});

test('C-17 the response that was not forwarded stays a candidate', async () => {
  const { world, desk, voicemail, call, ends } = await search(Voicemail);
  const sent = call();
  (await desk.receive('INVITE')).reply(486);
  (await voicemail.receive('INVITE')).reply(500);
  await sent.response(486);
  await world.deliver();
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice             siplet              desk          voicemail
        |--INVITE--------->|                  |               |
        |<--100 Trying-----|                  |               |
        |                  |--INVITE--------->|               |
        |                  |<--486 Busy Here--|               |
        |                  |--ACK------------>|               |
        |                  |--INVITE------------------------->|
        |                  |<--500 Server Internal..----------|
        |                  |--ACK---------------------------->|
        |<--486 Busy Here--|                  |               |
        |--ACK------------>|                  |               |"
  `);
  await ends();
});

test('C-16 an async handler looks something up before it adds a branch', async () => {
  const { world, desk, mobile, call, finds, ends } = await search(Elsewhere);
  finds('sip:mobile@10.0.0.3', 1500);
  const sent = call();
  (await desk.receive('INVITE')).reply(480);
  (await mobile.receive('INVITE')).reply(200);
  await sent.response(200);
  expect(world.ladder()).toMatchInlineSnapshot(`
    "          alice          siplet                       desk           mobile
       0.000    |--INVITE------>|                           |               |
       0.001    |<--100 Trying--|                           |               |
       0.001    |               |--INVITE------------------>|               |
       0.002    |               |<--480 Temporarily Unav..--|               |
       0.003    |               |--ACK--------------------->|               |
       1.503    |               |--INVITE---------------------------------->|
       1.504    |               |<--200 OK----------------------------------|
       1.505    |<--200 OK------|                           |               |"
  `);
  sent.ack();
  await ends();
});

test('C-18 C-19 a 1xx handler adds a branch; the same URI is not tried twice', async () => {
  const { world, desk, mobile, call, ends } = await search(AlsoMobile);
  desk.answerCancel = true;
  const sent = call();
  (await desk.receive('INVITE')).reply(180);
  const invite = await mobile.receive('INVITE');
  invite.reply(180);
  await world.deliver();
  invite.reply(200);
  await sent.response(200);
  await world.deliver();
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice           siplet                       desk           mobile
        |--INVITE------->|                           |               |
        |<--100 Trying---|                           |               |
        |                |--INVITE------------------>|               |
        |                |<--180 Ringing-------------|               |
        |                |--INVITE---------------------------------->|
        |<--180 Ringing--|                           |               |
        |                |<--180 Ringing-----------------------------|
        |<--180 Ringing--|                           |               |
        |                |<--200 OK----------------------------------|
        |                |--CANCEL------------------>|               |
        |<--200 OK-------|                           |               |
        |                |<--200 OK (CANCEL)---------|               |
        |                |<--487 Request Terminated--|               |
        |                |--ACK--------------------->|               |"
  `);
  sent.ack();
  await ends();
});

test('C-18 a @BranchResponse handler adds a branch while another one rings', async () => {
  const { world, desk, mobile, assistant, call, ends } = await search(Substitute);
  mobile.answerCancel = true;
  const sent = call();
  (await desk.receive('INVITE')).reply(404);
  (await mobile.receive('INVITE')).reply(180);
  (await assistant.receive('INVITE')).reply(200);
  await sent.response(200);
  await world.deliver();
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice           siplet              desk           mobile         assistant
        |--INVITE------->|                  |               |               |
        |<--100 Trying---|                  |               |               |
        |                |--INVITE--------->|               |               |
        |                |--INVITE------------------------->|               |
        |                |<--404 Not Found--|               |               |
        |                |<--180 Ringing--------------------|               |
        |                |--ACK------------>|               |               |
        |                |--INVITE----------------------------------------->|
        |<--180 Ringing--|                  |               |               |
        |                |<--200 OK-----------------------------------------|
        |                |--CANCEL------------------------->|               |
        |<--200 OK-------|                  |               |               |
        |                |<--200 OK (CANCEL)----------------|               |
        |                |<--487 Request Terminated---------|               |
        |                |--ACK---------------------------->|               |"
  `);
  sent.ack();
  await ends();
});

test('C-18 proxy.cancel with a Reason, then proxyTo', async () => {
  const { world, desk, voicemail, call, ends } = await search(NoForwarding);
  desk.answerCancel = true;
  const sent = call();
  (await desk.receive('INVITE')).reply(181);
  (await voicemail.receive('INVITE')).reply(200);
  await sent.response(200);
  await world.deliver();
  expect(world.ladder({ times: false, headers: ['Reason'] })).toMatchInlineSnapshot(`
    "  alice                      siplet                       desk          voicemail
        |--INVITE------------------>|                           |               |
        |<--100 Trying--------------|                           |               |
        |                           |--INVITE------------------>|               |
        |                           |<--181 Call Is Being Fo..--|               |
        |                           |--CANCEL------------------>|               |
        |                           |                           |               |  Reason: SIP;cause=480;text="No forwarding"
        |                           |--INVITE---------------------------------->|
        |<--181 Call Is Being Fo..--|                           |               |
        |                           |<--200 OK (CANCEL)---------|               |
        |                           |<--487 Request Terminated--|               |
        |                           |<--200 OK----------------------------------|
        |                           |--ACK--------------------->|               |
        |<--200 OK------------------|                           |               |"
  `);
  sent.ack();
  await ends();
});

test('C-14 @BranchResponse is called for a final response that is not the end', async () => {
  const { world, desk, mobile, call, ends } = await search(TellCaller);
  const sent = call();
  (await desk.receive('INVITE')).reply(486);
  (await mobile.receive('INVITE')).reply(404);
  await sent.response('4xx');
  await world.deliver();
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                      siplet              desk           mobile
        |--INVITE------------------>|                  |               |
        |<--100 Trying--------------|                  |               |
        |                           |--INVITE--------->|               |
        |                           |<--486 Busy Here--|               |
        |                           |--ACK------------>|               |
        |<--181 Call Is Being Fo..--|                  |               |
        |                           |--INVITE------------------------->|
        |                           |<--404 Not Found------------------|
        |                           |--ACK---------------------------->|
        |<--486 Busy Here-----------|                  |               |
        |--ACK--------------------->|                  |               |"
  `);
  await ends();
});
