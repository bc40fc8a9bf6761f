// Calls between baresip and Linphone, through an application that proxies and one that bridges, over UDP and TCP.
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { present } from '../../../container/base/present.js';
import { type RunningSiplet, runSiplet } from '../siplet.js';
import { baresip } from './baresip.js';
import { callsOf, callsWith, ladder, messagesOf, noSessionIsLeft, readByTshark } from './calls.js';
import { type Linphone, linphone } from './linphone.js';
import { type Phone, reaches, type Transport, tells } from './phone.js';

let siplet: RunningSiplet;
const url = () => present(siplet.url);

beforeAll(async () => {
  siplet = await runSiplet('test/peers/phones/apps', 'trace: { calls: 10000, messages: 1000 }', true);
});
afterAll(() => siplet?.stop());

type How = 'proxy' | 'bridge';
interface Way {
  readonly how: How;
  readonly transport: Transport;
  readonly caller: Phone['kind'];
}

const WAYS: Way[] = (['proxy', 'bridge'] as const).flatMap((how) =>
  (['udp', 'tcp'] as const).flatMap((transport) =>
    (['linphone', 'baresip'] as const).map((caller) => ({ how, transport, caller })),
  ),
);

const portOf = (transport: Transport) => present(transport === 'udp' ? siplet.port : siplet.tcp);

/** What one dials to reach a phone through the application. */
const through = ({ how, transport }: Way, phone: Phone) =>
  `sip:${how}.${transport}.${phone.port}@127.0.0.1:${portOf(transport)};transport=${transport}`;

async function bothPhones(way: Way, { onTestFinished }: TestContext) {
  const bare = await baresip(portOf(way.transport), way.transport);
  onTestFinished(bare.stop);
  const lin = await linphone();
  onTestFinished(lin.stop);
  const [caller, callee] = way.caller === 'linphone' ? [lin, bare] : [bare, lin];
  return { bare, lin, caller, callee, to: through(way, callee) };
}

/** What the container has seen of these two. */
async function seen(...phones: Phone[]) {
  const calls = await callsWith(url(), ...phones.map(({ port }) => port));
  return { calls, text: ladder(messagesOf(calls)) };
}

test.concurrent.for(WAYS)(
  '§9 §21.4.18 $how over $transport, $caller calls: a caller who gives up is heard of, and so is a callee who does not want the call',
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
    const { calls, text } = await seen(caller, callee);
    const statuses = calls.map(({ status }) => status).sort();
    const twice = way.how === 'bridge' ? 2 : 1;
    expect(statuses, text).toEqual([...Array(twice).fill(487), ...Array(twice).fill(callee.refusal)].sort());
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
  test.concurrent.for(WAYS)(
    `§14 §15 $how over $transport, $caller calls: each side holds and resumes, a digit passes in an INFO, the ${end} hangs up`,
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
      const { calls, text } = await seen(caller, callee);
      expect(
        calls.map(({ state, status }) => `${state} ${status}`),
        text,
      ).toEqual(Array(way.how === 'bridge' ? 2 : 1).fill('ended 200'));
    },
  );
}

test('no session is left 40 s after these calls', async () => {
  await noSessionIsLeft(url());
});

test('tshark finds no malformed message and nothing to warn of in what the container wrote', async () => {
  const written = messagesOf(await callsOf(url())).filter(({ direction }) => direction === 'out');
  expect(written.length).toBeGreaterThan(400);
  expect(await readByTshark(written)).toEqual({ sip: written.length, complaints: [] });
});
