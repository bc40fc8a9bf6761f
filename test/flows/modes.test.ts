// Flows of sdk/PROXYING.md: without the application, and when something goes wrong.
import { expect, test } from 'vitest';
import { Elsewhere } from './apps/branches.js';
import { FindBob } from './apps/first.js';
import { Broken, BrokenLater, LookUp, Relay, Spread } from './apps/modes.js';
import { search } from './search.js';

test('C-2 C-3 unsupervised: the container chooses alone, and the application sees what comes in the dialog', async () => {
  const { world, desk, mobile, call, ends } = await search(Relay);
  const sent = call();
  (await mobile.receive('INVITE')).reply(486);
  (await desk.receive('INVITE')).reply(200);
  await sent.response(200);
  sent.ack();
  const bye = sent.bye();
  (await desk.receive('BYE')).reply(200);
  await bye.response(200);
  expect(world.ladder({ times: false, headers: ['X-Seen'] })).toMatchInlineSnapshot(`
    "  alice            siplet             desk           mobile
        |--INVITE-------->|                 |               |
        |<--100 Trying----|                 |               |
        |                 |--INVITE-------->|               |
        |                 |--INVITE------------------------>|
        |                 |<--486 Busy Here-----------------|
        |                 |<--200 OK--------|               |
        |                 |--ACK--------------------------->|
        |<--200 OK--------|                 |               |
        |--ACK----------->|                 |               |
        |--BYE----------->|                 |               |
        |                 |--ACK----------->|               |
        |                 |--BYE----------->|               |
        |                 |<--200 OK (BYE)--|               |
        |<--200 OK (BYE)--|                 |               |
        |                 |                 |               |  X-Seen: BYE"
  `);
  await ends();
});

test('§16.11 stateless: every message goes on when it arrives, retransmissions too; CANCEL and ACK go the same way', async () => {
  const { world, alice, desk, mobile, call, ends } = await search(Spread);
  alice.reliable = mobile.answerCancel = true;
  const sent = call({ callId: 'a-call' });
  const invite = await mobile.receive('INVITE');
  await world.run(500);
  const again = await mobile.receive('INVITE');
  expect(again.message.branch).toBe(invite.message.branch);
  again.reply(180);
  await sent.response(180);
  await sent.cancel().response(200);
  await sent.response(487);
  await world.deliver();
  expect(world.ladder()).toMatchInlineSnapshot(`
    "          alice                      siplet                      mobile
       0.000    |--INVITE------------------>|                           |
       0.001    |                           |--INVITE------------------>|
       0.500    |--INVITE #2--------------->|                           |
       0.501    |                           |--INVITE #2--------------->|
       0.502    |                           |<--180 Ringing-------------|
       0.503    |<--180 Ringing-------------|                           |
       0.504    |--CANCEL------------------>|                           |
       0.505    |                           |--CANCEL------------------>|
       0.506    |                           |<--200 OK (CANCEL)---------|
       0.506    |                           |<--487 Request Terminated--|
       0.507    |<--200 OK (CANCEL)---------|                           |
       0.507    |<--487 Request Terminated--|                           |
       0.508    |--ACK--------------------->|                           |
       0.509    |                           |--ACK--------------------->|"
  `);
  expect(desk.received).toEqual([]);
  await ends();
});

test('C-29 the caller’s CANCEL ends every branch, and 487 goes upstream', async () => {
  const { world, desk, call, ends } = await search(FindBob);
  desk.answerCancel = true;
  const sent = call();
  (await desk.receive('INVITE')).reply(180);
  await sent.response(180);
  await sent.cancel({ headers: { Reason: 'SIP;cause=200' } }).response(200);
  await sent.response(487);
  await world.deliver();
  expect(world.ladder({ times: false, headers: ['Reason'] })).toMatchInlineSnapshot(`
    "  alice                      siplet                       desk
        |--INVITE------------------>|                           |
        |<--100 Trying--------------|                           |
        |                           |--INVITE------------------>|
        |                           |<--180 Ringing-------------|
        |<--180 Ringing-------------|                           |
        |--CANCEL------------------>|                           |
        |                           |                           |  Reason: SIP;cause=200
        |<--200 OK (CANCEL)---------|                           |
        |                           |--CANCEL------------------>|
        |                           |                           |  Reason: SIP;cause=200
        |                           |<--200 OK (CANCEL)---------|
        |                           |<--487 Request Terminated--|
        |                           |--ACK--------------------->|
        |<--487 Request Terminated--|                           |
        |--ACK--------------------->|                           |"
  `);
  await ends();
});

