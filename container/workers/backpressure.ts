// What each engine has been given and has not dealt with: above a bound, the connections that bring more are held.

/** Octets that wait for one engine; its connections go on when half of it is left. */
const MOST_WAITING = 1_048_576;

/** `C` is a connection. */
export class Backpressure<C> {
  /** Octets, by engine. */
  readonly #waiting = new Map<number, number>();
  readonly #held = new Map<number, Set<C>>();
  readonly #hold: (connection: C, isHeld: boolean) => void;

  constructor(hold: (connection: C, isHeld: boolean) => void) {
    this.#hold = hold;
  }

  /** The engine was given so many octets that came on this connection. */
  given(engine: number, octets: number, connection: C): void {
    const waiting = (this.#waiting.get(engine) ?? 0) + octets;
    this.#waiting.set(engine, waiting);
    if (waiting <= MOST_WAITING) return;
    const held = this.#held.get(engine) ?? new Set();
    this.#held.set(engine, held.add(connection));
    this.#hold(connection, true);
  }

  /** The engine has dealt with so many. */
  taken(engine: number, octets: number): void {
    const waiting = (this.#waiting.get(engine) ?? 0) - octets;
    this.#waiting.set(engine, waiting);
    if (waiting <= MOST_WAITING / 2) this.#letGo(engine);
  }

  /** The engine has ended. */
  gone(engine: number): void {
    this.#waiting.set(engine, 0);
    this.#letGo(engine);
  }

  /** The connection is closed. */
  forget(connection: C): void {
    for (const held of this.#held.values()) held.delete(connection);
  }

  /** What another engine holds stays held. */
  #letGo(engine: number): void {
    const held = this.#held.get(engine);
    this.#held.delete(engine);
    for (const connection of held ?? [])
      if (![...this.#held.values()].some((others) => others.has(connection))) this.#hold(connection, false);
  }
}
