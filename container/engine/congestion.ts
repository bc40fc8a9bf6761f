// Overload control (§21.5.4): above a mark, new initial requests get 503 until the load has fallen well below it.
// Requests of existing calls are always served.

/** The load of the process. */
export interface Load {
  /** The used share of the available memory, 0 to 1. */
  readonly memory: number;
  /** Milliseconds by which the event loop is late. */
  readonly delay: number;
}

/** The loads above which new calls are refused; 0 disables a mark. */
interface Marks {
  readonly memory: number;
  readonly delay: number;
}

/**
 * How many measurements in a row must be above the mark: a single compiler run or garbage collection is not overload.
 */
export const PATIENCE = 10;

/** New calls are accepted again below this share of the mark. */
const LOW = 0.8;

export class Congestion {
  /** Why new initial requests are refused; undefined when they are not. */
  reason: string | undefined;
  /** Called on every change. */
  onChange: ((reason: string | undefined) => void) | undefined;

  #above = 0;

  constructor(readonly marks: Marks) {}

  /** Takes a measurement of the load. */
  measure(load: Load): void {
    const found = this.#reasonOf(load, this.reason === undefined ? 1 : LOW);
    this.#above = found === undefined ? 0 : this.#above + 1;
    if (this.reason === undefined && this.#above < PATIENCE) return;
    // While the process is congested the reason may change.
    const changed = (found === undefined) !== (this.reason === undefined);
    this.reason = found;
    if (changed) this.onChange?.(found);
  }

  #reasonOf({ memory, delay }: Load, factor: number): string | undefined {
    const { marks } = this;
    if (marks.memory > 0 && memory > marks.memory * factor) return `memory is at ${Math.round(memory * 100)}%`;
    if (marks.delay > 0 && delay > marks.delay * factor) return `the event loop is ${Math.round(delay)} ms late`;
    return undefined;
  }
}
