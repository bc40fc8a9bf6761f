// A flow to an unreachable destination: sending on it fails like a refused connection (§18.4).
import type { Agenda } from '../base/agenda.js';
import type { Flow, FlowUser } from './flow.js';
import type { TransportName } from './network.js';

export class LostFlow implements Flow {
  readonly open = false;
  readonly localAddress = '';
  readonly localPort = 0;
  readonly #silent = new Set<FlowUser>();

  constructor(
    readonly transport: TransportName,
    readonly remoteAddress: string,
    readonly remotePort: number,
    readonly sentBy: string,
    readonly error: Error,
    readonly agenda: Agenda,
  ) {}

  get reliable(): boolean {
    return this.transport !== 'UDP';
  }

  send(_wire: string, sender?: FlowUser): void {
    if (sender === undefined) return;
    this.agenda.add(() => {
      if (this.#silent.has(sender)) return;
      this.#silent.add(sender);
      sender.transportFailed(this.error, true);
    });
  }

  forget(sender: FlowUser): void {
    this.#silent.add(sender);
  }
}
