// The timers of the transactions as data: RFC 3261 Table 4 with L and M of RFC 6026. The machines do not ask which
// transport they use.

/**
 * Milliseconds. T1 estimates the round-trip time, T2 limits the interval between retransmissions, T4 is the maximal
 * time that a message stays in the network (§17.1.1.1).
 */
export interface TimerValues {
  readonly t1: number;
  readonly t2: number;
  readonly t4: number;
}

const DEFAULT_TIMERS: TimerValues = { t1: 500, t2: 4000, t4: 5000 };

/** The durations of Table 4. `never`: the timer is not started. */
type Span = 'T1' | '64*T1' | 'T4' | '200 ms' | 'E reaches T2' | 'zero' | 'never';

/**
 * The purpose of a timer. A state listens for at most one timer of each kind, so a transaction has at most three
 * deadlines.
 */
export type TimerKind = 'repeat' | 'limit' | 'wait';

interface Row {
  readonly kind: TimerKind;
  readonly unreliable: Span;
  readonly reliable: Span;
  readonly section: string;
}

/** By the name of the event that the timer raises. */
export const TIMER_TABLE = {
  timerA: { kind: 'repeat', unreliable: 'T1', reliable: 'never', section: '§17.1.1.2' },
  timerB: { kind: 'limit', unreliable: '64*T1', reliable: '64*T1', section: '§17.1.1.2' },
  timerD: { kind: 'limit', unreliable: '64*T1', reliable: 'zero', section: '§17.1.1.2' },
  timerE: { kind: 'repeat', unreliable: 'T1', reliable: 'never', section: '§17.1.2.2' },
  timerF: { kind: 'limit', unreliable: '64*T1', reliable: '64*T1', section: '§17.1.2.2' },
  timerG: { kind: 'repeat', unreliable: 'T1', reliable: 'never', section: '§17.2.1' },
  timerH: { kind: 'limit', unreliable: '64*T1', reliable: '64*T1', section: '§17.2.1' },
  timerI: { kind: 'limit', unreliable: 'T4', reliable: 'zero', section: '§17.2.1' },
  timerJ: { kind: 'limit', unreliable: '64*T1', reliable: 'zero', section: '§17.2.2' },
  timerK: { kind: 'limit', unreliable: 'T4', reliable: 'zero', section: '§17.1.2.2' },
  timerL: { kind: 'limit', unreliable: '64*T1', reliable: '64*T1', section: 'RFC 6026 §7.1' },
  timerM: { kind: 'limit', unreliable: '64*T1', reliable: '64*T1', section: 'RFC 6026 §7.2' },
  timerCancel: { kind: 'wait', unreliable: '64*T1', reliable: '64*T1', section: '§9.1' },
  timerTrying: { kind: 'wait', unreliable: '200 ms', reliable: '200 ms', section: '§17.2.1' },
  timerLateTrying: { kind: 'wait', unreliable: 'E reaches T2', reliable: 'E reaches T2', section: 'RFC 4320 §4.1' },
} as const satisfies Readonly<Record<string, Row>>;

export type TimerName = keyof typeof TIMER_TABLE;

/**
 * A row of the table, with a number: a transaction starts several timers for each message, and looking each up by name
 * would cost more than everything else.
 */
export class Timer {
  constructor(
    readonly name: TimerName,
    readonly kind: TimerKind,
    readonly number: number,
  ) {}
}

const NAMES = Object.keys(TIMER_TABLE) as TimerName[];

export const TIMER = Object.fromEntries(
  NAMES.map((name, number) => [name, new Timer(name, TIMER_TABLE[name].kind, number)]),
) as unknown as { readonly [name in TimerName]: Timer };

/** Milliseconds, by the number of the timer. */
type Delays = readonly number[];

/** The table in milliseconds. */
export class Timers {
  readonly t2: number;
  readonly reliable: Delays;
  readonly unreliable: Delays;

  constructor(values: Partial<TimerValues> = {}) {
    const all = { ...DEFAULT_TIMERS, ...values };
    this.t2 = all.t2;
    this.reliable = delays(all, 'reliable');
    this.unreliable = delays(all, 'unreliable');
  }

  of(flow: { readonly reliable: boolean }): Delays {
    return flow.reliable ? this.reliable : this.unreliable;
  }
}

function delays(values: TimerValues, column: 'reliable' | 'unreliable'): Delays {
  return NAMES.map((name) => duration(TIMER_TABLE[name][column], values));
}

function duration(span: Span, { t1, t2, t4 }: TimerValues): number {
  switch (span) {
    case 'T1':
      return t1;
    case '64*T1':
      return 64 * t1;
    case 'T4':
      return t4;
    case '200 ms':
      return 200;
    case 'E reaches T2':
      return untilT2(t1, t2);
    case 'zero':
      return 0;
    case 'never':
      return Number.POSITIVE_INFINITY;
  }
}

/** The time until a client's Timer E is reset to T2: 3.5 s by default (RFC 4320 §4.1). */
function untilT2(t1: number, t2: number): number {
  let passed = 0;
  for (let interval = t1; interval < t2; interval *= 2) passed += interval;
  return passed;
}
