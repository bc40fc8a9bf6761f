// The flows of RFC 3665 section 3 that pass through proxies, each as a ladder; p1 and p2 are containers, each with one
// application.
import { Authenticated, Invite, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { challengesIn, credentialsFor } from '../digest/peer.js';
import { Siplet } from '../world/siplet.js';
import { type ApplicationClass, nothingLeft } from '../world/stage.js';
import { World } from '../world/world.js';

const ALICE = 'v=0\r\no=alice 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n';
const BOB = 'v=0\r\no=bob 1 1 IN IP4 10.0.0.2\r\ns=-\r\nt=0 0\r\n';
const passwords: Readonly<Record<string, string>> = { alice: 'secret' };

/** Proxy 1: to the domain of the callee. */
@siplet({ name: 'outbound' })
class Outbound {
  @Invite()
  invite(request: SipRequest) {
    request.proxy({ recordRoute: true }).proxyTo(request.uri);
  }
}

/** Proxy 2: to where Bob is registered. */
@siplet({ name: 'inbound' })
class Inbound {
  @Invite()
  invite(request: SipRequest) {
    request.proxy({ recordRoute: true }).proxyTo('sip:bob@10.0.0.2');
  }
}

async function trapezoid(one: ApplicationClass = Outbound, two: ApplicationClass = Inbound) {
  const world = new World();
  const alice = world.phone('alice', '10.0.0.1');
  const p1 = await Siplet.start(world, { one: { one } }, { name: 'p1', addresses: ['10.0.0.8'] });
  const p2 = await Siplet.start(world, { two: { two } }, { name: 'p2', addresses: ['10.0.0.9'] });
  const bob = world.phone('bob', '10.0.0.2');
  return {
    world,
    alice,
    bob,
    call: (options: Parameters<typeof alice.invite>[1] = {}) =>
      alice.invite('sip:bob@p2', { via: 'p1', body: ALICE, ...options }),
    ladder: () => world.ladder({ times: false, participants: ['alice', 'p1', 'p2', 'bob'] }),
    ends: (problems = 0) => nothingLeft(world, [p1, p2], problems),
  };
}

test('RFC 3665 §3.2 session establishment through two proxies', async () => {
  const { alice, bob, call, ladder, ends } = await trapezoid();
  const invite = call();
  const offered = await bob.receive('INVITE');
  offered.reply(180);
  await invite.response(180);
  offered.reply(200, { body: BOB });
  await invite.response(200);
  invite.ack();
  await offered.ack();
  const bye = offered.bye();
  (await alice.receive('BYE')).reply(200);
  await bye.response(200);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice              p1                p2                bob
        |--INVITE-------->|                 |                 |
        |<--100 Trying----|                 |                 |
        |                 |--INVITE-------->|                 |
        |                 |<--100 Trying----|                 |
        |                 |                 |--INVITE-------->|
        |                 |                 |<--180 Ringing---|
        |                 |<--180 Ringing---|                 |
        |<--180 Ringing---|                 |                 |
        |                 |                 |<--200 OK--------|
        |                 |<--200 OK--------|                 |
        |<--200 OK--------|                 |                 |
        |--ACK----------->|                 |                 |
        |                 |--ACK----------->|                 |
        |                 |                 |--ACK----------->|
        |                 |                 |<--BYE-----------|
        |                 |<--BYE-----------|                 |
        |<--BYE-----------|                 |                 |
        |--200 OK (BYE)-->|                 |                 |
        |                 |--200 OK (BYE)-->|                 |
        |                 |                 |--200 OK (BYE)-->|"
  `);
  await ends();
});

@siplet({ name: 'asking' })
class Asking {
  passwordOf(name: string) {
    return passwords[name];
  }

  @Invite()
  @Authenticated({ realm: 'atlanta', users: 'passwordOf', proxy: true })
  invite(request: SipRequest) {
    request.proxy({ recordRoute: true }).proxyTo(request.uri);
  }
}

@siplet({ name: 'asking-too' })
class AskingToo {
  passwordOf(name: string) {
    return passwords[name];
  }

  @Invite()
  @Authenticated({ realm: 'biloxi', users: 'passwordOf', proxy: true })
  invite(request: SipRequest) {
    request.proxy({ recordRoute: true }).proxyTo('sip:bob@10.0.0.2');
  }
}

test('RFC 3665 §3.3 session establishment with multiple proxy authentication', async () => {
  const { alice, bob, call, ladder, ends } = await trapezoid(Asking, AskingToo);
  const first = call();
  const [one] = challengesIn(await first.response(407));
  const answer = (challenge: typeof one) => credentialsFor(present(challenge), { method: 'INVITE', uri: 'sip:bob@p2' });
  const second = call({ headers: { 'Proxy-Authorization': answer(one) } });
  const [two] = challengesIn(await second.response(407));
  // A nonce may be used again, when it is counted (RFC 7616 §3.4).
  const again = credentialsFor(present(one), { method: 'INVITE', uri: 'sip:bob@p2', nc: 2 });
  const third = call({ headers: { 'Proxy-Authorization': [again, answer(two)] } });
  const offered = await bob.receive('INVITE');
  expect(offered.message.list('Proxy-Authorization')).toEqual([]);
  offered.reply(200, { body: BOB });
  await third.response(200);
  third.ack();
  await offered.ack();
  const bye = offered.bye();
  (await alice.receive('BYE')).reply(200);
  await bye.response(200);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice                        p1                          p2                bob
        |--INVITE------------------>|                           |                 |
        |<--100 Trying--------------|                           |                 |
        |<--407 Proxy Authentica..--|                           |                 |
        |--ACK--------------------->|                           |                 |
        |--INVITE------------------>|                           |                 |
        |<--100 Trying--------------|                           |                 |
        |                           |--INVITE------------------>|                 |
        |                           |<--100 Trying--------------|                 |
        |                           |<--407 Proxy Authentica..--|                 |
        |                           |--ACK--------------------->|                 |
        |<--407 Proxy Authentica..--|                           |                 |
        |--ACK--------------------->|                           |                 |
        |--INVITE------------------>|                           |                 |
        |<--100 Trying--------------|                           |                 |
        |                           |--INVITE------------------>|                 |
        |                           |<--100 Trying--------------|                 |
        |                           |                           |--INVITE-------->|
        |                           |                           |<--200 OK--------|
        |                           |<--200 OK------------------|                 |
        |<--200 OK------------------|                           |                 |
        |--ACK--------------------->|                           |                 |
        |                           |--ACK--------------------->|                 |
        |                           |                           |--ACK----------->|
        |                           |                           |<--BYE-----------|
        |                           |<--BYE---------------------|                 |
        |<--BYE---------------------|                           |                 |
        |--200 OK (BYE)------------>|                           |                 |
        |                           |--200 OK (BYE)------------>|                 |
        |                           |                           |--200 OK (BYE)-->|"
  `);
  await ends();
});

