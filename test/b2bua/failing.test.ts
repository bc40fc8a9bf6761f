// Bridges that come to nothing: failures that are relayed, failover, timeouts, CANCEL, and what crosses with them
// (RULES.md section 3, §9, §13.2.2.4).
import { type CallFailedError, Invite, OnTimer, Siplet, type SipRequest, type SipTimer } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { bridging } from './bridging.js';
import { ALICE, BOB } from './legs.js';

const TO_BOB = { to: 'sip:bob@10.0.0.2' };
const TO_CAROL = { to: 'sip:carol@10.0.0.3' };

test('CNT-33 a failure that nobody catches goes to the caller with its reason and header fields; each leg has its own ACK', async () => {
  const { world, alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(404, { reason: 'No such Bob', headers: { 'X-Any': 'x', Warning: '399 b "gone"', 'Retry-After': '5' } });
  const response = await call.response(404);
  expect(response.startLine).toBe('SIP/2.0 404 No such Bob');
  expect(['X-Any', 'Warning', 'Retry-After', 'Contact'].map((name) => response.header(name))).toEqual([
    'x',
    '399 b "gone"',
    '5',
    undefined,
  ]);
  await world.run(100);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice               siplet                 bob
        |--INVITE----------->|                    |
        |<--100 Trying-------|                    |
        |                    |--INVITE----------->|
        |                    |<--404 No such Bob--|
        |                    |--ACK-------------->|
        |<--404 No such Bob--|                    |
        |--ACK-------------->|                    |"
  `);
  await over();
});

test('§21.3 a redirection that nobody catches keeps its Contacts, which say where somebody is', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  (await bob.receive('INVITE')).reply(302, { contact: '<sip:bob@10.0.0.77>' });
  expect((await call.response(302)).header('Contact')).toBe('<sip:bob@10.0.0.77>');
  await over();
});

test.each([
  ['is not awaited', (request: SipRequest) => void request.b2bua().bridge(TO_BOB)],
  ['is returned', (request: SipRequest) => request.b2bua().bridge(TO_BOB)],
])('a failure is relayed also when the bridge %s', async (_, does) => {
  const { alice, bob, over } = await bridging(does);
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  (await bob.receive('INVITE')).reply(486);
  await call.response(486);
  await over();
});

test('a failure that a promise of the application has left unhandled goes to the caller', async () => {
  const { world, container, alice, bob, over } = await bridging((request) => {
    // The process tells the container of every rejection that nobody handles.
    void request
      .b2bua()
      .bridge(TO_BOB)
      .then(undefined, (error: unknown) => container.engine.invocation.unhandled(error));
  });
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  (await bob.receive('INVITE')).reply(486);
  await world.run(10);
  await call.response(486);
  await over();
});

test('an application that catches the failure answers itself', async () => {
  const { alice, bob, over } = await bridging(async (request) => {
    try {
      await request.b2bua().bridge(TO_BOB);
    } catch (error) {
      const { status, response } = error as CallFailedError;
      request.createResponse(480, `${status} ${response?.reason}`).send();
    }
  });
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  (await bob.receive('INVITE')).reply(486);
  expect((await call.response(480)).startLine).toBe('SIP/2.0 480 486 Busy Here');
  await over();
});

test('failover: the next target is called in the same transaction of the caller', async () => {
  const seen: unknown[] = [];
  const { world, alice, bob, carol, over } = await bridging(async (request) => {
    const b2bua = request.b2bua();
    try {
      await b2bua.bridge(TO_BOB);
    } catch (error) {
      seen.push((error as CallFailedError).status);
      const bridge = await b2bua.bridge(TO_CAROL);
      seen.push(b2bua.linkedSession(bridge.caller)?.id === bridge.callee.id, bridge.response.status);
    }
  });
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const first = await bob.receive('INVITE');
  first.reply(180);
  first.reply(486);
  const second = await carol.receive('INVITE');
  second.reply(180);
  second.reply(200, { body: BOB });
  await call.response(200);
  const tags = call.responses.filter(({ status }) => status > 100).map(({ toTag }) => toTag);
  expect([tags.length, tags[1] === tags[2], tags[0] === tags[1]]).toEqual([3, true, false]);
  call.ack();
  await second.ack();
  const bye = call.bye();
  (await carol.receive('BYE')).reply(200);
  await bye.response(200);
  expect(seen).toEqual([486, true, 200]);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice            siplet               bob            carol
        |--INVITE-------->|                  |               |
        |<--100 Trying----|                  |               |
        |                 |--INVITE--------->|               |
        |                 |<--180 Ringing----|               |
        |                 |<--486 Busy Here--|               |
        |<--180 Ringing---|                  |               |
        |                 |--ACK------------>|               |
        |                 |--INVITE------------------------->|
        |                 |<--180 Ringing--------------------|
        |                 |<--200 OK-------------------------|
        |<--180 Ringing---|                  |               |
        |<--200 OK--------|                  |               |
        |--ACK----------->|                  |               |
        |                 |--ACK---------------------------->|
        |--BYE----------->|                  |               |
        |<--200 OK (BYE)--|                  |               |
        |                 |--BYE---------------------------->|
        |                 |<--200 OK (BYE)-------------------|"
  `);
  await over();
});

