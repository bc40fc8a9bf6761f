// The sample applications as apps/siplet.yaml has them, and a person with a mobile number, a desk phone and voicemail:
// how a call ends, whatever the three do (RULES.md C-10 to C-17).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import * as prepaid from '../../apps/b2b-prepaid/index.js';
import * as trunk from '../../apps/b2b-trunk/index.js';
import * as screen from '../../apps/call-screen/index.js';
import * as reachMe from '../../apps/reach-me/index.js';
import { present } from '../../container/base/present.js';
import { left, SIPLET, stage } from '../world/stage.js';
import { LIFETIME } from '../world/timing.js';
import { type Manner, Party } from './parties.js';

const APPLICATIONS = { 'b2b-prepaid': prepaid, 'b2b-trunk': trunk, 'call-screen': screen, 'reach-me': reachMe };
const YAML = readFileSync(fileURLToPath(new URL('../../apps/siplet.yaml', import.meta.url)), 'utf8');

/** How the two phones ring, and how each place ends; 'off': there is no voicemail. */
type Mode = 'at once' | 'in turn';
type Ending = 'answer' | 'busy' | 'silence';
type Outcome = readonly [mobile: Ending, desk: Ending, voicemail: Ending | 'off'];

const MANNER = { answer: 'answers', busy: 'busy', silence: 'rings' } as const satisfies Record<Ending, Manner>;

