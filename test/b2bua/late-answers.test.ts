// A 2xx that comes when its call is over (§13.2.2.4, RFC 6026 §7.2): it gets an ACK, and the dialog that it makes a BYE
// that its peer takes.
import { expect, test } from 'vitest';
import { bridging } from './bridging.js';
import { ALICE, BOB } from './legs.js';

test('E-04, §12.2.1.1 the BYE to a fork that answers late has a number above that of its PRACK', async () => {
  const on = await bridging();
  const call = on.alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await on.bob.receive('INVITE');
  invite.reply(183, { toTag: 'one', headers: { Require: '100rel', RSeq: '1' } });
  const prack = await on.bob.receive('PRACK');
  prack.reply(200);
  await call.response(183);
  call.cancel();
  (await on.bob.receive('CANCEL')).reply(200);
  invite.reply(200, { toTag: 'two', body: BOB });
  (await on.bob.receive('BYE')).reply(200);
  await call.response(487);
  invite.reply(200, { toTag: 'one', body: BOB });
  const bye = await on.bob.receive('BYE');
  bye.reply(200);
  expect(bye.message.toTag).toBe('one');
  expect(bye.message.sequence).toBeGreaterThan(prack.message.sequence);
  await on.over();
});
