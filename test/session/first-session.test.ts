// E-05: the session of the request that was proxied, when branches fail (JSR 289 §6.2.1, §6.2.3.2), and what throws.
import { IllegalStateError, type ProxyOptions, type SipRequest, type SipSession } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { Phone } from '../world/phone.js';
import { type Script, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL } from '../world/stage.js';

let request: SipRequest | undefined;
let answered: SipSession | undefined;

async function searching(options: ProxyOptions, targets: readonly string[], more: Script = {}): Promise<ScriptedStage> {
  return scripted({
    invite(received) {
      request = received;
      received.proxy({ recordRoute: true, ...options }).proxyTo(targets);
    },
    success(response) {
      answered ??= response.session;
    },
    ...more,
  });
}

/** The application ends the call by the session of its request. */
async function cut(s: ScriptedStage, callee: Phone, sequence = 2): Promise<void> {
  void present(request).session.terminate();
  const [toAlice, toCallee] = [await s.alice.receive('BYE'), await callee.receive('BYE')];
  expect([toAlice.header('CSeq'), toCallee.header('CSeq')]).toEqual(['1 BYE', `${sequence} BYE`]);
  toAlice.reply(200);
  toCallee.reply(200);
  answered = undefined;
  await s.ends();
}

test('E-05 JSR 289 §6.2.1 the first phone rings and fails, the second answers: the session of the request ends the call', async () => {
  const s = await searching({ parallel: false }, [BOB, CAROL]);
  const call = s.call();
  const first = await s.bob.receive('INVITE');
  first.reply(180);
  await call.response(180);
  expect(present(request).session.state).toBe('early');
  first.reply(486);
  const second = await s.carol.receive('INVITE');
  expect(present(request).session.state).toBe('initial');
  second.reply(180);
  second.reply(200);
  await call.response(200);
  call.ack();
  await second.ack();
  expect(answered).toBe(present(request).session);
  await cut(s, s.carol);
});

test('E-05 JSR 289 §6.2.3.2 in parallel, the phone that rang first fails, the other has rung and answers', async () => {
  const s = await searching({}, [BOB, CAROL]);
  const call = s.call();
  const [first, second] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
  first.reply(180);
  await call.response(180);
  second.reply(180);
  await call.response(180);
  first.reply(486);
  await s.world.run(100);
  second.reply(200);
  await call.response(200);
  call.ack();
  await second.ack();
  await s.world.run(40_000);
  await cut(s, s.carol);
});

test('E-05 §16.7 step 10 in parallel, the phone that rang second answers while the first still rings', async () => {
  const s = await searching({}, [BOB, CAROL]);
  s.bob.answerCancel = true;
  const call = s.call();
  const [first, second] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
  first.reply(180);
  await call.response(180);
  second.reply(200);
  await call.response(200);
  call.ack();
  await second.ack();
  await cut(s, s.carol);
});

test('E-05 §12.2.2 a request of the first phone that is answered after the second has rung is none of its dialog', async () => {
  const s = await searching({ parallel: false }, [BOB, CAROL]);
  const call = s.call();
  const first = await s.bob.receive('INVITE');
  first.reply(180);
  await call.response(180);
  first.dialog.request('UPDATE');
  const update = await s.alice.receive('UPDATE');
  const bye = first.dialog.request('BYE');
  const gone = await s.alice.receive('BYE');
  first.reply(486);
  const second = await s.carol.receive('INVITE');
  second.reply(180, { toTag: 'second' });
  await call.response(180);
  update.reply(200);
  gone.reply(200);
  await bye.response(200);
  second.reply(200, { toTag: 'second' });
  call.ack({ response: await call.response(200) });
  await second.ack();
  expect(present(answered).state).toBe('confirmed');
  void present(request).session.terminate();
  // To the Contact of the caller, not to that in the UPDATE.
  const [toAlice, toCarol] = [await s.alice.receive('BYE'), await s.carol.receive('BYE')];
  expect(toCarol.header('CSeq')).toBe('2 BYE');
  toAlice.reply(200);
  toCarol.reply(200);
  answered = undefined;
  await s.ends();
});

