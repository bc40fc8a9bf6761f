// RULES.md section 3: `provisionalTimeout` of a bridge gives up a callee that has made no progress by then.
import { CallFailedError, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { thrown } from '../world/script.js';
import { BOB, CAROL } from '../world/stage.js';
import { bridging } from './bridging.js';

/** Bob, who may be silent for 4 s; then Carol. */
async function failover(request: SipRequest): Promise<void> {
  const b2bua = request.b2bua();
  try {
    await b2bua.bridge({ to: BOB, provisionalTimeout: '4s', timeout: '20s' });
  } catch (error) {
    if (!(error instanceof CallFailedError) || error.status !== 408 || request.isCommitted) throw error;
    await b2bua.bridge({ to: CAROL });
  }
}

test('RULES.md section 3 provisionalTimeout: a callee without progress has failed with 408, and is cancelled', async () => {
  const s = await bridging(failover);
  s.bob.answerCancel = s.bob.autoTrying = true;
  const call = s.call();
  await s.bob.receive('INVITE');
  const invite = await s.carol.receive('INVITE');
  expect(Math.trunc(s.world.clock.now() / 1000)).toBe(4);
  invite.reply(486);
  await call.response(486);
  expect(s.bob.received.map(({ message }) => message.startLine.split(' ')[0])).toEqual(['INVITE', 'CANCEL', 'ACK']);
  await s.over();
});

test('RULES.md section 3 provisionalTimeout: a callee that rings may ring until `timeout`', async () => {
  const s = await bridging(failover);
  s.bob.answerCancel = true;
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(180);
  await call.response(180);
  const invite = await s.carol.receive('INVITE');
  expect(Math.trunc(s.world.clock.now() / 1000)).toBe(20);
  invite.reply(486);
  await call.response(486);
  await s.over();
});

test('RULES.md section 3 provisionalTimeout: an answer without a 1xx before it ends the wait, too', async () => {
  const s = await bridging(failover);
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  await s.world.run(10_000);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.over();
});

test('RULES.md section 1 a provisionalTimeout of a bridge that is written as a number below 1000 is refused', async () => {
  const s = await bridging(async (request) => {
    expect(thrown(() => request.b2bua().bridge({ to: BOB, provisionalTimeout: 4 }))).toEqual(
      new RangeError("the provisionalTimeout of a bridge: 4 means 4 milliseconds; write '4s' for seconds, or '4ms'"),
    );
    request.createResponse(486).send();
  });
  await s.call().response(486);
  await s.over();
});
