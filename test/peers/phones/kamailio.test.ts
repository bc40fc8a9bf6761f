// Kamailio before and behind the container, recording its routes, with baresip and Linphone at the ends.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Kamailio, kamailio, kamailioPort } from './kamailio.js';
import { reaches, tells, until } from './phone.js';
import { Setting, toldOfTransfer, WAYS } from './setting.js';

let before = 0;
let behind = 0;
const proxies: Kamailio[] = [];

const setting = new Setting(async () => {
  before = await kamailioPort();
  behind = await kamailioPort();
  return `{ through: '127.0.0.1:${behind}' }`;
});

beforeAll(async () => {
  const container = { udp: setting.port('udp'), tcp: setting.port('tcp') };
  for (const port of [before, behind]) proxies.push(await kamailio(port, container));
});
afterAll(() => {
  for (const proxy of proxies) proxy.stop();
});

const CASES = WAYS.flatMap((way) => (['linphone', 'baresip'] as const).map((first) => ({ ...way, first })));

test.concurrent.for(CASES)(
  '§16.12 $how over $transport, $first calls through Kamailio on both sides: hold, a blind transfer and the end pass by its routes',
  async (way, context) => {
    const lin = await setting.phone('linphone', way, context, before);
    const bare = await setting.phone('baresip', way, context, before);
    const third = await setting.phone('linphone', way, context, before);
    const [caller, callee] = way.first === 'linphone' ? [lin, bare] : [bare, lin];
    await caller.call(setting.dialled(way, callee, before));
    await reaches(callee, 'ringing');
    await callee.answer();
    await reaches(caller, 'talking');
    await reaches(callee, 'talking');
    await lin.digit('7');
    await tells(bare, /CALL_DTMF_START.*"7"/);
    await lin.hold();
    await reaches(lin, 'held');
    await lin.resume();
    await reaches(lin, 'talking');
    await bare.hold();
    await reaches(lin, 'remotely held');
    await bare.resume();
    await reaches(lin, 'talking');

    await setting.acknowledged(lin);
    await bare.transfer(setting.dialled(way, third, before));
    await reaches(third, 'ringing');
    await third.answer();
    await reaches(third, 'talking');
    await reaches(bare, 'ended');
    await reaches(lin, 'talking');
    const told = async () =>
      toldOfTransfer((await setting.seen(bare)).messages)
        .at(-1)
        ?.endsWith(' 200');
    await until(told, () => 'the transferor has not been told of the 200');
    await lin.hangUp();
    await reaches(third, 'ended');

    const phones = [lin, bare, third].map(({ port }) => `127.0.0.1:${port}`);
    const { messages, ladder } = await setting.seen(lin, bare, third);
    expect(
      messages.filter(({ remote }) => phones.includes(remote)),
      ladder,
    ).toEqual([]);
  },
);

setting.afterwards();