test('RFC 3665 §3.4 a proxy that does not answer: the caller goes to the other one', async () => {
  const { alice, bob, world, ladder, ends } = await trapezoid();
  const dead = alice.invite('sip:bob@p2', { via: '10.0.0.77', body: ALICE });
  await world.run(31_900);
  expect(dead.last).toBeUndefined();
  const invite = alice.invite('sip:bob@p2', { via: 'p1', body: ALICE });
  const offered = await bob.receive('INVITE');
  offered.reply(200, { body: BOB });
  await invite.response(200);
  invite.ack();
  await offered.ack();
  const bye = offered.bye();
  (await alice.receive('BYE')).reply(200);
  await bye.response(200);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice              p1                p2                bob
        |--INVITE-------->|                 |                 |
        |<--100 Trying----|                 |                 |
        |                 |--INVITE-------->|                 |
        |                 |<--100 Trying----|                 |
        |                 |                 |--INVITE-------->|
        |                 |                 |<--200 OK--------|
        |                 |<--200 OK--------|                 |
        |<--200 OK--------|                 |                 |
        |--ACK----------->|                 |                 |
        |                 |--ACK----------->|                 |
        |                 |                 |--ACK----------->|
        |                 |                 |<--BYE-----------|
        |                 |<--BYE-----------|                 |
        |<--BYE-----------|                 |                 |
        |--200 OK (BYE)-->|                 |                 |
        |                 |--200 OK (BYE)-->|                 |
        |                 |                 |--200 OK (BYE)-->|"
  `);
  await ends();
});

/** §3.5: what an application layer gateway does with the offer. */
@siplet({ name: 'gateway' })
class Gateway {
  @Invite()
  invite(request: SipRequest) {
    request.setBody(request.text.replace('10.0.0.1', '192.0.2.1'), 'application/sdp');
    request.proxy({ recordRoute: true }).proxyTo(request.uri);
  }
}

test('RFC 3665 §3.5 session through a SIP ALG, which changes the offer on its way', async () => {
  const { alice, bob, call, ladder, ends } = await trapezoid(Gateway);
  const invite = call();
  const offered = await bob.receive('INVITE');
  expect(offered.body).toContain('192.0.2.1');
  offered.reply(200, { body: BOB });
  await invite.response(200);
  invite.ack();
  await offered.ack();
  const bye = offered.bye();
  (await alice.receive('BYE')).reply(200);
  await bye.response(200);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice              p1                p2                bob
        |--INVITE-------->|                 |                 |
        |<--100 Trying----|                 |                 |
        |                 |--INVITE-------->|                 |
        |                 |<--100 Trying----|                 |
        |                 |                 |--INVITE-------->|
        |                 |                 |<--200 OK--------|
        |                 |<--200 OK--------|                 |
        |<--200 OK--------|                 |                 |
        |--ACK----------->|                 |                 |
        |                 |--ACK----------->|                 |
        |                 |                 |--ACK----------->|
        |                 |                 |<--BYE-----------|
        |                 |<--BYE-----------|                 |
        |<--BYE-----------|                 |                 |
        |--200 OK (BYE)-->|                 |                 |
        |                 |--200 OK (BYE)-->|                 |
        |                 |                 |--200 OK (BYE)-->|"
  `);
  await ends();
});