test('C-29 the caller’s CANCEL while a handler still awaits: 487 at once', async () => {
  const { world, desk, call, finds, ends } = await search(LookUp);
  finds('sip:desk@10.0.0.2', 3000);
  const sent = call();
  await sent.response(100);
  await world.run(1000);
  await sent.cancel().response(200);
  await sent.response(487);
  await world.run(5000);
  expect(world.ladder()).toMatchInlineSnapshot(`
    "          alice                      siplet
       0.000    |--INVITE------------------>|
       0.001    |<--100 Trying--------------|
       1.002    |--CANCEL------------------>|
       1.003    |<--200 OK (CANCEL)---------|
       1.003    |<--487 Request Terminated--|
       1.004    |--ACK--------------------->|"
  `);
  expect(desk.received).toEqual([]);
  await ends();
});

test('C-29 the caller’s CANCEL while a best-response handler still awaits: what it adds is not tried', async () => {
  const { world, desk, mobile, call, finds, ends } = await search(Elsewhere);
  finds('sip:mobile@10.0.0.3', 3000);
  const sent = call();
  (await desk.receive('INVITE')).reply(480);
  await world.run(1000);
  await sent.cancel().response(200);
  await sent.response(480);
  await world.deliver();
  expect(world.ladder()).toMatchInlineSnapshot(`
    "          alice                      siplet                       desk
       0.000    |--INVITE------------------>|                           |
       0.001    |<--100 Trying--------------|                           |
       0.001    |                           |--INVITE------------------>|
       0.002    |                           |<--480 Temporarily Unav..--|
       0.003    |                           |--ACK--------------------->|
       1.002    |--CANCEL------------------>|                           |
       1.003    |<--200 OK (CANCEL)---------|                           |
       3.003    |<--480 Temporarily Unav..--|                           |
       3.004    |--ACK--------------------->|                           |"
  `);
  expect(mobile.received).toEqual([]);
  await ends();
});

test('C-15 nobody answers: the INVITE is sent again until Timer B, then 408', async () => {
  const { world, call, ends } = await search(FindBob);
  await call().response(408);
  await world.deliver();
  expect(world.ladder()).toMatchInlineSnapshot(`
    "          alice                   siplet           desk
       0.000    |--INVITE--------------->|               |
       0.001    |<--100 Trying-----------|               |
       0.001    |                        |--INVITE------>|
       0.501    |                        |--INVITE #2--->|
       1.501    |                        |--INVITE #3--->|
       3.501    |                        |--INVITE #4--->|
       7.501    |                        |--INVITE #5--->|
      15.501    |                        |--INVITE #6--->|
      31.501    |                        |--INVITE #7--->|
      32.001    |<--408 Request Timeout--|               |
      32.002    |--ACK------------------>|               |"
  `);
  await ends();
});

test('C-41 a handler of a request throws before anything was sent: 500', async () => {
  const { world, container, call, ends } = await search(Broken);
  await call().response(500);
  await world.deliver();
  expect(container.problems()).toEqual(['Broken.ring failed: on purpose']);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                     siplet
        |--INVITE----------------->|
        |<--100 Trying-------------|
        |<--500 Server Internal..--|
        |--ACK-------------------->|"
  `);
  await ends(1);
});

test('C-41 a response handler throws: the response goes on without its changes', async () => {
  const { world, desk, mobile, call, ends } = await search(BrokenLater);
  const sent = call();
  (await desk.receive('INVITE')).reply(404);
  (await mobile.receive('INVITE')).reply(486);
  const final = await sent.response('4xx');
  expect(final.header('X-Half')).toBeUndefined();
  await world.deliver();
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice             siplet              desk           mobile
        |--INVITE--------->|                  |               |
        |<--100 Trying-----|                  |               |
        |                  |--INVITE--------->|               |
        |                  |<--404 Not Found--|               |
        |                  |--ACK------------>|               |
        |                  |--INVITE------------------------->|
        |                  |<--486 Busy Here------------------|
        |                  |--ACK---------------------------->|
        |<--404 Not Found--|                  |               |
        |--ACK------------>|                  |               |"
  `);
  await ends(2);
});
