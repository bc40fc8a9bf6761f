// A connection of the container to itself: what one application sends to the next over TCP.
import type { Connection, ConnectionReceiver, SocketAddress } from '../../container/transport/network.js';

/** What the ends need of the wires. */
interface Surroundings {
  after(delay: number, job: () => void): void;
  travels(wire: string): void;
}

/** One end of it. */
export class Loop implements Connection {
  readonly backlog = 0;
  receiver!: ConnectionReceiver;
  other!: Loop;
  #closed = false;

  constructor(
    private readonly around: Surroundings,
    readonly local: SocketAddress,
    readonly remote: SocketAddress,
  ) {}

  write(wire: string): void {
    if (this.#closed) return;
    this.around.travels(wire);
    this.around.after(0, () => {
      if (!this.other.#closed) this.other.receiver.receive(wire);
    });
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    for (const end of [this, this.other]) {
      if (end.#closed) continue;
      end.#closed = true;
      this.around.after(0, () => end.receiver.closed());
    }
  }
}
