// What telephones do with a bridge between them: transfer, hold, session timers of each leg (RFC 3515, 3891, 4028,
// 5589).
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { bridging } from './bridging.js';
import { ALICE, BOB, talking } from './legs.js';

test('B2B-12 RFC 5589 §6.1 unattended transfer: REFER, 202, NOTIFYs and BYE pass; the new call is a bridge of its own', async () => {
  const on = await bridging((request) =>
    request
      .b2bua()
      .bridge({ to: request.uri.toString().includes('carol') ? 'sip:carol@10.0.0.3' : 'sip:bob@10.0.0.2' }),
  );
  const { world, alice, bob, carol } = on;
  const legs = await talking(on);
  const refer = legs.alice.request('REFER', {
    headers: { 'Refer-To': '<sip:carol@siplet>', 'Referred-By': '<sip:alice@example.com>' },
    contact: alice.uri,
  });
  const relayed = await bob.receive('REFER');
  expect(relayed.header('Refer-To')).toBe('<sip:carol@siplet>');
  expect(relayed.header('Referred-By')).toBe('<sip:alice@example.com>');
  relayed.reply(202, { contact: bob.uri });
  await refer.response(202);
  const notified = async (state: string, body: string) => {
    const notify = legs.bob.request('NOTIFY', {
      headers: { Event: 'refer', 'Subscription-State': state },
      body,
      contentType: 'message/sipfrag',
    });
    const got = await alice.receive('NOTIFY');
    expect([got.header('Subscription-State'), got.body]).toEqual([state, body]);
    got.reply(200);
    await notify.response(200);
  };
  await notified('active;expires=60', 'SIP/2.0 100 Trying');
  const call = bob.invite('sip:carol@siplet', { body: BOB });
  const invite = await carol.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await invite.ack();
  // Alice hangs up before the last NOTIFY: the subscription outlives the call (RFC 5057 §4.2).
  const bye = legs.alice.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await notified('terminated;reason=noresource', 'SIP/2.0 200 OK');
  const last = call.bye();
  (await carol.receive('BYE')).reply(200);
  await last.response(200);
  await world.run(100);
  expect(world.ladder({ times: false, participants: ['alice', 'siplet', 'bob', 'carol'] })).toMatchInlineSnapshot(`
    "  alice                    siplet                      bob            carol
        |--INVITE---------------->|                         |               |
        |<--100 Trying------------|                         |               |
        |                         |--INVITE---------------->|               |
        |                         |<--200 OK----------------|               |
        |<--200 OK----------------|                         |               |
        |--ACK------------------->|                         |               |
        |                         |--ACK------------------->|               |
        |--REFER----------------->|                         |               |
        |                         |--REFER----------------->|               |
        |                         |<--202 Accepted (REFER)--|               |
        |<--202 Accepted (REFER)--|                         |               |
        |                         |<--NOTIFY----------------|               |
        |<--NOTIFY----------------|                         |               |
        |--200 OK (NOTIFY)------->|                         |               |
        |                         |--200 OK (NOTIFY)------->|               |
        |                         |<--INVITE----------------|               |
        |                         |--100 Trying------------>|               |
        |                         |--INVITE-------------------------------->|
        |                         |<--200 OK--------------------------------|
        |                         |--200 OK---------------->|               |
        |                         |<--ACK-------------------|               |
        |                         |--ACK----------------------------------->|
        |--BYE------------------->|                         |               |
        |<--200 OK (BYE)----------|                         |               |
        |                         |--BYE------------------->|               |
        |                         |<--200 OK (BYE)----------|               |
        |                         |<--NOTIFY----------------|               |
        |<--NOTIFY----------------|                         |               |
        |--200 OK (NOTIFY)------->|                         |               |
        |                         |--200 OK (NOTIFY)------->|               |
        |                         |<--BYE-------------------|               |
        |                         |--200 OK (BYE)---------->|               |
        |                         |--BYE----------------------------------->|
        |                         |<--200 OK (BYE)--------------------------|"
  `);
  await on.over();
});

