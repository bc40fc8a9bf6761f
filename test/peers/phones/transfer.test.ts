// Transfers (RFC 3515, RFC 3891, RFC 5589) between baresip and Linphone, through an application that proxies and one
// that bridges, over UDP and TCP. Debian's baresip knows no Replaces and writes what Refer-To says of it into the
// Request-URI: attended transfers are Linphone's alone.
import { expect, type TestContext, test } from 'vitest';
import { type Phone, reaches, until } from './phone.js';
import { Setting, toldOfTransfer, WAYS, type Way } from './setting.js';

const setting = new Setting();

const KINDS = ['linphone', 'baresip'] as const;
const other = (kind: Phone['kind']): Phone['kind'] => (kind === 'linphone' ? 'baresip' : 'linphone');

/** `from` calls `to`, who answers. */
async function call(from: Phone, to: Phone, way: Way): Promise<void> {
  await from.call(setting.dialled(way, to));
  await reaches(to, 'ringing');
  await to.answer();
  await reaches(from, 'talking');
  await reaches(to, 'talking');
  await setting.acknowledged(from);
}

const CASES = WAYS.flatMap((way) =>
  KINDS.flatMap((transferor) => (['caller', 'callee'] as const).map((role) => ({ ...way, transferor, role }))),
);
type Case = (typeof CASES)[number];

/** Two phones that talk, and a third. */
async function threePhones(way: Case, target: Phone['kind'], context: TestContext) {
  const transferor = await setting.phone(way.transferor, way, context);
  const transferee = await setting.phone(other(way.transferor), way, context);
  const third = await setting.phone(target, way, context);
  const [caller, callee] = way.role === 'caller' ? [transferor, transferee] : [transferee, transferor];
  await call(caller, callee, way);
  return { transferor, transferee, third };
}

test.concurrent.for(CASES)(
  'E-17 RFC 3515 §2.4.6 $how over $transport, $transferor as $role transfers blindly: the target is reached, and the transferor told so',
  async (way, context) => {
    const { transferor, transferee, third } = await threePhones(way, other(way.transferor), context);
    await transferor.transfer(setting.dialled(way, third));
    await reaches(third, 'ringing');
    await third.answer();
    await reaches(third, 'talking');
    await reaches(transferor, 'ended');
    await reaches(transferee, 'talking');
    const { messages, ladder } = await setting.seen(transferor);
    expect(toldOfTransfer(messages).at(-1), ladder).toMatch(/^refer(;id=own)? 200$/);
    await third.hangUp();
    await reaches(transferee, 'ended');
    await reaches(third, 'ended');
  },
);

test.concurrent.for(CASES)(
  'RFC 3515 §2.4.5 $how over $transport, $transferor as $role transfers to a phone that refuses: the transferor is told, and the call stands',
  async (way, context) => {
    const { transferor, third } = await threePhones(way, 'baresip', context);
    await transferor.transfer(setting.dialled(way, third));
    await reaches(third, 'ringing');
    await third.refuse();
    await reaches(third, 'ended');
    const seen = () => setting.seen(transferor);
    const told = async () =>
      toldOfTransfer((await seen()).messages)
        .at(-1)
        ?.endsWith(' 486');
    await until(told, () => 'the transferor has not been told of the 486');
    const states = async () => new Set((await seen()).calls.map(({ state }) => state));
    // baresip hangs up by itself.
    if (transferor.kind === 'linphone') {
      expect(await states()).toEqual(new Set(['established']));
      await transferor.hangUp();
    }
    await until(
      async () => !(await states()).has('established'),
      () => 'the call has not ended',
    );
    expect(await states()).toEqual(new Set(['ended']));
  },
);

const ATTENDED = WAYS.flatMap((way) =>
  (['calls', 'is called by'] as const).flatMap((first) =>
    (['calls', 'is called by'] as const).map((second) => ({ ...way, first, second })),
  ),
);

test.concurrent.for(ATTENDED)(
  'RFC 3891 §3 $how over $transport, linphone $first one phone, then $second another, and joins the two: its calls are replaced by theirs',
  async (way, context) => {
    const [transferor, transferee, third] = [
      await setting.phone('linphone', way, context),
      await setting.phone('linphone', way, context),
      await setting.phone('linphone', way, context),
    ];
    const talk = (peer: Phone, order: 'calls' | 'is called by') =>
      order === 'calls' ? call(transferor, peer, way) : call(peer, transferor, way);
    await talk(transferee, way.first);
    await transferor.hold();
    await reaches(transferor, 'held');
    await talk(third, way.second);
    await transferor.transferToLatest();
    await reaches(transferor, 'ended');
    await reaches(transferee, 'talking');
    await reaches(third, 'talking');
    const told = async () =>
      toldOfTransfer((await setting.seen(transferor)).messages)
        .at(-1)
        ?.endsWith(' 200');
    await until(told, () => 'the transferor has not been told of the 200');
    await third.hangUp();
    await reaches(transferee, 'ended');
    await reaches(third, 'ended');
  },
);

setting.afterwards(true);