test('E-05 §12.2.1.1 the phone answers after its branch was given up: the BYEs go on with the numbers of its early dialog', async () => {
  const s = await searching({ parallel: false, timeout: 10_000 }, [BOB, CAROL]);
  const call = s.call();
  const first = await s.bob.receive('INVITE');
  first.reply(180, { toTag: 'late' });
  const ringing = await call.response(180);
  const dialog = call.dialogOf(ringing);
  const options = dialog.request('OPTIONS');
  (await s.bob.receive('OPTIONS')).reply(200);
  await options.response(200);
  (await s.bob.receive('CANCEL', 20_000)).reply(200);
  const second = await s.carol.receive('INVITE', 40_000);
  second.reply(100);
  first.reply(200, { toTag: 'late' });
  const success = await call.response(200);
  call.ack({ response: success });
  await first.ack();
  (await s.carol.receive('CANCEL')).reply(200);
  second.reply(487);
  void present(answered).terminate();
  const [toAlice, toBob] = [await s.alice.receive('BYE'), await s.bob.receive('BYE')];
  expect([toAlice.header('CSeq'), toBob.header('CSeq')]).toEqual(['1 BYE', '3 BYE']);
  toAlice.reply(200);
  toBob.reply(200);
  answered = undefined;
  await s.ends();
});

test('E-05 C-26 the phone rings and redirects, its target answers', async () => {
  const s = await searching({}, [BOB]);
  const call = s.call();
  const first = await s.bob.receive('INVITE');
  first.reply(180);
  first.reply(302, { headers: { Contact: `<${CAROL}>` } });
  const second = await s.carol.receive('INVITE');
  second.reply(200);
  await call.response(200);
  call.ack();
  await second.ack();
  expect(answered).toBe(present(request).session);
  await cut(s, s.carol);
});

test('E-05 C-16 every phone fails, the handler of the best response adds one that answers', async () => {
  const s = await searching({}, [BOB], { error: ({ proxy }) => present(proxy).proxyTo(CAROL) });
  const call = s.call();
  const first = await s.bob.receive('INVITE');
  for (const toTag of ['fork1', 'fork2']) first.reply(180, { toTag });
  first.reply(480);
  const second = await s.carol.receive('INVITE');
  second.reply(200);
  await call.response(200);
  call.ack();
  await second.ack();
  expect(answered).toBe(present(request).session);
  await cut(s, s.carol);
});

test('E-05 terminate() throws before anything is proxied, without Record-Route, and after the end', async () => {
  const errors: unknown[] = [];
  const end = async (session: SipSession): Promise<void> => {
    try {
      await session.terminate();
      errors.push('resolved');
    } catch (error) {
      errors.push(error);
    }
  };
  const s = await scripted({
    async invite(received) {
      request = received;
      await end(received.session);
      received.proxyTo(BOB);
    },
    async success(response) {
      await end(response.session);
      response.session.invalidateWhenReady = false;
    },
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(200);
  await call.response(200);
  call.ack();
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true]);
  present(request).applicationSession.invalidate();
  await s.ends();
});

test('E-05 JSR 289 §10.2 cancel() of a proxy or branch changes nothing when nothing is under way: it may cross with the answer', async () => {
  const errors: unknown[] = [];
  const s = await scripted({
    invite(received) {
      const proxy = received.proxy();
      errors.push(thrown(() => proxy.cancel()));
      proxy.proxyTo(BOB);
    },
    best({ proxy }) {
      errors.push(
        thrown(() => present(proxy).cancel()),
        thrown(() => present(proxy).branches[0]?.cancel()),
      );
    },
    provisional: watch,
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(486);
  await call.response(486);
  expect(errors).toEqual([undefined, undefined, undefined]);
  expect(s.bob.received.map(({ message }) => message.method)).toEqual(['INVITE', 'ACK']);
  await s.ends();
});
