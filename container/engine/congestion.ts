// Overload control (§21.5.4): above a mark new initial requests get 503, until the load has fallen well below it. What
// belongs to a call is always served.

/** How loaded the process is. */
export interface Load {
  /** Share of the memory that it may have, 0 to 1. */
  readonly memory: number;
  /** Milliseconds by which the event loop is late. */
  readonly delay: number;
}

/** Above which load no new calls are taken; 0: whatever the load. */
interface Marks {
  readonly memory: number;
  readonly delay: number;
}

/**
 * Measurements in a row that are above the mark: one compiler run or collection that holds everything up is no
 * overload.
 */
export const PATIENCE = 10;

/** Of the high mark: below this share of it calls are taken again. */
const LOW = 0.8;

export class Congestion {
  /** Why no new initial requests are taken; undefined: they are. */
  reason: string | undefined;
  /** Told of every change. */
  onChange: ((reason: string | undefined) => void) | undefined;

  #above = 0;

  constructor(readonly marks: Marks) {}

  /** The load as it is now. */
  measure(load: Load): void {
    const found = this.#reasonOf(load, this.reason === undefined ? 1 : LOW);
    this.#above = found === undefined ? 0 : this.#above + 1;
    if (this.reason === undefined && this.#above < PATIENCE) return;
    // While it is congested the reason may change from one to the other.
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
