// Backpressure: counts what each engine has been given and has not handled yet. Above a limit, it holds the connections
// that bring more.

/** Octets that may wait for one engine; its connections continue when half of that is left. */
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

  /** Called when the engine was given that many octets from this connection. */
  given(engine: number, octets: number, connection: C): void {
    const waiting = (this.#waiting.get(engine) ?? 0) + octets;
    this.#waiting.set(engine, waiting);
    if (waiting <= MOST_WAITING) return;
    const held = this.#held.get(engine) ?? new Set();
    this.#held.set(engine, held.add(connection));
    this.#hold(connection, true);
  }

  /** Called when the engine has handled that many octets. */
  taken(engine: number, octets: number): void {
    const waiting = (this.#waiting.get(engine) ?? 0) - octets;
    this.#waiting.set(engine, waiting);
    if (waiting <= MOST_WAITING / 2) this.#letGo(engine);
  }

  /** Called when the engine has ended. */
  gone(engine: number): void {
    this.#waiting.set(engine, 0);
    this.#letGo(engine);
  }

  /** Called when the connection is closed. */
  forget(connection: C): void {
    for (const held of this.#held.values()) held.delete(connection);
  }

  /** A connection that another engine holds stays held. */
  #letGo(engine: number): void {
    const held = this.#held.get(engine);
    this.#held.delete(engine);
    for (const connection of held ?? [])
      if (![...this.#held.values()].some((others) => others.has(connection))) this.#hold(connection, false);
  }
}