test('B2B-12 RFC 5589 §7 attended transfer: Replaces names the dialog of the leg that its reader knows', async () => {
  const on = await bridging((request) =>
    request
      .b2bua()
      .bridge({ to: request.uri.toString().includes('carol') ? 'sip:carol@10.0.0.3' : 'sip:bob@10.0.0.2' }),
  );
  const { alice, bob, carol } = on;
  const legs = await talking(on);
  const consult = alice.invite('sip:carol@siplet', { body: ALICE });
  const second = await carol.receive('INVITE');
  second.reply(200, { body: BOB });
  const ok = await consult.response(200);
  consult.ack();
  await second.ack();
  const named = encodeURIComponent(`${consult.message.callId};to-tag=${ok.toTag};from-tag=${consult.message.fromTag}`);
  const refer = legs.alice.request('REFER', {
    headers: { 'Refer-To': `<sip:carol@siplet?Replaces=${named}>`, 'Refer-Sub': 'false', Supported: 'norefersub' },
    contact: alice.uri,
  });
  const relayed = await bob.receive('REFER');
  const theirs = `${second.message.callId};to-tag=${second.dialog.local.split('tag=')[1]};from-tag=${second.message.fromTag}`;
  expect(decodeURIComponent(present(relayed.header('Refer-To')))).toBe(`<sip:carol@siplet?Replaces=${theirs}>`);
  relayed.reply(202, { contact: bob.uri, headers: { 'Refer-Sub': 'false' } });
  await refer.response(202);
  // Bob calls Carol with what he was told; another, who was told by somebody else, names the leg of Alice.
  for (const value of [theirs, decodeURIComponent(named)]) {
    const call = bob.invite('sip:carol@siplet', { body: BOB, headers: { Replaces: value, Require: 'replaces' } });
    const invite = await carol.receive('INVITE');
    expect(invite.header('Replaces')).toBe(theirs);
    expect(invite.header('Require')).toBe('replaces');
    invite.reply(486);
    await call.response(486);
  }
  alice.answerBye = true;
  bob.answerBye = true;
  carol.answerBye = true;
  await legs.alice.bye().response(200);
  await consult.bye().response(200);
  await on.world.run(40_000);
  await on.ends();
});

test('B2B-12 RFC 5589 §7.3 attended transfer as a whole: the call that is meant is replaced, and its other party hangs up', async () => {
  const on = await bridging((request) =>
    request
      .b2bua()
      .bridge({ to: request.uri.toString().includes('carol') ? 'sip:carol@10.0.0.3' : 'sip:bob@10.0.0.2' }),
  );
  const { alice, bob, carol, world } = on;
  const legs = await talking(on);
  const consult = alice.invite('sip:carol@siplet', { body: ALICE });
  const second = await carol.receive('INVITE');
  second.reply(200, { body: BOB });
  const ok = await consult.response(200);
  consult.ack();
  await second.ack();
  const named = encodeURIComponent(`${consult.message.callId};to-tag=${ok.toTag};from-tag=${consult.message.fromTag}`);
  const refer = legs.alice.request('REFER', {
    headers: { 'Refer-To': `<sip:carol@siplet?Replaces=${named}>` },
    contact: alice.uri,
  });
  const relayed = await bob.receive('REFER');
  relayed.reply(202, { contact: bob.uri });
  await refer.response(202);
  const theirs = decodeURIComponent(present(present(/Replaces=([^>]+)/.exec(present(relayed.header('Refer-To'))))[1]));
  const call = bob.invite('sip:carol@siplet', { body: BOB, headers: { Replaces: theirs, Require: 'replaces' } });
  const replacing = await carol.receive('INVITE');
  replacing.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await replacing.ack();
  // Carol ends the call that was replaced (RFC 3891 §3); Bob tells Alice, who hangs up.
  const replaced = second.bye();
  (await alice.receive('BYE')).reply(200);
  await replaced.response(200);
  const notify = legs.bob.request('NOTIFY', {
    headers: { Event: 'refer', 'Subscription-State': 'terminated;reason=noresource' },
    body: 'SIP/2.0 200 OK',
    contentType: 'message/sipfrag',
  });
  (await alice.receive('NOTIFY')).reply(200);
  await notify.response(200);
  const bye = legs.alice.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  const last = call.bye();
  (await carol.receive('BYE')).reply(200);
  await last.response(200);
  expect(world.ladder({ times: false, participants: ['alice', 'siplet', 'bob', 'carol'] })).toMatchInlineSnapshot(`
    "  alice                    siplet                      bob            carol
        |--INVITE---------------->|                         |               |
        |<--100 Trying------------|                         |               |
        |                         |--INVITE---------------->|               |
        |                         |<--200 OK----------------|               |
        |<--200 OK----------------|                         |               |
        |--ACK------------------->|                         |               |
        |                         |--ACK------------------->|               |
        |--INVITE---------------->|                         |               |
        |<--100 Trying------------|                         |               |
        |                         |--INVITE-------------------------------->|
        |                         |<--200 OK--------------------------------|
        |<--200 OK----------------|                         |               |
        |--ACK------------------->|                         |               |
        |                         |--ACK----------------------------------->|
        |--REFER----------------->|                         |               |
        |                         |--REFER----------------->|               |
        |                         |<--202 Accepted (REFER)--|               |
        |<--202 Accepted (REFER)--|                         |               |
        |                         |<--INVITE----------------|               |
        |                         |--100 Trying------------>|               |
        |                         |--INVITE-------------------------------->|
        |                         |<--200 OK--------------------------------|
        |                         |--200 OK---------------->|               |
        |                         |<--ACK-------------------|               |
        |                         |--ACK----------------------------------->|
        |                         |<--BYE-----------------------------------|
        |                         |--200 OK (BYE)-------------------------->|
        |<--BYE-------------------|                         |               |
        |--200 OK (BYE)---------->|                         |               |
        |                         |<--NOTIFY----------------|               |
        |<--NOTIFY----------------|                         |               |
        |--200 OK (NOTIFY)------->|                         |               |
        |                         |--200 OK (NOTIFY)------->|               |
        |--BYE------------------->|                         |               |
        |<--200 OK (BYE)----------|                         |               |
        |                         |--BYE------------------->|               |
        |                         |<--200 OK (BYE)----------|               |
        |                         |<--BYE-------------------|               |
        |                         |--200 OK (BYE)---------->|               |
        |                         |--BYE----------------------------------->|
        |                         |<--200 OK (BYE)--------------------------|"
  `);
  await on.over();
});

