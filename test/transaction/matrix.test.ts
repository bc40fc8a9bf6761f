// Every state × event of the four machines (§17, RFC 6026 Figures): the tables against the figures as read, and real
// transactions against the tables.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { responseTo } from '../../container/message/index.js';
import { INVITE_CLIENT } from '../../container/transaction/invite-client.js';
import { INVITE_SERVER } from '../../container/transaction/invite-server.js';
import { compile, type Effect, type Table } from '../../container/transaction/machine.js';
import { NON_INVITE_CLIENT } from '../../container/transaction/non-invite-client.js';
import { NON_INVITE_SERVER } from '../../container/transaction/non-invite-server.js';
import { incoming, NotingClient, NotingServer, outgoing, Stand } from './layer-stand.js';

type AnyTable = Table<string, string, string>;

/** Next states alone, one line an event, columns in the order of the states; '-' is absorbed. */
function nextStates(table: AnyTable): string {
  const states = Object.keys(table.states);
  const lines = table.events.map((event) => {
    const cells = states.map((state) => (present(table.states[state])[event]?.[0] ?? '-').padEnd(11));
    return `${event.padEnd(16)}${cells.join('')}`.trimEnd();
  });
  return [`${''.padEnd(16)}${states.map((state) => state.padEnd(11)).join('')}`.trimEnd(), ...lines].join('\n');
}

describe('the tables are the figures', () => {
  test('RFC 6026 Figure 3, §17.1.1: INVITE client', () => {
    expect(nextStates(INVITE_CLIENT)).toMatchInlineSnapshot(`
      "                calling    proceeding completed  accepted   terminated
      1xx             proceeding proceeding -          -          -
      2xx             accepted   accepted   -          accepted   -
      300-699         completed  completed  completed  -          -
      cancel          calling    proceeding -          -          -
      transportError  terminated -          terminated -          -
      timerA          calling    -          -          -          -
      timerB          terminated -          -          -          -
      timerCancel     -          terminated -          -          -
      timerD          -          -          terminated -          -
      timerM          -          -          -          terminated -"
    `);
  });
  test('Figure 6, §17.1.2: non-INVITE client', () => {
    expect(nextStates(NON_INVITE_CLIENT)).toMatchInlineSnapshot(`
      "                trying     proceeding completed  terminated
      1xx             proceeding proceeding -          -
      200-699         completed  completed  -          -
      transportError  terminated terminated -          -
      timerE          trying     proceeding -          -
      timerF          terminated terminated -          -
      timerK          -          -          terminated -"
    `);
  });
  test('RFC 6026 Figure 5, §17.2.1: INVITE server', () => {
    expect(nextStates(INVITE_SERVER)).toMatchInlineSnapshot(`
      "                proceeding completed  confirmed  accepted   terminated
      INVITE          proceeding completed  -          -          -
      ACK             -          confirmed  -          accepted   -
      send1xx         proceeding -          -          -          -
      send2xx         accepted   -          -          accepted   -
      send300-699     completed  -          -          -          -
      transportError  proceeding completed  -          accepted   -
      timerTrying     proceeding -          -          -          -
      timerG          -          completed  -          -          -
      timerH          -          terminated -          -          -
      timerI          -          -          terminated -          -
      timerL          -          -          -          terminated -"
    `);
  });
  test('Figure 8, §17.2.2, RFC 4320 §4.1: non-INVITE server', () => {
    expect(nextStates(NON_INVITE_SERVER)).toMatchInlineSnapshot(`
      "                trying     proceeding completed  terminated
      request         -          proceeding completed  -
      send100         proceeding proceeding -          -
      send100Early    -          -          -          -
      send101-199     -          -          -          -
      send200-699     completed  completed  -          -
      transportError  -          proceeding completed  -
      timerLateTrying proceeding -          -          -
      timerJ          -          -          terminated -"
    `);
  });
});

/** A real transaction in a state, and what it does to the world. */
interface Subject {
  readonly stand: Stand;
  readonly notes: string[];
  state(): string;
  raise(event: string): void;
}

interface Peek {
  expire(timer: string): void;
  transportFailed(error: Error): void;
}

function client(method: string, state: string): Subject {
  const stand = new Stand();
  const user = new NotingClient();
  const transaction = stand.send(method, user);
  const peek = transaction as unknown as Peek;
  const raise = (event: string): void => {
    const status: Record<string, number> = { '1xx': 180, '2xx': 200, '300-699': 486, '200-699': 404 };
    if (event in status) stand.answer(present(status[event]), method);
    else if (event === 'cancel') transaction.cancel();
    else if (event === 'transportError') peek.transportFailed(new Error('lost'));
    else peek.expire(event);
  };
  const way: Record<string, string[]> = {
    calling: [],
    trying: [],
    proceeding: ['1xx'],
    accepted: ['2xx'],
    completed: [method === 'INVITE' ? '300-699' : '200-699'],
    terminated: ['transportError'],
  };
  for (const event of present(way[state])) raise(event);
  return { stand, notes: user.notes, state: () => transaction.state, raise };
}

