// Machines as tables: state → event → [next state, ...actions], compiled once into arrays that a step only has to index
// (§17).
import { present } from '../base/present.js';
import type { Message } from '../message/index.js';
import { TIMER_TABLE, type TimerKind, type TimerName } from './timers.js';

/** Where an event leads, and what is done then, in order. Whatever calls the user comes last: `pass…` and `tell…`. */
export type Arc<State extends string, Action extends string> = readonly [next: State, ...actions: Action[]];

export interface Table<State extends string, Event extends string, Action extends string> {
  readonly name: string;
  readonly section: string;
  /** In the order of the matrix. An event that a state draws no arc for is absorbed. */
  readonly events: readonly Event[];
  readonly initial: Arc<State, Action>;
  readonly states: { readonly [state in State]: { readonly [event in Event]?: Arc<State, Action> } };
}

/** What an action does. `message` is that of the event: the response received or to be sent, the ACK. */
export type Effect<Subject> = (subject: Subject, message: Message | undefined) => void;

/** A state, with what a step needs of it. */
export class Place<Subject> {
  readonly name: string;
  /** Nothing leads out of it. */
  readonly last: boolean;
  /** By the number of the event. */
  readonly moves: (Move<Subject> | undefined)[] = [];
  /** The timers that it listens for: any other is stopped on entering. */
  readonly timers: Record<TimerKind, TimerName | undefined>;

  constructor(name: string, last: boolean, timers: Record<TimerKind, TimerName | undefined>) {
    this.name = name;
    this.last = last;
    this.timers = timers;
  }
}

export class Move<Subject> {
  readonly next: Place<Subject>;
  readonly effects: readonly Effect<Subject>[];

  constructor(next: Place<Subject>, effects: readonly Effect<Subject>[]) {
    this.next = next;
    this.effects = effects;
  }
}

export interface Machine<Event extends string, Subject> {
  /** Events by name, to the number that a step takes. */
  readonly events: { readonly [event in Event]: number };
  readonly initial: Move<Subject>;
  /** Where an abandoned transaction is put. */
  readonly terminated: Place<Subject>;
}

/**
 * Joins a table with what its actions do. Throws when the table breaks a rule of its form, which the module that
 * compiles it shows at load.
 */
export function compile<State extends string, Event extends string, Action extends string, Subject>(
  table: Table<State, Event, Action>,
  effects: Readonly<Record<Action, Effect<Subject>>>,
): Machine<Event, Subject> {
  const places = new Map<string, Place<Subject>>();
  for (const state of Object.keys(table.states) as State[]) {
    const heard = Object.keys(table.states[state]);
    places.set(state, new Place(state, heard.length === 0, timersOf(heard)));
  }
  const placeOf = (state: string): Place<Subject> => present(places.get(state), `${table.name}: the state ${state}`);
  const move = ([next, ...actions]: Arc<State, Action>): Move<Subject> => {
    checkOrder(table.name, actions);
    return new Move(
      placeOf(next),
      actions.map((action) => effects[action]),
    );
  };
  for (const state of Object.keys(table.states) as State[]) {
    const place = placeOf(state);
    for (const event of table.events) {
      const arc = table.states[state][event];
      place.moves.push(arc === undefined ? undefined : move(arc));
    }
  }
  const numbers = Object.fromEntries(table.events.map((event, number) => [event, number])) as Record<Event, number>;
  return { events: numbers, initial: move(table.initial), terminated: placeOf('terminated') };
}

function timersOf(events: readonly string[]): Record<TimerKind, TimerName | undefined> {
  const timers: Record<TimerKind, TimerName | undefined> = { repeat: undefined, limit: undefined, wait: undefined };
  for (const event of events) {
    if (!(event in TIMER_TABLE)) continue;
    const timer = event as TimerName;
    const { kind } = TIMER_TABLE[timer];
    if (timers[kind] !== undefined) throw new Error(`one state may not listen for both ${timers[kind]} and ${timer}`);
    timers[kind] = timer;
  }
  return timers;
}

function callsUser(action: string): boolean {
  return action.startsWith('pass') || action.startsWith('tell');
}

function checkOrder(name: string, actions: readonly string[]): void {
  const first = actions.findIndex(callsUser);
  if (first >= 0 && first !== actions.length - 1) throw new Error(`${name}: ${actions[first]} must come last`);
}
