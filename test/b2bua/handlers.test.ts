// What the application sees of a bridge, and the helper of JSR 289: handlers first, changes, its own answers; linked
// sessions and requests (§14).
import {
  Ack,
  type Bridge,
  Bye,
  Info,
  Invite,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
  Status,
  Subsequent,
  SuccessResponse,
} from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { stage } from '../world/stage.js';
import { Bridging, bridging, doesAsTold, tell } from './bridging.js';
import { ALICE, BOB, talking } from './legs.js';

const seen: string[] = [];

@Siplet({ name: 'watching' })
class Watching {
  @Invite()
  call(request: SipRequest): unknown {
    return doesAsTold(request);
  }

  @Subsequent()
  request(request: SipRequest) {
    seen.push(request.method);
    if (request.method === 'MESSAGE') return request.createResponse(415).send();
    if (request.method === 'PUBLISH') throw new Error('no');
    if (request.method !== 'ACK') {
      request.headers.set('X-Seen', 'yes');
      request.setBody('changed', 'text/plain');
    }
  }

  @Ack()
  ack(request: SipRequest) {
    seen.push('ACK');
    request.headers.set('X-Seen', 'yes');
  }

  @Bye()
  bye(request: SipRequest) {
    seen.push(`BYE ${request.session.state}`);
    request.headers.set('X-Seen', 'yes');
  }

  @ProvisionalResponse()
  ringing(response: SipResponse) {
    seen.push(`${response.status} ${response.method}`);
    response.headers.set('X-Seen', 'yes');
  }

  @SuccessResponse()
  answered(response: SipResponse) {
    seen.push(`${response.status} ${response.method}`);
    response.headers.set('X-Seen', 'yes');
    if (response.method === 'OPTIONS') throw new Error('not this one');
  }

  @Status([400, 699] as never, 'INFO')
  refused(response: SipResponse) {
    seen.push(`${response.status} ${response.method}`);
  }
}

test('handlers see each message first and may change it; what they answer is not relayed; a failing one changes nothing (C-41)', async () => {
  seen.length = 0;
  const { alice, bob, over } = await bridging(undefined, Watching);
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  expect((await call.response(180)).header('X-Seen')).toBe('yes');
  invite.reply(200, { body: BOB });
  expect((await call.response(200)).header('X-Seen')).toBe('yes');
  call.ack();
  expect((await invite.ack()).header('X-Seen')).toBe('yes');

  const info = call.dialog.request('INFO', { body: 'original', contentType: 'text/plain' });
  const relayed = await bob.receive('INFO');
  expect([relayed.header('X-Seen'), relayed.body]).toEqual(['yes', 'changed']);
  relayed.reply(488);
  await info.response(488);

  await call.dialog.request('MESSAGE').response(415);
  await call.dialog.request('PUBLISH').response(500);
  const options = call.dialog.request('OPTIONS');
  (await bob.receive('OPTIONS')).reply(200, { headers: { 'X-Seen': 'before' } });
  expect((await options.response(200)).header('X-Seen')).toBe('before');

  const bye = call.bye();
  const hangup = await bob.receive('BYE');
  expect(hangup.header('X-Seen')).toBe('yes');
  hangup.reply(200);
  await bye.response(200);
  expect(seen).toEqual([
    '180 INVITE',
    '200 INVITE',
    'ACK',
    'INFO',
    '488 INFO',
    'MESSAGE',
    'PUBLISH',
    'OPTIONS',
    '200 OPTIONS',
    'BYE terminated',
  ]);
  await over(['Watching.request failed: no', 'Watching.answered failed: not this one']);
});

@Siplet({ name: 'keeping' })
class Keeping {
  @Invite()
  call(request: SipRequest): unknown {
    return doesAsTold(request);
  }

  @Bye()
  bye(request: SipRequest) {
    request.createResponse(200).send();
  }
}

test('a BYE that the application answers itself ends one leg; the other is its own to end', async () => {
  let bridge: Bridge | undefined;
  let over = false;
  const on = await bridging(async (request) => {
    bridge = await request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' });
    void bridge.ended.then(() => {
      over = true;
    });
  }, Keeping);
  const { call } = await talking(on);
  await call.bye().response(200);
  await on.world.run(1000);
  expect([over, present(bridge).caller.state, present(bridge).callee.state]).toEqual([
    false,
    'terminated',
    'confirmed',
  ]);
  const ended = present(bridge).terminate();
  (await on.bob.receive('BYE')).reply(200);
  await on.world.complete(ended);
  expect(over).toBe(true);
  await on.over();
});

@Siplet({ name: 'helping' })
class Helping {
  @Invite()
  async call(request: SipRequest) {
    const b2bua = request.b2bua();
    const second = b2bua.createRequest({ to: 'sip:bob@10.0.0.2', headers: { 'X-Leg': '2' } });
    seen.push(String(b2bua.pending(request.session).length));
    seen.push(String(b2bua.linkedSession(request.session)?.id === second.session.id));
    seen.push(String(b2bua.linkedRequest(second)?.session.id === request.session.id));
    const answer = await second.send({
      onProvisional: (response) => {
        b2bua.createResponseToOriginal(request.session, response.status).send();
      },
    });
    const response = b2bua.createResponseToOriginal(request.session, answer.status, answer.reason);
    response.setBody(answer.body, answer.contentType ?? 'text/plain');
    response.send();
    if (answer.status < 300) await answer.createAck().send();
    seen.push(String(b2bua.pending(request.session).length));
  }

  @Info()
  async info(request: SipRequest) {
    const b2bua = request.b2bua();
    const other = present(b2bua.linkedSession(request.session));
    const relayed = b2bua.createRequest(other, request, { headers: { 'X-Leg': 'other' } });
    const answer = await relayed.send();
    const original = present(b2bua.linkedRequest(answer));
    original.createResponse(answer.status).send();
  }

