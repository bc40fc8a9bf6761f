// JSR 289 §14.6: a B2BUA whose outgoing INVITE forks answers its caller's INVITE once for each fork.
import { type B2bua, IllegalStateError, type SipRequest, type SipResponse } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { responsesTo } from '../world/arrivals.js';
import { type Script, type ScriptedStage, scripted, thrown } from '../world/script.js';
import { BOB } from '../world/stage.js';

interface Held {
  helper: B2bua;
  request: SipRequest;
}

/** An application that holds both legs itself; `second` is called with the 2xx of another fork. */
async function forking(second: (response: SipResponse, held: Held) => unknown, more: Script = {}) {
  const held = {} as Held;
  const s = await scripted({
    async invite(request) {
      held.helper = request.b2bua();
      held.request = request;
      const answer = await held.helper.createRequest({ to: BOB }).send();
      const own = request.createResponse(answer.status);
      own.setBody(answer.body, 'application/sdp');
      own.send();
      await answer.createAck().send();
    },
    success: (response) => second(response, held),
    ...more,
  });
  return { s, held };
}

async function answered(s: ScriptedStage) {
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(200, { toTag: 'one', body: 'v=0\r\no=one' });
  await call.response(200);
  call.ack();
  await invite.ack();
  return { call, invite };
}

test('JSR 289 §14.6 a second fork’s 2xx goes to the caller with a To tag and a session of its own', async () => {
  const sessions: unknown[] = [];
  const { s } = await forking(async (response, { helper, request }) => {
    const own = helper.createResponseToOriginal(request.session, response.status, 'Also OK');
    own.setBody(response.body, 'application/sdp');
    helper.link(own.session, response.session);
    own.send();
    sessions.push(
      own.session !== request.session,
      own.session.state,
      helper.linkedSession(own.session) === response.session,
    );
    await response.createAck().send();
  });
  const { invite } = await answered(s);
  invite.reply(200, { toTag: 'two', body: 'v=0\r\no=two' });
  await s.world.deliver();
  const [first, second] = responsesTo(s.alice, 'INVITE', 200).map(({ message }) => message);
  expect(present(second).toTag).not.toBe(present(first).toTag);
  expect([present(second).body, present(second).reason]).toEqual(['v=0\r\no=two', 'Also OK']);
  expect(present(second).header('Contact')).toBe('<sip:10.0.0.9:5060>');
  expect(sessions).toEqual([true, 'confirmed', true]);
  expect(present(second).callId).toBe(present(first).callId);
});

test('§13.3.1.4 the second 2xx is repeated until its ACK; each dialog gets its own BYE', async () => {
  const { s } = await forking(
    async (response, { helper, request }) => {
      const own = helper.createResponseToOriginal(request.session, 200);
      helper.link(own.session, response.session);
      own.send();
      await response.createAck().send();
    },
    {
      bye(request) {
        request.createResponse(200).send();
        void request.b2bua().linkedSession(request.session)?.terminate();
      },
    },
  );
  s.bob.answerBye = true;
  const { invite } = await answered(s);
  invite.reply(200, { toTag: 'two' });
  await s.world.run(1600);
  const copies = responsesTo(s.alice, 'INVITE', 200).slice(1);
  expect(copies.map(({ time }) => Math.round((time - present(copies[0]).time) / 100))).toEqual([0, 5, 15]);
  const [first, message] = responsesTo(s.alice, 'INVITE', 200).map((each) => each.message);
  const dialog = (answer = present(message)) => ({
    via: 'siplet',
    callId: answer.callId,
    fromTag: '',
    from: present(answer.header('From')),
    to: present(answer.header('To')),
  });
  s.alice.request('ACK', 'sip:10.0.0.9:5060', { ...dialog(), sequence: 1 });
  await s.world.run(5000);
  expect(responsesTo(s.alice, 'INVITE', 200)).toHaveLength(4);
  await s.alice.request('BYE', 'sip:10.0.0.9:5060', { ...dialog(), sequence: 2 }).response(200);
  await s.world.deliver();
  const byes = () => s.bob.received.filter((each) => each.message.method === 'BYE' && each.message.isRequest);
  expect(byes().map((each) => each.message.toTag)).toEqual(['two']);
  await s.alice.request('BYE', 'sip:10.0.0.9:5060', { ...dialog(first), sequence: 2 }).response(200);
  await s.world.deliver();
  expect(byes().map((each) => each.message.toTag)).toEqual(['two', 'one']);
  await s.ends();
});

