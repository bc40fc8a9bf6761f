// Composition as the sample applications use it (RULES.md section 5): a fork before each of them, each of them before
// each other, and every flow through these pairs.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { afterAll, expect, test } from 'vitest';
import * as prepaid from '../../apps/b2b-prepaid/index.js';
import * as trunk from '../../apps/b2b-trunk/index.js';
import * as screen from '../../apps/call-screen/index.js';
import * as reachMe from '../../apps/reach-me/index.js';
import { left, SIPLET, stage } from '../world/stage.js';
import { LIFETIME } from '../world/timing.js';
import { type Manner, Party } from './parties.js';

const ONE = 'sip:+4930111@10.0.0.2';
const TWO = 'sip:+4930222@10.0.0.3';

@Siplet({ name: 'fork' })
class Fork {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo([ONE, TWO], { recordRoute: true, timeout: '20s' });
  }
}

const APPLICATIONS = {
  fork: { Fork },
  'reach-me': reachMe,
  'call-screen': screen,
  'b2b-prepaid': prepaid,
  'b2b-trunk': trunk,
};
type Name = keyof typeof APPLICATIONS;
const SAMPLES = ['reach-me', 'call-screen', 'b2b-prepaid', 'b2b-trunk'] as const;

/** +4930100 has two phones, at the same time or one after the other; +4930111 and +4930222 have one each. */
const SEARCHES: readonly Name[] = ['fork', 'reach-me', 'b2b-trunk'];