@siplet({ name: 'redirecting' })
class Redirecting {
  @Invite()
  invite(request: SipRequest) {
    const moved = request.createResponse(302);
    moved.headers.set('Contact', '<sip:bob@10.0.0.2>');
    moved.send();
  }
}

test('RFC 3665 §3.6 session via redirect and proxy servers with SDP in the ACK', async () => {
  const { alice, bob, call, ladder, ends } = await trapezoid(Outbound, Redirecting);
  const invite = call({ body: '' });
  const offered = await bob.receive('INVITE');
  expect(offered.body).toBe('');
  offered.reply(180);
  offered.reply(200, { body: BOB });
  await invite.response(200);
  invite.ack({ body: ALICE });
  expect((await offered.ack()).body).toBe(ALICE);
  const bye = offered.bye();
  (await alice.receive('BYE')).reply(200);
  await bye.response(200);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice              p1                         p2              bob
        |--INVITE-------->|                          |               |
        |<--100 Trying----|                          |               |
        |                 |--INVITE----------------->|               |
        |                 |<--100 Trying-------------|               |
        |                 |<--302 Moved Temporarily--|               |
        |                 |--ACK-------------------->|               |
        |                 |--INVITE--------------------------------->|
        |                 |<--180 Ringing----------------------------|
        |                 |<--200 OK---------------------------------|
        |<--180 Ringing---|                          |               |
        |<--200 OK--------|                          |               |
        |--ACK----------->|                          |               |
        |                 |--ACK------------------------------------>|
        |                 |<--BYE------------------------------------|
        |<--BYE-----------|                          |               |
        |--200 OK (BYE)-->|                          |               |
        |                 |--200 OK (BYE)--------------------------->|"
  `);
  await ends();
});

test('RFC 3665 §3.7 session with re-INVITE: the address of the callee changes', async () => {
  const { alice, bob, call, ladder, ends } = await trapezoid();
  const invite = call();
  const offered = await bob.receive('INVITE');
  offered.reply(200, { body: BOB });
  await invite.response(200);
  invite.ack();
  await offered.ack();
  const again = offered.dialog.request('INVITE', { body: BOB.replace('10.0.0.2', '10.0.0.22') });
  const changed = await alice.receive('INVITE');
  changed.reply(200, { body: ALICE });
  await again.response(200);
  again.ack();
  await changed.ack();
  const bye = invite.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice              p1                p2                bob
        |--INVITE-------->|                 |                 |
        |<--100 Trying----|                 |                 |
        |                 |--INVITE-------->|                 |
        |                 |<--100 Trying----|                 |
        |                 |                 |--INVITE-------->|
        |                 |                 |<--200 OK--------|
        |                 |<--200 OK--------|                 |
        |<--200 OK--------|                 |                 |
        |--ACK----------->|                 |                 |
        |                 |--ACK----------->|                 |
        |                 |                 |--ACK----------->|
        |                 |                 |<--INVITE--------|
        |                 |                 |--100 Trying---->|
        |                 |<--INVITE--------|                 |
        |                 |--100 Trying---->|                 |
        |<--INVITE--------|                 |                 |
        |--200 OK-------->|                 |                 |
        |                 |--200 OK-------->|                 |
        |                 |                 |--200 OK-------->|
        |                 |                 |<--ACK-----------|
        |                 |<--ACK-----------|                 |
        |<--ACK-----------|                 |                 |
        |--BYE----------->|                 |                 |
        |                 |--BYE----------->|                 |
        |                 |                 |--BYE----------->|
        |                 |                 |<--200 OK (BYE)--|
        |                 |<--200 OK (BYE)--|                 |
        |<--200 OK (BYE)--|                 |                 |"
  `);
  await ends();
});

