// State machines as tables: state → event → [next state, ...actions]. They are compiled once into arrays, so that a
// step only needs an index (§17).
import { present } from '../base/present.js';
import type { Message } from '../message/index.js';
import { TIMER_TABLE, type TimerKind, type TimerName } from './timers.js';

/**
 * The next state for an event, and the actions, in order. Actions that call the user come last: `pass…` and `tell…`.
 */
export type Arc<State extends string, Action extends string> = readonly [next: State, ...actions: Action[]];

export interface Table<State extends string, Event extends string, Action extends string> {
  readonly name: string;
  readonly section: string;
  /** The events, in the order of the matrix. An event without an arc in a state is absorbed. */
  readonly events: readonly Event[];
  readonly initial: Arc<State, Action>;
  readonly states: { readonly [state in State]: { readonly [event in Event]?: Arc<State, Action> } };
}

/** The code of an action. `message` belongs to the event: the response received or to be sent, or the ACK. */
export type Effect<Subject> = (subject: Subject, message: Message | undefined) => void;

/** A state, with everything that a step needs. */
export class Place<Subject> {
  readonly name: string;
  /** The final state: no arc leaves it. */
  readonly last: boolean;
  /** The moves, by the number of the event. */
  readonly moves: (Move<Subject> | undefined)[] = [];
  /** The timers of this state: entering it stops all others. */
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
  /** The number of each event, by name. */
  readonly events: { readonly [event in Event]: number };
  readonly initial: Move<Subject>;
  /** The state of an abandoned transaction. */
  readonly terminated: Place<Subject>;
}

/**
 * Joins a table with the code of its actions. Throws when the table breaks a rule of its form; this happens when the
 * module is loaded.
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
    if (timers[kind] !== undefined) throw new Error(`a state must not listen for both ${timers[kind]} and ${timer}`);
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
