// Random sequences of messages, timers, errors and calls, by seed: what holds for every one of them (§17, security
// D02).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { responseTo } from '../../container/message/index.js';
import type { ClientTransaction, ServerTransaction } from '../../container/transaction/user.js';
import { runs } from '../world/runs.js';
import { incoming, NotingClient, NotingServer, read, Stand } from './layer-stand.js';

/** Numbers from a seed (a linear congruence; enough to choose). */
function chooser(seed: number): <T>(from: readonly T[]) => T {
  let state = seed >>> 0;
  return (from) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return present(from[Math.floor((state / 2 ** 32) * from.length)]);
  };
}

/** How many sequences of each kind; more with SEQUENCES=… */
const COUNT = Number(process.env.SEQUENCES ?? runs(100, 300));

const STATUSES = [100, 180, 183, 200, 202, 302, 404, 486, 503, 600];
const DELAYS = [0, 1, 199, 200, 500, 1000, 3500, 5000, 16_000, 32_000];

/** A client's notes: 1xx, then one final (2xx to INVITE: any number), then one failure at most, then the end. */
function checkClient(notes: readonly string[], isInvite: boolean): void {
  const letter = (note: string): string =>
    note === 'terminated' ? 't' : note.startsWith('passed') ? present(note[7]) : 'f';
  const line = notes.map(letter).join('');
  const allowed = isInvite ? /^1*(?:|f|2+|[3-6]f?)t?$/ : /^1*(?:|f|[2-6])t?$/;
  expect(line).toMatch(allowed);
}

function clientRun(seed: number, transport: 'UDP' | 'TCP', method: string): void {
  const choose = chooser(seed);
  const stand = new Stand(transport);
  let transaction: ClientTransaction | undefined;
  const user = new NotingClient((_response, own) => {
    if (choose([0, 0, 0, 0, 1]) === 1) own.cancel();
    if (choose([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) === 1) own.abandon();
  });
  transaction = stand.send(method, user);
  for (let i = 0; i < 25; i++) {
    choose([
      () => stand.answer(choose(STATUSES), method, choose(['a', 'b'])),
      () => stand.answer(choose(STATUSES), method, choose(['a', 'b'])),
      () => stand.clock.turnTo(stand.clock.now() + choose(DELAYS)),
      () => present(transaction).cancel(),
      () => stand.flow.times('CANCEL').length > 0 && stand.answer(choose([200, 481]), 'CANCEL'),
      () => choose([0, 0, 0, 1]) === 1 && stand.flow.fail(),
    ])();
    checkClient(user.notes, method === 'INVITE');
  }
  if (transaction.state === 'proceeding') {
    transaction.cancel();
    if (method !== 'INVITE') stand.clock.turnTo(stand.clock.now());
  }
  stand.clock.turnTo(stand.clock.now() + 200_000);
  checkClient(user.notes, method === 'INVITE');
  expect(transaction.state).toBe('terminated');
  expect(stand.total).toBe(0);
  expect(stand.clock.running).toEqual([]);
  if (transport === 'TCP') expect(stand.flow.senders.size).toBe(0);
  const cancels = new Set(stand.flow.sent.map(({ wire }) => wire).filter((wire) => wire.startsWith('CANCEL')));
  expect(cancels.size).toBeLessThanOrEqual(1);
}

function serverRun(seed: number, transport: 'UDP' | 'TCP', method: string): void {
  const choose = chooser(seed);
  const stand = new Stand(transport);
  const users = new Map<ServerTransaction, NotingServer>();
  stand.onRequest = (request, transaction) => {
    if (transaction === undefined) return;
    const user = new NotingServer();
    users.set(transaction, user);
    transaction.user = user;
    if (choose([0, 1]) === 1) transaction.respond(responseTo(request, choose(STATUSES), undefined, 'ours'));
  };
  const wire = incoming(method);
  stand.receive(wire);
  for (let i = 0; i < 25; i++) {
    choose([
      () => stand.receive(wire),
      () => stand.receive(incoming('ACK', { toTag: 'ours' })),
      () =>
        stand.passed.at(-1)?.transaction !== undefined &&
        stand.respond(
          choose(STATUSES),
          'ours',
          [...stand.passed].reverse().find((one) => one.transaction !== undefined),
        ),
      () => stand.clock.turnTo(stand.clock.now() + choose(DELAYS)),
      () => choose([0, 0, 0, 1]) === 1 && stand.flow.fail(),
    ])();
  }
  for (const passed of stand.passed) {
    if (passed.transaction !== undefined) stand.respond(500, 'ours', passed);
  }
  stand.clock.turnTo(stand.clock.now() + 200_000);
  expect(stand.total).toBe(0);
  expect(stand.clock.running).toEqual([]);
  if (transport === 'TCP') expect(stand.flow.senders.size).toBe(0);
  for (const [transaction, user] of users) {
    expect(transaction.state).toBe('terminated');
    expect(user.notes.indexOf('terminated')).toBe(user.notes.length - 1);
    expect(transaction.respond(read(responseTo(read(wire) as never, 200).toWire()) as never)).toBe(false);
  }
  // One kind of final response a transaction; more than one only of 2xx to INVITE.
  if (users.size === 1) {
    const finals = new Set(
      stand.flow.sent.map((sent) => present(sent.wire.split(' ')[1])).filter((status) => status >= '200'),
    );
    const isOnly2xx = [...finals].every((status) => status[0] === '2');
    if (!(method === 'INVITE' && isOnly2xx)) expect(finals.size).toBe(1);
    if (method !== 'INVITE') for (const { wire: sent } of stand.flow.sent) expect(sent).not.toMatch(/^SIP\/2.0 18/);
  }
}

describe.each(['UDP', 'TCP'] as const)('%s', (transport) => {
  test.each(['INVITE', 'OPTIONS'])('sequences around a client transaction of %s', (method) => {
    for (let seed = 1; seed <= COUNT; seed++) run(seed, () => clientRun(seed, transport, method));
  });
  test.each(['INVITE', 'OPTIONS'])('sequences around server transactions of %s', (method) => {
    for (let seed = 1; seed <= COUNT; seed++) run(seed, () => serverRun(seed, transport, method));
  });
});

function run(seed: number, job: () => void): void {
  try {
    job();
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
}