const folder = mkdtempSync(join(tmpdir(), 'siplet-bob-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let calls = 0;

/** apps/siplet.yaml; bob's mobile phone is reached through prepaid and trunk. */
function configurationOf(mode: Mode, hasVoicemail: boolean, files: string): string {
  const { router, apps } = parse(YAML);
  Object.assign(apps['reach-me'], {
    parallel: mode === 'at once',
    voicemail: hasVoicemail && 'sip:10.0.0.5',
    targets: { '+*': 'next', bob: ['sip:+491701234567@siplet', 'sip:desk@10.0.0.4'] },
  });
  apps['b2b-prepaid'].file = `${files}.balances`;
  Object.assign(apps['b2b-trunk'], { records: { file: `${files}.calls` } });
  apps['b2b-trunk'].carriers.north.uri = 'sip:10.0.0.2';
  apps['b2b-trunk'].carriers.south.uri = 'sip:10.0.0.3';
  return stringify({ router, apps });
}

async function bob(mode: Mode, [mobile, desk, voicemail]: Outcome, slowness = { mobile: 2, desk: 1 }) {
  const phones = { alice: '10.0.0.1', mobile: '10.0.0.2', south: '10.0.0.3', desk: '10.0.0.4', mailbox: '10.0.0.5' };
  const files = join(folder, String(++calls));
  const on = await stage(APPLICATIONS, { configuration: configurationOf(mode, voicemail !== 'off', files), phones });
  const { world, container } = on;
  const alice = new Party(world, on.alice);
  const places = {
    mobile: new Party(world, on.mobile, MANNER[mobile], slowness.mobile),
    desk: new Party(world, on.desk, MANNER[desk], slowness.desk),
    mailbox: new Party(world, on.mailbox, voicemail === 'off' ? 'rings' : MANNER[voicemail]),
  };
  return {
    ...{ world, alice, ...places },
    call: alice.calls('sip:bob@siplet', SIPLET),
    /** Nothing is left, nothing was paid, and the record of the mobile phone's call says this. */
    async over(recorded: readonly number[], answers = 1): Promise<void> {
      await world.run(LIFETIME + 1000);
      expect(left(container)).toEqual({});
      alice.inspect(answers);
      for (const party of Object.values(places)) party.inspect();
      expect(on.south.received).toEqual([]);
      await on.ends();
      for (const { dispose } of container.active) await dispose();
      const records = readFileSync(`${files}.calls`, 'utf8').trim().split('\n');
      expect(records.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual(recorded);
      expect(JSON.parse(readFileSync(`${files}.balances`, 'utf8'))).toEqual({ alice: expect.closeTo(5, 1) });
    },
  };
}

/** Which place answers, what the caller gets, and after how many seconds. */
function expected(mode: Mode, [mobile, desk, voicemail]: Outcome) {
  const seconds = { answer: [2, 1], busy: [2, 1], silence: [20, 20] } as const;
  const [ofMobile, ofDesk] = [seconds[mobile][0], seconds[desk][1]];
  const phones = [
    ...(mobile === 'answer' ? [{ by: 'mobile' as const, at: ofMobile }] : []),
    ...(desk === 'answer' ? [{ by: 'desk' as const, at: mode === 'at once' ? ofDesk : ofMobile + ofDesk }] : []),
  ].sort((one, other) => one.at - other.at);
  const [first] = phones;
  if (first !== undefined) return { ...first, status: 200 };
  const searched = mode === 'at once' ? Math.max(ofMobile, ofDesk) : ofMobile + ofDesk;
  if (voicemail === 'answer') return { by: 'mailbox' as const, at: searched + 1, status: 200 };
  const at = searched + (voicemail === 'off' ? 0 : seconds[voicemail][1]);
  return { by: undefined, at, status: [mobile, desk, voicemail].includes('busy') ? 486 : 408 };
}

async function plays(mode: Mode, outcome: Outcome): Promise<void> {
  const on = await bob(mode, outcome);
  const { world, call, alice, mobile, desk, mailbox } = on;
  const { by, at, status } = expected(mode, outcome);
  await call.response(status, 70_000);
  expect(Math.floor(world.clock.now() / 1000)).toBe(at);
  if (by !== undefined) {
    call.ack();
    await world.deliver();
    await alice.moves(call);
    await on[by].moves(on[by].answered);
    await on[by].hangsUp(on[by].answered);
    await world.deliver();
    expect(alice.byes).toHaveLength(1);
  }
  const rang = [mobile, desk, mailbox].map(({ invites }) => invites.length);
  const [ofMobile, , voicemail] = outcome;
  const deskRings = mode === 'at once' || ofMobile !== 'answer';
  expect(rang).toEqual([1, deskRings ? 1 : 0, voicemail !== 'off' && (by === undefined || by === 'mailbox') ? 1 : 0]);
  await on.over([by === 'mobile' ? 200 : ofMobile === 'busy' && at > 1 ? 486 : 487]);
}

const ENDINGS = ['answer', 'busy', 'silence'] as const;
const OUTCOMES = ENDINGS.flatMap((mobile) =>
  ENDINGS.flatMap((desk) => [...ENDINGS, 'off' as const].map((voicemail): Outcome => [mobile, desk, voicemail])),
);
const MODES = ['at once', 'in turn'] as const;
const CASES = MODES.flatMap((mode) => OUTCOMES.map((outcome) => [mode, ...outcome, outcome] as const));
const isOrder = (outcome: Outcome) => ENDINGS.every((ending) => outcome.includes(ending));

/**
 * Mobile phone, desk phone, voicemail: (answer, busy, silence), (answer, silence, busy), (busy, answer, silence),
 * (busy, silence, answer), (silence, answer, busy) and (silence, busy, answer), with the phones at once and in turn.
 */
describe('the twelve orders', () => {
  test.each(CASES.filter(([, , , , outcome]) => isOrder(outcome)))(
    'E-01 C-10 C-16 C-17 %s: mobile %s, desk %s, voicemail %s',
    (mode, _mobile, _desk, _voicemail, outcome) => plays(mode, outcome),
  );
});

describe('all other outcomes', () => {
  test.each(CASES.filter(([, , , , outcome]) => !isOrder(outcome)))(
    'E-01 C-15 C-17 %s: mobile %s, desk %s, voicemail %s',
    (mode, _mobile, _desk, _voicemail, outcome) => plays(mode, outcome),
  );
});

/** Milliseconds from the INVITE to each answer: the later one crosses with the CANCEL on its way to that phone. */
async function bothAnswer(ofMobile: number, ofDesk: number) {
  const on = await bob('at once', ['answer', 'answer', 'off'], { mobile: ofMobile / 1000, desk: ofDesk / 1000 });
  const { world, call } = on;
  await call.response(200);
  call.ack();
  await world.deliver();
  return on;
}

test('E-01 C-10 at once: the mobile answers when the desk has just answered; its bridge ends the call', async () => {
  const { world, alice, mobile, desk, call, over } = await bothAnswer(1001, 1000);
  expect([mobile.byes.length, desk.byes.length]).toEqual([1, 0]);
  await alice.hangsUp(call);
  await world.deliver();
  expect([mobile.byes.length, desk.byes.length]).toEqual([1, 1]);
  await over([487]);
});

test('E-01 C-10a at once: the desk answers when the mobile has just answered; the caller gets both, and ends one', async () => {
  const { world, alice, mobile, desk, call, over } = await bothAnswer(1000, 1001);
  const [kept, other] = call.responses.filter(({ status }) => status === 200).map((response) => ({ response }));
  call.ack(other);
  await world.run(5000);
  await alice.hangsUp(call.dialogOf(present(other).response));
  await world.deliver();
  expect([mobile.byes.length, desk.byes.length]).toEqual([0, 1]);
  await alice.hangsUp(call.dialogOf(present(kept).response));
  await world.deliver();
  expect([mobile.byes.length, desk.byes.length]).toEqual([1, 1]);
  await over([200], 2);
});
