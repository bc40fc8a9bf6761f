// The ACK to the callee's 2xx in a proxied dialog: until it has passed, the container sends no BYE in the callee's name
// (§15). The callee would stop sending its 2xx, and a caller that has not got it would wait for ever.
import type { Clock, Timed } from '../base/clock.js';

/** Milliseconds: 64*T1. */
const LIFETIME = 32_000;

export class AwaitedAck implements Timed {
  #then: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** When the 2xx came. */
    private readonly since = clock.now(),
  ) {}

  /** Resolves when it has passed, or 64*T1 after the 2xx. */
  passed(): Promise<void> {
    return new Promise((resolve) => {
      const deadline = this.clock.start(Math.max(0, this.since + LIFETIME - this.clock.now()), this, 'ack');
      this.#then = () => {
        deadline.stop();
        resolve();
      };
    });
  }

  arrived(): void {
    this.#then?.();
  }

  expire(): void {
    this.arrived();
  }
}