test('B2B-12 hold and resume: re-INVITEs with a=sendonly and a=inactive pass unchanged', async () => {
  const on = await bridging();
  const { bob } = on;
  const legs = await talking(on);
  for (const direction of ['sendonly', 'inactive', 'sendrecv']) {
    const invite = legs.alice.request('INVITE', { body: `${ALICE}a=${direction}\r\n` });
    const relayed = await bob.receive('INVITE');
    expect(relayed.body).toBe(`${ALICE}a=${direction}\r\n`);
    relayed.reply(200, { body: BOB });
    await invite.response(200);
    invite.ack();
    await relayed.ack();
  }
  const bye = legs.alice.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.over();
});

test('B2B-10 RFC 4028 §8 each leg has a session timer of its own: a refresh of one is not seen on the other', async () => {
  const on = await bridging();
  const { alice, bob } = on;
  const call = alice.invite('sip:bob@siplet', {
    body: ALICE,
    headers: { Supported: 'timer', 'Session-Expires': '200;refresher=uac', 'Min-SE': '90' },
  });
  const invite = await bob.receive('INVITE');
  expect(invite.header('Session-Expires')).not.toContain('200');
  invite.reply(200, { body: BOB });
  const ok = await call.response(200);
  expect(ok.header('Session-Expires')).toBe('200;refresher=uac');
  call.ack();
  await invite.ack();
  // One without an offer asks for one, which the callee alone can make.
  const ask = call.dialog.request('INVITE', {
    headers: { Supported: 'timer', 'Session-Expires': '200;refresher=uac' },
  });
  const asked = await bob.receive('INVITE');
  asked.reply(200, { body: BOB });
  await ask.response(200);
  ask.ack({ body: ALICE });
  await asked.ack();
  const refresh = call.dialog.request('UPDATE', {
    headers: { Supported: 'timer', 'Session-Expires': '200;refresher=uac' },
  });
  await refresh.response(200);
  expect(bob.unread).toEqual([]);
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.over();
});

test('B2B-10 RFC 4028 §10 a caller that does not refresh any more is gone: BYE on both legs, with the Reason', async () => {
  const on = await bridging();
  const { world, alice, bob } = on;
  alice.answerBye = true;
  const call = alice.invite('sip:bob@siplet', {
    body: ALICE,
    headers: { Supported: 'timer', 'Session-Expires': '200;refresher=uac', 'Min-SE': '90' },
  });
  const invite = await bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await invite.ack();
  await world.run(130_000);
  const bye = await bob.receive('BYE');
  expect(bye.header('Reason')).toBe('SIP;cause=408;text="Session timer expired"');
  bye.reply(200);
  await world.run(100);
  expect(alice.received.filter(({ message }) => message.method === 'BYE' && message.isRequest).length).toBe(1);
  await on.over();
});