  @Bye()
  async bye(request: SipRequest) {
    request.createResponse(200).send();
    const b2bua = request.b2bua();
    const other = present(b2bua.linkedSession(request.session));
    b2bua.unlink(request.session);
    seen.push(String(b2bua.linkedSession(other)));
    await b2bua.createRequest(other, request).send();
  }
}

test('CNT-34 JSR 289 §14 the helper: requests of the other leg, linked sessions and requests, INFO both ways', async () => {
  seen.length = 0;
  const on = await stage(Helping);
  const { alice, bob } = on;
  const { alice: left, bob: right, invite } = await talking(on);
  expect(invite.message.header('X-Leg')).toBe('2');
  for (const [from, to] of [
    [left, bob],
    [right, alice],
  ] as const) {
    const info = from.request('INFO', { body: 'x', contentType: 'text/plain' });
    const relayed = await to.receive('INFO');
    expect([relayed.header('X-Leg'), relayed.body]).toEqual(['other', 'x']);
    relayed.reply(202);
    await info.response(202);
  }
  const bye = left.bye({ headers: { Reason: 'Q.850;cause=16' } });
  const relayed = await bob.receive('BYE');
  expect(relayed.header('Reason')).toBe('Q.850;cause=16');
  relayed.reply(200);
  await bye.response(200);
  expect(seen).toEqual(['1', 'true', 'true', '0', 'undefined']);
  await on.ends();
});

test('JSR 289 §14 link() refuses a session that is linked elsewhere, or has ended', async () => {
  const errors: string[] = [];
  const on = await bridging((request) => {
    const b2bua = request.b2bua();
    const second = b2bua.createRequest({ to: 'sip:bob@10.0.0.2' });
    const third = b2bua.createRequest({ to: 'sip:carol@10.0.0.3' });
    errors.push(String(b2bua.linkedSession(second.session)));
    try {
      b2bua.link(request.session, second.session);
    } catch (error) {
      errors.push((error as Error).message.replace(/of \S+ is/, 'of … is'));
    }
    b2bua.unlink(request.session);
    b2bua.link(request.session, second.session);
    errors.push(
      String(b2bua.linkedSession(third.session)),
      String(b2bua.linkedSession(second.session) === request.session),
    );
    third.session.invalidate();
    second.session.invalidate();
    try {
      b2bua.link(request.session, third.session);
    } catch (error) {
      errors.push((error as Error).message.replace(/of \S+ has/, 'of … has'));
    }
    request.createResponse(480).send();
  });
  await on.alice.invite('sip:bob@siplet').response(480);
  expect(errors).toEqual([
    'undefined',
    'link: the session of … is linked with another',
    'undefined',
    'true',
    'link: the session of … has ended',
  ]);
  await on.over();
});

@Siplet({ name: 'second' })
class Second {
  @Invite()
  call(request: SipRequest) {
    return request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' });
  }
}

@Siplet({ name: 'next' })
class Next {
  @Invite()
  call(request: SipRequest) {
    seen.push(`next ${request.uri} ${request.maxForwards}`);
    request.proxy().proxyTo('sip:carol@10.0.0.3');
  }
}

test('RULES.md section 5: the second leg goes to the next application in the order, in the same process', async () => {
  seen.length = 0;
  tell((request) => request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' }));
  const { alice, carol, ends } = await stage({ a: { Bridging }, b: { Next } });
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  (await carol.receive('INVITE')).reply(486);
  await call.response(486);
  await ends();
  expect(seen).toEqual(['next sip:bob@10.0.0.2 69']);
});

test('RULES.md section 5: two bridges in a row, in one process: requests in the dialog and BYE walk the same path', async () => {
  tell((request) => request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' }));
  const { world, alice, bob, ends } = await stage({ a: { Bridging }, b: { Bridging: Second } });
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  expect(invite.header('Max-Forwards')).toBe('68');
  invite.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await invite.ack();
  const again = invite.dialog.request('INVITE', { body: BOB.replace('bob 1 1', 'bob 1 2') });
  const relayed = await alice.receive('INVITE');
  relayed.reply(200, { body: ALICE });
  await again.response(200);
  again.ack();
  await relayed.ack();
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice            siplet              bob
        |--INVITE-------->|                 |
        |<--100 Trying----|                 |
        |                 |--INVITE-------->|
        |                 |<--200 OK--------|
        |<--200 OK--------|                 |
        |--ACK----------->|                 |
        |                 |--ACK----------->|
        |                 |<--INVITE--------|
        |                 |--100 Trying---->|
        |<--INVITE--------|                 |
        |--200 OK-------->|                 |
        |                 |--200 OK-------->|
        |                 |<--ACK-----------|
        |<--ACK-----------|                 |
        |--BYE----------->|                 |
        |<--200 OK (BYE)--|                 |
        |                 |--BYE----------->|
        |                 |<--200 OK (BYE)--|"
  `);
  await ends();
});

test('D-2 a bridge stays with the version that made it, which drains until both legs have ended', async () => {
  const on = await bridging();
  const { container, bob } = on;
  const legs = await talking(on);
  const [first] = container.active;
  await on.world.complete(container.deploy('agent', { Bridging }) as Promise<unknown>);
  expect(container.engine.sessions.countOf(present(first))).toBe(1);
  const info = legs.alice.request('INFO');
  (await bob.receive('INFO')).reply(200);
  await info.response(200);
  const bye = legs.alice.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.over();
  expect(container.engine.sessions.countOf(present(first))).toBe(0);
});