test('RULES.md section 3 before the first final response it answers in the session itself', async () => {
  const s = await scripted({
    invite(request) {
      const helper = request.b2bua();
      const own = helper.createResponseToOriginal(request.session, 486, 'Not now');
      expect(own.session).toBe(request.session);
      own.send();
    },
  });
  expect((await s.call().response(486)).reason).toBe('Not now');
  await s.ends();
});

test.each([180, 486])('RFC 6026 after a 2xx nothing but another 2xx can follow: %i throws', async (status) => {
  let error: unknown;
  const { s } = await forking(async (response, { helper, request }) => {
    error = thrown(() => helper.createResponseToOriginal(request.session, status));
    void response;
  });
  s.bob.answerBye = true;
  const { call, invite } = await answered(s);
  invite.reply(200, { toTag: 'two' });
  await s.world.deliver();
  expect(error).toBeInstanceOf(IllegalStateError);
  expect(String(error)).toContain('only further 2xx can follow');
  await call.bye().response(200);
});

test('RFC 6026 once the transaction has ended, no response can follow', async () => {
  const errors: unknown[] = [];
  const kept: SipResponse[] = [];
  const { s, held } = await forking(() => {}, {
    info(request) {
      errors.push(thrown(() => held.helper.createResponseToOriginal(held.request.session, 200)));
      errors.push(thrown(() => present(kept[0]).send()));
      request.createResponse(200).send();
    },
  });
  const { call } = await answered(s);
  kept.push(held.helper.createResponseToOriginal(held.request.session, 200));
  await s.world.run(40_000);
  await call.dialog.request('INFO').response(200);
  expect(errors.map(String)).toEqual([
    expect.stringContaining('has no initial request that can be answered'),
    expect.stringContaining('comes too late: its transaction has ended'),
  ]);
});

/** JSR 289 §14.6's example: whatever comes from a fork goes to the caller in that fork's dialog. */
async function passing() {
  const held: { helper?: B2bua; request?: SipRequest } = {};
  const pass = async (response: SipResponse) => {
    const helper = response.request.b2bua();
    const own = helper.createResponseToOriginal(response.session, response.status, response.reason);
    if (response.contentType) own.setBody(response.body, response.contentType);
    own.send();
    if (response.status >= 200 && response.status < 300) await response.createAck().send();
  };
  const s = await scripted({
    invite(request) {
      held.request = request;
      held.helper = request.b2bua();
      void held.helper.createRequest({ to: BOB }).send();
    },
    provisional: pass,
    success: (response) => (response.method === 'INVITE' ? pass(response) : undefined),
    best: pass,
    bye(request) {
      request.createResponse(200).send();
      void request.b2bua().linkedSession(request.session)?.terminate();
    },
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  return { s, call, invite };
}

test('W-08 JSR 289 §14.6 the 1xx of a second fork has a To tag of its own, and so has its 2xx', async () => {
  const { s, call, invite } = await passing();
  invite.reply(180, { toTag: 'one' });
  const one = await call.response(180);
  invite.reply(180, { toTag: 'two' });
  const two = await call.response(180);
  expect(one.toTag).not.toBe(two.toTag);
  invite.reply(200, { toTag: 'two', body: 'v=0\r\no=two' });
  const ok = await call.response(200);
  expect([ok.toTag, ok.body]).toEqual([two.toTag, 'v=0\r\no=two']);
  call.ack({ response: ok });
  await invite.ack();
  const bye = call.dialogOf(ok).bye();
  await bye.response(200);
  const relayed = await s.bob.receive('BYE');
  expect(relayed.message.toTag).toBe('two');
  relayed.reply(200);
  await s.ends();
});

test('W-08 JSR 289 §14.6 both forks answer after they have rung: each 2xx is in the dialog of its 1xx', async () => {
  const { s, call, invite } = await passing();
  s.bob.answerBye = true;
  const tags: Record<string, string | undefined> = {};
  for (const toTag of ['one', 'two']) {
    invite.reply(180, { toTag });
    tags[toTag] = (await call.response(180)).toTag;
  }
  for (const toTag of ['one', 'two']) {
    invite.reply(200, { toTag });
    const ok = await call.response(200);
    expect(ok.toTag).toBe(tags[toTag]);
    call.ack({ response: ok });
    expect((await invite.ack()).message.toTag).toBe(toTag);
    await call.dialogOf(ok).bye().response(200);
  }
  await s.ends();
});

test('W-08 JSR 289 §14.6 the failure of all forks goes to the caller once, and ends its dialogs', async () => {
  const { s, call, invite } = await passing();
  for (const toTag of ['one', 'two']) {
    invite.reply(180, { toTag });
    await call.response(180);
  }
  invite.reply(486, { toTag: 'two' });
  await call.response(486);
  await s.ends();
});
