// The open connections: found by their destination, and counted by peer.
import { canonical } from './address.js';
import type { ConnectionFlow } from './connection-flow.js';

export class Connections {
  readonly #all = new Set<ConnectionFlow>();
  /** By remote address and port: connections for new messages (§18.1.1). */
  readonly #byRemote = new Map<string, ConnectionFlow>();
  /**
   * By remote address and the port in the peer's Vias: only for responses, because the peer chose that port itself
   * (§18.2.2).
   */
  readonly #byVia = new Map<string, ConnectionFlow>();
  readonly #perAddress = new Map<string, number>();
  #emptied: (() => void) | undefined;

  constructor(
    readonly max: number,
    readonly maxPerAddress: number,
  ) {}

  get size(): number {
    return this.#all.size;
  }

  get full(): boolean {
    return this.#all.size >= this.max;
  }

  all(): ConnectionFlow[] {
    return [...this.#all];
  }

  /** Whether the limits allow one more connection from that address. */
  admits(address: string): boolean {
    return !this.full && (this.#perAddress.get(address) ?? 0) < this.maxPerAddress;
  }

  add(flow: ConnectionFlow): void {
    this.#all.add(flow);
    this.#byRemote.set(key(flow.remoteAddress, flow.remotePort), flow);
    if (flow.inbound) this.#perAddress.set(flow.remoteAddress, (this.#perAddress.get(flow.remoteAddress) ?? 0) + 1);
  }

  alias(flow: ConnectionFlow, port: number): void {
    flow.viaPort = port;
    this.#byVia.set(key(flow.remoteAddress, port), flow);
  }

  to(address: string, port: number): ConnectionFlow | undefined {
    const flow = this.#byRemote.get(key(address, port));
    return flow?.reusable ? flow : undefined;
  }

  /** `source` is the port that the request came from, 0 when it is unknown. */
  forResponse(address: string, source: number, viaPort: number): ConnectionFlow | undefined {
    const exact = source === 0 ? undefined : this.#byRemote.get(key(address, source));
    const flow = exact ?? this.#byVia.get(key(address, viaPort));
    return flow?.open ? flow : undefined;
  }

  /** The connection is not found any more. */
  lost(flow: ConnectionFlow): void {
    const remote = key(flow.remoteAddress, flow.remotePort);
    if (this.#byRemote.get(remote) === flow) this.#byRemote.delete(remote);
    const via = key(flow.remoteAddress, flow.viaPort);
    if (this.#byVia.get(via) === flow) this.#byVia.delete(via);
  }

  /** The connection does not count any more. */
  gone(flow: ConnectionFlow): void {
    if (!this.#all.delete(flow)) return;
    if (flow.inbound) {
      const left = (this.#perAddress.get(flow.remoteAddress) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(flow.remoteAddress);
      else this.#perAddress.set(flow.remoteAddress, left);
    }
    if (this.#all.size === 0) this.#emptied?.();
  }

  /** Resolves when the last connection is closed. */
  emptied(): Promise<void> {
    if (this.#all.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#emptied = resolve;
    });
  }
}

function key(address: string, port: number): string {
  return `${canonical(address)}|${port}`;
}