function server(method: string, state: string): Subject {
  const stand = new Stand();
  const user = new NotingServer();
  const wire = incoming(method);
  stand.onRequest = (_request, transaction) => {
    if (transaction !== undefined) transaction.user = user;
  };
  stand.receive(wire);
  const { request, transaction } = present(stand.passed[0]);
  const peek = transaction as unknown as Peek;
  const raise = (event: string): void => {
    const status: Record<string, number> = {
      send1xx: 180,
      send2xx: 200,
      'send300-699': 486,
      send100Early: 100,
      'send101-199': 183,
      'send200-699': 404,
    };
    if (event in status) present(transaction).respond(responseTo(request, present(status[event]), undefined, 'ours'));
    else if (event === 'INVITE' || event === 'request') stand.receive(wire);
    else if (event === 'ACK') stand.receive(incoming('ACK', { toTag: 'ours' }));
    else if (event === 'transportError') peek.transportFailed(new Error('lost'));
    else peek.expire(event);
  };
  const way: Record<string, string[]> = {
    trying: [],
    proceeding: method === 'INVITE' ? ['send1xx'] : ['timerLateTrying'],
    accepted: ['send2xx'],
    completed: [method === 'INVITE' ? 'send300-699' : 'send200-699'],
    confirmed: ['send300-699', 'ACK'],
    terminated: method === 'INVITE' ? ['send300-699', 'timerH'] : ['send200-699', 'timerJ'],
  };
  for (const event of present(way[state])) raise(event);
  return { stand, notes: user.notes, state: () => present(transaction).state, raise };
}

const SENDS = ['sendRequest', 'sendAck', 'resendAck', 'sendCancel', 'sendResponse', 'resendResponse', 'sendTrying'];

/** What the user is to be told when an arc is taken, in the words of the noting users. */
function told(actions: readonly string[], next: string, event: string, state: string): string[] {
  const status: Record<string, number> = { '1xx': 180, '2xx': 200, '300-699': 486, '200-699': 404 };
  const notes: string[] = [];
  for (const action of actions) {
    if (action === 'pass') notes.push(`passed ${status[event]}`);
    if (action === 'passAck') notes.push(state === 'accepted' ? 'ack to 2xx' : 'ack');
    if (action === 'tellTimeout') notes.push('timeout');
    if (action === 'tellTransportError') notes.push('transport');
  }
  if (next === 'terminated' && state !== 'terminated') notes.push('terminated');
  return notes;
}

/** Which timers run after an arc is taken: those that the state listens for and were started on the way. */
function heardBy(table: AnyTable, state: string): string[] {
  return Object.keys(present(table.states[state])).filter((event) => event.startsWith('timer'));
}

const CASES: [AnyTable, (state: string) => Subject][] = [
  [INVITE_CLIENT, (state) => client('INVITE', state)],
  [NON_INVITE_CLIENT, (state) => client('OPTIONS', state)],
  [INVITE_SERVER, (state) => server('INVITE', state)],
  [NON_INVITE_SERVER, (state) => server('OPTIONS', state)],
];

/** Raises the event, and looks at the state, what the user was told, what was sent, and which timers run. */
function takes(table: AnyTable, state: string, event: string, subject: Subject): void {
  const { stand } = subject;
  const before = { sent: stand.flow.sent.length, told: subject.notes.length, passed: stand.passed.length };
  subject.raise(event);
  // In Proceeding a 100 is no longer early.
  const early = event === 'send100Early' && state === 'proceeding';
  const [next, ...actions] = (early
    ? present(table.states.proceeding).send100
    : present(table.states[state])[event]) ?? [state];
  expect(subject.state()).toBe(next);
  const hasEnded = state === 'terminated';
  // What comes for a transaction that has ended is not its own: the layer takes a request for a new one.
  if (!hasEnded) expect(stand.passed).toHaveLength(before.passed);
  expect(subject.notes.slice(before.told)).toEqual(told(actions, next, event, state));
  const sends = actions.filter((action) => SENDS.includes(action)).length;
  expect(stand.flow.sent).toHaveLength(before.sent + sends);
  if (!hasEnded) timersFit(table, next, event, stand.clock.running);
}

/** Of the timers of the table those run that the state listens for, and none at the end. */
function timersFit(table: AnyTable, state: string, event: string, running: readonly string[]): void {
  const all = Object.keys(table.states).flatMap((each) => heardBy(table, each));
  const mine = running.filter((timer) => all.includes(timer));
  if (event !== 'cancel') for (const timer of mine) expect(heardBy(table, state)).toContain(timer);
  if (state === 'terminated') expect(mine).toEqual([]);
}

for (const [table, reach] of CASES) {
  describe(`${table.name}: a real one does what its table says`, () => {
    for (const state of Object.keys(table.states)) {
      for (const event of table.events) {
        // A 100 that is not early comes over a reliable transport: NST-09.
        if (event === 'send100') continue;
        const arc = present(table.states[state])[event];
        test(`${state} × ${event} → ${arc === undefined ? 'absorbed' : arc.join(' ')}`, () => {
          takes(table, state, event, reach(state));
        });
      }
    }
  });
}

describe('compile', () => {
  const nothing: Effect<unknown> = () => {};
  const table = (initial: readonly [string, ...string[]], event = 'go'): AnyTable => ({
    name: 'machine',
    section: '§17',
    events: [event],
    initial,
    states: { begun: { [event]: ['terminated'] }, terminated: {} },
  });
  test('refuses a table in which the user is called before the last action', () => {
    expect(() => compile(table(['begun', 'pass', 'send']), { pass: nothing, send: nothing })).toThrow(
      'pass must come last',
    );
    expect(() => compile(table(['begun', 'send', 'pass']), { pass: nothing, send: nothing })).not.toThrow();
  });
  test('refuses a state that listens for two timers of one kind', () => {
    const two: AnyTable = {
      ...table(['begun']),
      events: ['timerA', 'timerE'],
      states: { begun: { timerA: ['begun'], timerE: ['begun'] }, terminated: {} },
    };
    expect(() => compile(two, {})).toThrow('both timerA and timerE');
  });
});

test('an ACK is never sent with a transaction of its own', () => {
  const stand = new Stand();
  expect(() => stand.layer.send(outgoing('ACK'), stand.hop, new NotingClient())).toThrow('ACK');
});
