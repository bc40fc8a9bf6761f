// Flows of sdk/PROXYING.md: what comes after the first request.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Customer, EarlyMedia, Edge, Stay, ToTcp } from './apps/dialogs.js';
import { type Search, search } from './search.js';

async function answered({ desk, call }: Search) {
  const sent = call();
  const invite = await desk.receive('INVITE');
  invite.reply(200);
  await sent.response(200);
  sent.ack();
  await invite.ack();
  return { sent, invite };
}

async function hangUp({ desk }: Search, sent: Awaited<ReturnType<typeof answered>>['sent']) {
  const bye = sent.bye();
  (await desk.receive('BYE')).reply(200);
  await bye.response(200);
}

test('C-34 with recordRoute the application sees the requests in the dialog, and may answer them', async () => {
  const s = await search(Stay);
  const { sent } = await answered(s);
  await sent.dialog.request('INFO').response(200);
  await hangUp(s, sent);
  expect(s.world.ladder({ times: false, headers: ['Subject'] })).toMatchInlineSnapshot(`
    "  alice             siplet             desk
        |--INVITE--------->|                 |
        |<--100 Trying-----|                 |
        |                  |--INVITE-------->|
        |                  |<--200 OK--------|
        |<--200 OK---------|                 |
        |--ACK------------>|                 |
        |                  |--ACK----------->|
        |                  |                 |  Subject: A call by way of siplet
        |--INFO----------->|                 |
        |<--200 OK (INFO)--|                 |
        |--BYE------------>|                 |
        |                  |--BYE----------->|
        |                  |                 |  Subject: A call by way of siplet
        |                  |<--200 OK (BYE)--|
        |<--200 OK (BYE)---|                 |"
  `);
  await s.ends();
});

test('C-35 parameters of the Record-Route URI come back from both sides', async () => {
  const s = await search(Customer);
  const { sent, invite } = await answered(s);
  const info = invite.dialog.request('INFO');
  (await s.alice.receive('INFO')).reply(200);
  await info.response(200);
  await hangUp(s, sent);
  expect(s.world.ladder({ times: false, headers: ['X-Customer'] })).toMatchInlineSnapshot(`
    "  alice             siplet              desk
        |--INVITE--------->|                  |
        |<--100 Trying-----|                  |
        |                  |--INVITE--------->|
        |                  |<--200 OK---------|
        |<--200 OK---------|                  |
        |--ACK------------>|                  |
        |                  |--ACK------------>|
        |                  |                  |  X-Customer: 42
        |                  |<--INFO-----------|
        |<--INFO-----------|                  |
        |                  |                  |  X-Customer: 42
        |--200 OK (INFO)-->|                  |
        |                  |--200 OK (INFO)-->|
        |--BYE------------>|                  |
        |                  |--BYE------------>|
        |                  |                  |  X-Customer: 42
        |                  |<--200 OK (BYE)---|
        |<--200 OK (BYE)---|                  |"
  `);
  await s.ends();
});

test('C-7 PRACK and UPDATE in an early dialog reach the phone that sent the 183', async () => {
  const { world, desk, mobile, call, ends } = await search(EarlyMedia);
  mobile.answerCancel = true;
  const sent = call({ headers: { Supported: '100rel' } });
  const invites = [await desk.receive('INVITE'), await mobile.receive('INVITE')];
  const since = world.clock.now();
  for (const [i, phone] of [desk, mobile].entries()) {
    present(invites[i]).reply(183, { headers: { Require: '100rel', RSeq: '1' }, body: 'v=0\r\n' });
    const early = await sent.response(183);
    const prack = sent.dialogOf(early).request('PRACK', { headers: { RAck: '1 1 INVITE' } });
    (await phone.receive('PRACK')).reply(200);
    await prack.response(200);
    if (phone === mobile) continue;
    const update = sent.dialogOf(early).request('UPDATE', { body: 'v=1\r\n' });
    (await phone.receive('UPDATE')).reply(200);
    await update.response(200);
  }
  const participants = ['alice', 'siplet', 'desk', 'mobile'];
  expect(world.ladder({ times: false, since, participants, headers: ['X-Reliable'] })).toMatchInlineSnapshot(`
    "  alice                    siplet                     desk           mobile
        |                         |<--183 Session Progress--|               |
        |<--183 Session Progress--|                         |               |
        |                         |                         |               |  X-Reliable: true
        |--PRACK----------------->|                         |               |
        |                         |--PRACK----------------->|               |
        |                         |<--200 OK (PRACK)--------|               |
        |<--200 OK (PRACK)--------|                         |               |
        |--UPDATE---------------->|                         |               |
        |                         |--UPDATE---------------->|               |
        |                         |<--200 OK (UPDATE)-------|               |
        |<--200 OK (UPDATE)-------|                         |               |
        |                         |<--183 Session Progress------------------|
        |<--183 Session Progress--|                         |               |
        |                         |                         |               |  X-Reliable: true
        |--PRACK----------------->|                         |               |
        |                         |--PRACK--------------------------------->|
        |                         |<--200 OK (PRACK)------------------------|
        |<--200 OK (PRACK)--------|                         |               |"
  `);
  present(invites[0]).reply(200);
  await sent.response(200);
  sent.ack();
  const bye = sent.bye();
  (await desk.receive('BYE')).reply(200);
  await bye.response(200);
  await ends();
});