test('timeout: the call is cancelled, and the bridge fails with 408', async () => {
  const { alice, bob, over } = await bridging((request) => request.b2bua().bridge({ ...TO_BOB, timeout: '5s' }));
  bob.answerCancel = true;
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  await call.response(408);
  const cancel = present(bob.received.find(({ message }) => message.method === 'CANCEL'));
  expect(cancel.message.header('Reason')).toBe('SIP;cause=408;text="Request Timeout"');
  await over();
});

test('a 200 that crosses with the timeout is acknowledged and ended; the next target has the caller', async () => {
  const { world, alice, bob, carol, over } = await bridging(async (request) => {
    const b2bua = request.b2bua();
    try {
      await b2bua.bridge({ ...TO_BOB, timeout: '5s' });
    } catch {
      await b2bua.bridge(TO_CAROL);
    }
  });
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  const second = await carol.receive('INVITE');
  invite.reply(200, { body: BOB });
  await invite.ack();
  (await bob.receive('BYE')).reply(200);
  (await bob.receive('CANCEL')).reply(200);
  second.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await second.ack();
  const bye = call.bye();
  (await carol.receive('BYE')).reply(200);
  await bye.response(200);
  await world.run(100);
  await over();
});

test('B2B-03 §9.1 CANCEL from the caller: 487 at once, CANCEL to the callee after its first 1xx, with the Reason', async () => {
  const failed: unknown[] = [];
  const { world, alice, bob, over } = await bridging(async (request) => {
    const b2bua = request.b2bua();
    await b2bua.bridge(TO_BOB).catch((error: CallFailedError) => failed.push(error.status));
    await b2bua.bridge(TO_CAROL).catch((error: CallFailedError) => failed.push(error.status));
  });
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  call.cancel({ headers: { Reason: 'SIP;cause=200;text="elsewhere"' } });
  await call.response(487);
  await world.run(100);
  expect(bob.unread).toEqual([]);
  bob.answerCancel = true;
  invite.reply(180);
  await world.run(100);
  const cancel = present(bob.received.find(({ message }) => message.method === 'CANCEL'));
  expect(cancel.message.header('Reason')).toBe('SIP;cause=200;text="elsewhere"');
  expect(failed).toEqual([487, 487]);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                      siplet                        bob
        |--INVITE------------------>|                           |
        |<--100 Trying--------------|                           |
        |                           |--INVITE------------------>|
        |--CANCEL------------------>|                           |
        |<--200 OK (CANCEL)---------|                           |
        |<--487 Request Terminated--|                           |
        |--ACK--------------------->|                           |
        |                           |<--180 Ringing-------------|
        |                           |--CANCEL------------------>|
        |                           |<--200 OK (CANCEL)---------|
        |                           |<--487 Request Terminated--|
        |                           |--ACK--------------------->|"
  `);
  await over();
});

test('B2B-03 CANCEL against 200, the CANCEL first: the 200 is acknowledged and ended by BYE', async () => {
  const { world, alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  call.cancel();
  invite.reply(200, { body: BOB });
  await call.response(487);
  await invite.ack();
  (await bob.receive('BYE')).reply(200);
  (await bob.receive('CANCEL')).reply(200);
  await world.run(100);
  await over();
});

test('B2B-03 CANCEL against 200, the 200 first: the CANCEL changes nothing (§9.2)', async () => {
  const { world, alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await world.run(1);
  call.cancel();
  await call.response(200);
  call.ack();
  await invite.ack();
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await over();
});

test('§15.1.2 a BYE of the caller in its early dialog is as a CANCEL', async () => {
  const { world, alice, bob, over } = await bridging();
  bob.answerCancel = true;
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  (await bob.receive('INVITE')).reply(180);
  await call.response(180);
  const bye = call.bye();
  await bye.response(200);
  await call.response(487);
  await world.run(100);
  expect(bob.received.some(({ message }) => message.method === 'CANCEL')).toBe(true);
  await over();
});

test('§8.1.3.1 a callee that does not answer at all is a 408, one that cannot be reached a 503', async () => {
  const { alice, over } = await bridging(async (request) => {
    try {
      await request.b2bua().bridge({ to: 'sip:nobody@10.0.0.77' });
    } catch (error) {
      expect((error as CallFailedError).status).toBe(408);
      await request.b2bua().bridge({ to: 'sip:bob@10.0.0.2:5999;transport=tcp' });
    }
  });
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  await call.response(503);
  await over([expect.stringContaining('INVITE cannot be sent to sip:bob@10.0.0.2:5999;transport=tcp') as never]);
});

test('B2B-07 a bridge to itself is ended by Max-Forwards: 483 comes all the way back', async () => {
  const { alice, over, container } = await bridging((request) => request.b2bua().bridge({ to: 'sip:bob@10.0.0.9' }));
  const call = alice.invite('sip:bob@siplet', { body: ALICE, headers: { 'Max-Forwards': '5' } });
  await call.response(483);
  expect(container.engine.counters.initial).toBe(5);
  await over();
});

@Siplet({ name: 'late' })
class Late {
  @Invite()
  call(request: SipRequest) {
    request.applicationSession.setTimer('call', 1000);
    held = request;
  }

  @OnTimer()
  async fired(_timer: SipTimer) {
    await held.b2bua().bridge(TO_BOB);
  }
}
let held: SipRequest;

test('a failure that another handler than the request’s has left goes to the caller too', async () => {
  const { alice, bob, over } = await bridging(undefined, Late);
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  (await bob.receive('INVITE')).reply(486);
  await call.response(486);
  await over();
});

test('C-1 the B2BUA of a request cannot proxy it, its proxy cannot be its B2BUA, and nothing bridges it after the final response', async () => {
  const errors: unknown[] = [];
  const attempt = (does: () => unknown) => {
    try {
      does();
    } catch (error) {
      errors.push((error as Error).message.replace(/ \S+@alice/, ''));
    }
  };
  const { alice, bob, ends } = await bridging((request) => {
    if (request.headers.has('X-Proxy')) {
      request.proxy().proxyTo('sip:bob@10.0.0.2');
      attempt(() => request.b2bua());
      return;
    }
    request.b2bua();
    attempt(() => request.proxy());
    request.createResponse(486).send();
    attempt(() => request.b2bua().bridge(TO_BOB));
  });
  const refused = alice.invite('sip:bob@siplet', { body: ALICE });
  await refused.response(486);
  const proxied = alice.invite('sip:bob@siplet', { headers: { 'X-Proxy': '1' } });
  (await bob.receive('INVITE')).reply(404);
  await proxied.response(404);
  expect(errors).toMatchInlineSnapshot(`
    [
      "agent cannot proxy the INVITE: it is its B2BUA",
      "bridge: the INVITE has its final response",
      "agent cannot be the B2BUA of the INVITE: it proxies it",
    ]
  `);
  await ends();
});