test('RFC 3665 §3.8 unsuccessful, no answer: the caller gives up', async () => {
  const { bob, call, ladder, ends } = await trapezoid();
  const invite = call();
  const offered = await bob.receive('INVITE');
  offered.reply(180);
  await invite.response(180);
  const cancel = invite.cancel();
  await cancel.response(200);
  (await bob.receive('CANCEL')).reply(200);
  offered.reply(487);
  await invite.response(487);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice                        p1                          p2                          bob
        |--INVITE------------------>|                           |                           |
        |<--100 Trying--------------|                           |                           |
        |                           |--INVITE------------------>|                           |
        |                           |<--100 Trying--------------|                           |
        |                           |                           |--INVITE------------------>|
        |                           |                           |<--180 Ringing-------------|
        |                           |<--180 Ringing-------------|                           |
        |<--180 Ringing-------------|                           |                           |
        |--CANCEL------------------>|                           |                           |
        |<--200 OK (CANCEL)---------|                           |                           |
        |                           |--CANCEL------------------>|                           |
        |                           |<--200 OK (CANCEL)---------|                           |
        |                           |                           |--CANCEL------------------>|
        |                           |                           |<--200 OK (CANCEL)---------|
        |                           |                           |<--487 Request Terminated--|
        |                           |                           |--ACK--------------------->|
        |                           |<--487 Request Terminated--|                           |
        |                           |--ACK--------------------->|                           |
        |<--487 Request Terminated--|                           |                           |
        |--ACK--------------------->|                           |                           |"
  `);
  await ends();
});

test('RFC 3665 §3.9 unsuccessful, busy', async () => {
  const { bob, call, ladder, ends } = await trapezoid();
  const invite = call();
  (await bob.receive('INVITE')).reply(486);
  await invite.response(486);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice               p1                 p2                 bob
        |--INVITE--------->|                  |                  |
        |<--100 Trying-----|                  |                  |
        |                  |--INVITE--------->|                  |
        |                  |<--100 Trying-----|                  |
        |                  |                  |--INVITE--------->|
        |                  |                  |<--486 Busy Here--|
        |                  |                  |--ACK------------>|
        |                  |<--486 Busy Here--|                  |
        |                  |--ACK------------>|                  |
        |<--486 Busy Here--|                  |                  |
        |--ACK------------>|                  |                  |"
  `);
  await ends();
});

test('RFC 3665 §3.11 unsuccessful, temporarily unavailable', async () => {
  const { bob, call, ladder, ends } = await trapezoid();
  const invite = call();
  const offered = await bob.receive('INVITE');
  offered.reply(180);
  offered.reply(480);
  await invite.response(480);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice                        p1                          p2                          bob
        |--INVITE------------------>|                           |                           |
        |<--100 Trying--------------|                           |                           |
        |                           |--INVITE------------------>|                           |
        |                           |<--100 Trying--------------|                           |
        |                           |                           |--INVITE------------------>|
        |                           |                           |<--180 Ringing-------------|
        |                           |                           |<--480 Temporarily Unav..--|
        |                           |<--180 Ringing-------------|                           |
        |                           |                           |--ACK--------------------->|
        |                           |<--480 Temporarily Unav..--|                           |
        |<--180 Ringing-------------|                           |                           |
        |                           |--ACK--------------------->|                           |
        |<--480 Temporarily Unav..--|                           |                           |
        |--ACK--------------------->|                           |                           |"
  `);
  await ends();
});

test('RFC 3665 §3.10 unsuccessful, no response from the user agent', async () => {
  const { call, ladder, ends, bob } = await trapezoid();
  const invite = call();
  await bob.receive('INVITE');
  await invite.response(408);
  expect(ladder()).toMatchInlineSnapshot(`
    "  alice                     p1                       p2              bob
        |--INVITE--------------->|                        |               |
        |<--100 Trying-----------|                        |               |
        |                        |--INVITE--------------->|               |
        |                        |<--100 Trying-----------|               |
        |                        |                        |--INVITE------>|
        |                        |                        |--INVITE #2--->|
        |                        |                        |--INVITE #3--->|
        |                        |                        |--INVITE #4--->|
        |                        |                        |--INVITE #5--->|
        |                        |                        |--INVITE #6--->|
        |                        |                        |--INVITE #7--->|
        |                        |<--408 Request Timeout--|               |
        |                        |--ACK------------------>|               |
        |<--408 Request Timeout--|                        |               |
        |--ACK------------------>|                        |               |"
  `);
  await ends();
});
