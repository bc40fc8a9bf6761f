// Two phones that do anything at any time over a network that loses, doubles and delays: both legs end, nothing is
// left, numbers and tags are right.
import { type Bridge, CallFailedError, Invite, Siplet, type SipRequest, Subsequent } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { Dialog } from '../world/dialog.js';
import type { ServerRequest } from '../world/incoming.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { Phone } from '../world/phone.js';
import { Random } from '../world/random.js';
import { Siplet as Container } from '../world/siplet.js';
import { left } from '../world/stage.js';
import { World } from '../world/world.js';
import { ALICE, BOB, checkLegs } from './legs.js';

/** B2B_SEEDS=5000 runs more; B2B_SEED=17 one. */
const SEEDS = Number(process.env.B2B_SEEDS ?? 50);
const ONE = process.env.B2B_SEED === undefined ? undefined : Number(process.env.B2B_SEED);

const METHODS = ['INFO', 'MESSAGE', 'UPDATE', 'OPTIONS', 'INVITE', 'FOO'] as const;
const FINALS = [200, 200, 200, 404, 481, 486, 488, 500, 503, 603] as const;

let unresolved = 0;

@Siplet({ name: 'fuzzed' })
class Fuzzed {
  @Invite()
  async call(request: SipRequest) {
    const b2bua = request.b2bua();
    let bridge: Bridge;
    unresolved++;
    try {
      bridge = await b2bua.bridge({ to: 'sip:bob@10.0.0.2', timeout: '15s' });
    } catch (error) {
      unresolved--;
      if (!(error instanceof CallFailedError) || error.status === 486) throw error;
      return b2bua.bridge({ to: 'sip:carol@10.0.0.3', timeout: '15s' });
    }
    await bridge.ended;
    unresolved--;
  }

  @Subsequent('MESSAGE')
  message(request: SipRequest) {
    request.headers.set('X-Seen', 'yes');
  }
}

async function run(seed: number): Promise<void> {
  const world = new World({ seed });
  const random = new Random(seed);
  const alice = world.phone('alice', '10.0.0.1');
  const container = await Container.start(world, { agent: { Fuzzed } });
  const callees = [world.phone('bob', '10.0.0.2'), world.phone('carol', '10.0.0.3')];
  const phones = [alice, ...callees];
  const harsh = random.chance(0.7);
  if (harsh) world.network.rule({ loss: 0.1, duplicate: 0.1, jitter: random.pick([0, 50, 400]) });
  for (const phone of phones) {
    phone.reliable = true;
    phone.strict = false;
    phone.answerBye = random.chance(0.95);
    phone.answerCancel = random.chance(0.95);
  }
  for (const callee of callees) callee.on('INVITE', (invite) => answer(random, callee, invite));
  for (const phone of phones)
    for (const method of METHODS.filter((each) => each !== 'INVITE'))
      phone.on(method, (request) => phone.after(random.between(0, 800), () => request.reply(random.pick(FINALS))));
  alice.on('INVITE', (invite) => reinvited(random, alice, invite, ALICE));
  unresolved = 0;
  const call = alice.invite('sip:bob@siplet', {
    ...(random.chance(0.8) && { body: ALICE }),
    headers: { ...(random.chance(0.3) && { Supported: '100rel' }) },
  });
  watch(random, alice, call);
  if (random.chance(0.3))
    alice.after(
      random.between(0, 20_000),
      () => call.last?.status !== undefined && call.last.status < 200 && call.cancel(),
    );
  for (let i = random.between(0, 6); i > 0; i--)
    alice.after(random.between(0, 30_000), () => {
      const early = call.responses.findLast(({ status, toTag }) => toTag !== undefined && status < 300);
      if (early) talk(random, alice, call.dialogOf(early), ALICE);
    });
  alice.after(40_000, () => {
    if (call.responses.some(({ status }) => status >= 200 && status < 300)) call.bye();
  });
  await world.runUntilIdle();
  const where = `seed ${seed}\n${world.ladder({ last: 60 })}`;
  expect(left(container), where).toEqual({});
  expect(unresolved, where).toBe(0);
  expect(
    container.problems(50).filter((line) => !/handler|no longer/.test(line)),
    where,
  ).toEqual([]);
  checkLegs(phones, !harsh);
}

/** One that is called: it rings, perhaps as several, and answers, perhaps. */
function answer(random: Random, phone: Phone, invite: ServerRequest): void {
  if (invite.message.toTag !== undefined) {
    reinvited(random, phone, invite, BOB);
    return;
  }
  const tags = random.chance(0.2) ? ['one', 'two'] : [undefined];
  let at = random.between(0, 500);
  for (const toTag of tags)
    if (random.chance(0.7)) {
      const status = random.pick([180, 183]);
      phone.after(at, () => invite.reply(status, { ...(toTag && { toTag }), ...(status === 183 && { body: BOB }) }));
    }
  at += random.between(0, 20_000);
  const final = random.pick(FINALS);
  if (random.chance(0.9))
    phone.after(at, () => {
      if (invite.replies.some(({ status }) => status >= 200)) return;
      invite.reply(final, {
        ...(final === 200 && { body: BOB }),
        ...(tags[0] && { toTag: present(random.pick(tags)) }),
      });
      if (final !== 200) return;
      const dialog = invite.dialog;
      for (let i = random.between(0, 4); i > 0; i--)
        phone.after(random.between(100, 10_000), () => talk(random, phone, dialog, BOB));
      if (random.chance(0.5)) phone.after(random.between(100, 25_000), () => dialog.bye());
    });
}

function reinvited(random: Random, phone: Phone, invite: ServerRequest, body: string): void {
  phone.after(random.between(0, 1500), () => {
    const status = random.pick(FINALS);
    if (!invite.replies.some((reply) => reply.status >= 200)) invite.reply(status, { ...(status === 200 && { body }) });
  });
}

function talk(random: Random, phone: Phone, dialog: Dialog, body: string): void {
  const method = random.pick(METHODS);
  const offers = method === 'INVITE' || (method === 'UPDATE' && random.chance(0.5));
  const request = dialog.request(method, { ...(offers && { body }) });
  if (method !== 'INVITE') return;
  watch(random, phone, request);
  if (random.chance(0.2))
    phone.after(random.between(0, 1000), () => request.last && request.last.status < 200 && request.cancel());
}

/** Acknowledges its 2xx, as a rule. */
function watch(random: Random, phone: Phone, call: ClientRequest): void {
  const never = random.chance(0.05);
  const acknowledged = new Set<string>();
  let looks = 0;
  const look = (): void => {
    for (const response of call.responses) {
      const tag = response.toTag ?? '';
      if (response.status < 200 || response.status >= 300 || acknowledged.has(tag) || never) continue;
      acknowledged.add(tag);
      call.ack({ response });
    }
    if (looks++ < 400) phone.after(100, look);
  };
  look();
}

const seeds = ONE === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [ONE];

test.each(
  seeds
    .reduce<number[][]>((groups, seed, i) => {
      if (i % 25 === 0) groups.push([]);
      present(groups.at(-1)).push(seed);
      return groups;
    }, [])
    .map((group) => [present(group[0]), present(group.at(-1)), group] as const),
)(
  'both legs end, whatever both sides do: seeds %i to %i',
  async (_first, _last, group) => {
    for (const seed of group) await run(seed);
  },
  120_000,
);