const folder = mkdtempSync(join(tmpdir(), 'siplet-pairs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let plays = 0;

const configurationOf = (first: Name, second: Name, records: string) => `
router: { INVITE: [${first}, ${second}] }
apps:
  fork: {}
  reach-me:
    voicemail: false
    targets: { '+4930100': ['${ONE}', '${TWO}'], '+4930111': 'sip:10.0.0.2', '+4930222': 'sip:10.0.0.3' }
  b2b-prepaid: { accounts: { alice: 5 }, rates: { '+': { perMinute: 0.1 } } }
  b2b-trunk:
    carriers:
      one: { uri: 'sip:10.0.0.2', timeout: 20s, rewrite: { strip: '+4930100', prepend: '+4930111' } }
      two: { uri: 'sip:10.0.0.3', timeout: 20s, rewrite: { strip: '+4930100', prepend: '+4930222' } }
    routes: { '+4930100': { one: { cost: 1 }, two: { cost: 2 } }, '+4930111': { one: {} }, '+4930222': { two: {} } }
    records: { file: '${records}' }
`;

async function pair(first: Name, second: Name, manners: readonly [Manner, Manner]) {
  const phones = { alice: '10.0.0.1', one: '10.0.0.2', two: '10.0.0.3', elsewhere: '10.0.0.4' };
  const records = join(folder, `${++plays}.jsonl`);
  const applications = { [first]: APPLICATIONS[first], [second]: APPLICATIONS[second] };
  const on = await stage(applications, { configuration: configurationOf(first, second, records), phones });
  const { world, container } = on;
  const alice = new Party(world, on.alice);
  const [one, two] = [new Party(world, on.one, manners[0]), new Party(world, on.two, manners[1])];
  const elsewhere = new Party(world, on.elsewhere, 'busy');
  const search = SEARCHES.find((name) => name === first) ?? SEARCHES.find((name) => name === second);
  const call = alice.calls(search === undefined ? ONE : ONE.replace('111', '100'), SIPLET);
  return {
    ...{ world, alice, one, two, elsewhere, call, search, first, second },
    /** Time passes until it is so. */
    until: (what: string, holds: () => boolean) => on.alice.until(what, undefined, () => holds() || undefined),
    /** 64*T1 after the last message nothing is left of the call, and the record of the first application is right. */
    async over(): Promise<void> {
      await world.run(AFTERMATH + LIFETIME);
      expect(left(container)).toEqual({});
      for (const party of [alice, one, two, elsewhere]) party.inspect();
      await on.ends();
      for (const { dispose } of container.active) await dispose();
      if (first === 'b2b-trunk') expect(statusesIn(records)).toEqual([call.last?.status]);
    },
  };
}

const statusesIn = (records: string): unknown[] =>
  readFileSync(records, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).status);

type Play = Awaited<ReturnType<typeof pair>>;

/** What is still under way when the caller has had enough: a phone that was slow is cancelled when it rings. */
const AFTERMATH = 2500;

/** Both change their Contact in the middle of the call, and one of them hangs up. */
const talks = (name: 'one' | 'two', hangsUp: 'caller' | 'callee') => async (on: Play) => {
  const { world, alice, call, [name]: callee } = on;
  await call.response(200);
  call.ack();
  await world.run(1000);
  await alice.moves(call);
  await callee.moves(callee.answered);
  await alice.moves(call);
  await (hangsUp === 'caller' ? alice.hangsUp(call) : callee.hangsUp(callee.answered));
  await world.deliver();
  expect([alice.byes.length, callee.byes.length]).toEqual(hangsUp === 'caller' ? [0, 1] : [1, 0]);
};

/** The call is refused with that status, and the second phone has rung after these searches alone. */
const refused = (statusIn: (on: Play) => number, searchesOn: readonly Name[]) => async (on: Play) => {
  const { status } = await on.call.response('final', 200_000);
  expect(status).toBe(statusIn(on));
  const searched = on.search !== undefined && searchesOn.includes(on.search);
  expect([on.one.invites.length, on.two.invites.length]).toEqual([1, searched ? 1 : 0]);
};

const has =
  (...names: Name[]) =>
  ({ first, second }: Play) =>
    names.includes(first) || names.includes(second);

interface Flow {
  readonly manners: readonly [Manner, Manner];
  /** Only where an application has two targets. */
  readonly needsTwo?: boolean;
  act(on: Play): Promise<unknown>;
}

const FLOWS: Record<string, Flow> = {
  'answered, re-INVITEs of both, BYE of the caller': { manners: ['answers', 'rings'], act: talks('one', 'caller') },
  'answered, re-INVITEs of both, BYE of the callee': { manners: ['answers', 'rings'], act: talks('one', 'callee') },
  'the first target is out of order, the second answers': {
    manners: ['fails', 'answers'],
    needsTwo: true,
    act: talks('two', 'callee'),
  },
  busy: { manners: ['busy', 'busy'], act: refused(() => 486, ['fork', 'reach-me']) },
  // A carrier that rings has the call.
  'no answer': { manners: ['rings', 'rings'], act: refused(() => 408, ['fork', 'reach-me']) },
  silence: { manners: ['silent', 'silent'], act: refused(() => 408, SEARCHES) },
  'out of order': { manners: ['fails', 'fails'], act: refused(() => 500, SEARCHES) },
  603: { manners: ['declines', 'rings'], act: refused(() => 603, ['fork']) },
  // The fork follows a redirection that reaches it; reach-me and b2b-trunk let nobody follow one.
  302: {
    manners: ['moved', 'busy'],
    async act(on) {
      const isHidden = has('reach-me', 'b2b-trunk')(on);
      await refused(() => (isHidden ? 480 : on.first === 'fork' ? 486 : 302), ['fork', 'reach-me'])(on);
      expect(on.elsewhere.invites.length).toBe(on.first === 'fork' && !isHidden ? 1 : 0);
    },
  },
  'CANCEL before the first 1xx': {
    manners: ['slow', 'slow'],
    async act({ call, one, until, world }) {
      await until('one has the call', () => one.invites.length > 0);
      await world.run(500);
      await call.cancel().response(200);
      await call.response(487);
    },
  },
  'CANCEL while the phone rings': {
    manners: ['rings', 'rings'],
    async act({ call }) {
      await call.response(180);
      await call.cancel().response(200);
      await call.response(487);
    },
  },
  'CANCEL while the second target rings': {
    manners: ['fails', 'rings'],
    needsTwo: true,
    async act({ call, until, world, one, two }) {
      await until('two rings', () => two.hasRung && one.invites.every(({ replies }) => replies.length > 0));
      await world.deliver();
      await call.cancel().response(200);
      await call.response(487);
      await until('two is cancelled', () => two.cancels.length === 1);
    },
  },
  // A bridge has answered the caller by then, and ends the call itself (§13.2.2.4).
  'CANCEL and 200 cross': {
    manners: ['crosses', 'rings'],
    async act(on) {
      const { call, alice, one, until } = on;
      await call.response(180);
      await call.cancel().response(200);
      const isBridged = has('b2b-prepaid', 'b2b-trunk')(on);
      await call.response(isBridged ? 487 : 200);
      if (!isBridged) {
        call.ack();
        await alice.hangsUp(call);
      }
      await until('one gets its BYE', () => one.byes.length === 1);
    },
  },
};

const PAIRS = (['fork', ...SAMPLES] as const).flatMap((first) =>
  SAMPLES.filter((second) => second !== first).map((second) => [first, second] as const),
);
const CASES = PAIRS.flatMap(([first, second]) =>
  Object.entries(FLOWS)
    .filter(([, { needsTwo }]) => !needsTwo || SEARCHES.includes(first) || SEARCHES.includes(second))
    .map(([title, flow]) => [first, second, title, flow] as const),
);

test.each(CASES)('E-01 %s before %s: %s', async (first, second, _, { manners, act }) => {
  const on = await pair(first, second, manners);
  await act(on);
  await on.over();
});