test('C-39 RFC 5658 two Record-Routes where the two sides differ: UDP and TCP', async () => {
  const s = await search(ToTcp);
  const { sent } = await answered(s);
  await hangUp(s, sent);
  const note = ({ headers }: { headers: [string, string][] }) =>
    `over ${headers.find(([name]) => name === 'Via')?.[1].slice(8, 11)}`;
  expect(s.world.ladder({ times: false, headers: ['Record-Route'], note })).toMatchInlineSnapshot(`
    "  alice                     siplet                      desk
        |--INVITE over UDP-------->|                          |
        |<--100 Trying over UDP----|                          |
        |                          |--INVITE over TCP-------->|
        |                          |                          |  Record-Route: <sip:10.0.0.9:5060;transport=tcp;lr;sid=b1.0.13ufm0l1me3in8>
        |                          |                          |  Record-Route: <sip:10.0.0.9:5060;lr;sid=b1.0.13ufm0l1me3in8>
        |                          |<--200 OK over TCP--------|
        |                          |                          |  Record-Route: <sip:10.0.0.9:5060;transport=tcp;lr;sid=b1.0.13ufm0l1me3in8>
        |                          |                          |  Record-Route: <sip:10.0.0.9:5060;lr;sid=b1.0.13ufm0l1me3in8>
        |<--200 OK over UDP--------|                          |
        |                          |                          |  Record-Route: <sip:10.0.0.9:5060;transport=tcp;lr;sid=b1.0.13ufm0l1me3in8>
        |                          |                          |  Record-Route: <sip:10.0.0.9:5060;lr;sid=b1.0.13ufm0l1me3in8>
        |--ACK over UDP----------->|                          |
        |                          |--ACK over TCP----------->|
        |--BYE over UDP----------->|                          |
        |                          |--BYE over TCP----------->|
        |                          |<--200 OK (BYE) over TCP--|
        |<--200 OK (BYE) over UDP--|                          |"
  `);
  await s.ends();
});

test('C-38 RFC 3327 addToPath: what a phone registers is reached by way of the container', async () => {
  const { world, alice, ends } = await search(Edge);
  const registrar = world.phone('registrar', '10.0.0.6');
  const registration = alice.request('REGISTER', 'sip:example.com', {
    via: 'siplet',
    contact: 'sip:alice@10.0.0.1',
    headers: { Supported: 'path' },
  });
  const register = await registrar.receive('REGISTER');
  register.reply(200);
  await registration.response(200);
  const sent = registrar.invite('sip:alice@10.0.0.1', { route: register.list('Path') });
  (await alice.receive('INVITE')).reply(486);
  await sent.response(486);
  await world.deliver();
  const headers = ['Path', 'Route', 'X-Customer'];
  expect(world.ladder({ times: false, headers })).toMatchInlineSnapshot(`
    "  alice                 siplet                registrar
        |--REGISTER----------->|                      |
        |                      |--REGISTER----------->|
        |                      |                      |  Path: <sip:10.0.0.9:5060;lr;customer=42>
        |                      |<--200 OK (REGISTER)--|
        |<--200 OK (REGISTER)--|                      |
        |                      |<--INVITE-------------|
        |                      |                      |  Route: <sip:10.0.0.9:5060;lr;customer=42>
        |                      |--100 Trying--------->|
        |<--INVITE-------------|                      |
        |                      |                      |  X-Customer: 42
        |--486 Busy Here------>|                      |
        |<--ACK----------------|                      |
        |                      |--486 Busy Here------>|
        |                      |<--ACK----------------|
        |                      |                      |  Route: <sip:10.0.0.9:5060;lr;customer=42>"
  `);
  await ends();
});
