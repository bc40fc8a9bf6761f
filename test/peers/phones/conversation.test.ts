// Calls between baresip and Linphone, through an application that proxies and one that bridges, over UDP and TCP.
import { expect, type TestContext, test } from 'vitest';
import type { Linphone } from './linphone.js';
import { type Phone, reaches, tells } from './phone.js';
import { Setting, WAYS, type Way } from './setting.js';

const setting = new Setting();

const CASES = WAYS.flatMap((way) => (['linphone', 'baresip'] as const).map((first) => ({ ...way, first })));

async function bothPhones(way: Way & { first: Phone['kind'] }, context: TestContext) {
  const bare = await setting.phone('baresip', way, context);
  const lin = await setting.phone('linphone', way, context);
  const [caller, callee] = way.first === 'linphone' ? [lin, bare] : [bare, lin];
  return { bare, lin, caller, callee, to: setting.dialled(way, callee) };
}

test.concurrent.for(CASES)(
  '§9 §21.4.18 $how over $transport, $first calls: a caller who gives up is heard of, and so is a callee who does not want the call',
  async (way, context) => {
    const { caller, callee, to } = await bothPhones(way, context);
    await caller.call(to);
    await reaches(caller, 'calling');
    await reaches(callee, 'ringing');
    await caller.hangUp();
    await reaches(callee, 'ended');
    await reaches(caller, 'ended');

    await caller.call(to);
    await reaches(callee, 'ringing');
    await reaches(caller, 'calling');
    await callee.refuse();
    await reaches(caller, 'ended');
    await reaches(callee, 'ended');
    const { calls, ladder } = await setting.seen(caller, callee);
    const statuses = calls.map(({ status }) => status).sort();
    expect(statuses, ladder).toEqual([487, callee.refusal].sort());
  },
);

/** Linphone and baresip hold and resume; Linphone dials a digit; baresip sends the same description again. */
async function converse(lin: Linphone, bare: Phone): Promise<void> {
  await lin.digit('5');
  await tells(bare, /CALL_DTMF_START.*"5"/);
  await lin.hold();
  await reaches(lin, 'held');
  await lin.resume();
  await reaches(lin, 'talking');
  await bare.hold();
  await reaches(lin, 'remotely held');
  await bare.resume();
  await reaches(lin, 'talking');
}

for (const end of ['caller', 'callee'] as const) {
  test.concurrent.for(CASES)(
    `§14 §15 $how over $transport, $first calls: each side holds and resumes, a digit passes in an INFO, the ${end} hangs up`,
    async (way, context) => {
      const { bare, lin, caller, callee, to } = await bothPhones(way, context);
      await caller.call(to);
      await reaches(callee, 'ringing');
      await reaches(caller, 'calling');
      await callee.answer();
      await reaches(caller, 'talking');
      await reaches(callee, 'talking');
      await converse(lin, bare);
      await (end === 'caller' ? caller : callee).hangUp();
      await reaches(caller, 'ended');
      await reaches(callee, 'ended');
      const { calls, ladder } = await setting.seen(caller, callee);
      expect(
        calls.map(({ state, status }) => `${state} ${status}`),
        ladder,
      ).toEqual(['ended 200']);
    },
  );
}

setting.afterwards();
