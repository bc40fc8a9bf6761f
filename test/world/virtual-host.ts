// One host on the virtual network: it has addresses, binds them (all of a family with a wildcard) and connects from
// them.
import type {
  Connection,
  ConnectionReceiver,
  DatagramReceiver,
  DatagramSocket,
  Listener,
  LocalInterface,
  Network,
  SocketAddress,
} from '../../container/transport/network.js';
import { canonical, familyOf, hostError, isWildcard } from './transmission.js';
import { type Accept, dial } from './virtual-connection.js';
import type { VirtualNetwork } from './virtual-network.js';

export class VirtualHost implements Network {
  constructor(
    private readonly network: VirtualNetwork,
    private readonly addresses: readonly string[],
  ) {}

  async bind(address: string, port: number, receiver: DatagramReceiver): Promise<DatagramSocket> {
    return this.bindNow(address, port, receiver);
  }

  async listen(address: string, port: number, accept: Accept): Promise<Listener> {
    return this.listenNow(address, port, accept);
  }

  connect(remote: SocketAddress, receiver: ConnectionReceiver, from?: string): Connection {
    const to = { address: canonical(remote.address), port: remote.port };
    const address = from !== undefined && !isWildcard(from) ? canonical(from) : this.#sourceTo(to.address);
    return dial(this.network, { address, port: this.network.freePort() }, to, receiver);
  }

  interfaces(): LocalInterface[] {
    return this.addresses.map((address) => {
      const family = familyOf(address);
      const internal = address === '::1' || address.startsWith('127.');
      return { address, family, internal, prefix: family === 4 ? 24 : 64 };
    });
  }

  /** The same as bind, at once. */
  bindNow(address: string, port: number, receiver: DatagramReceiver): DatagramSocket {
    const local = { address: canonical(address), port: port || this.network.freePort() };
    const release = this.#claim(local, (at) => this.network.plug(at, local.port, receiver));
    let open = true;
    return {
      local,
      send: (wire, toPort, toAddress, failed) => {
        if (!open) return;
        const to = { address: canonical(toAddress), port: toPort };
        const from = isWildcard(local.address) ? { address: this.#sourceTo(to.address), port: local.port } : local;
        if (familyOf(from.address) === familyOf(to.address)) this.network.carry(from, to, wire, failed);
        else if (failed) this.network.clock.after(0, () => failed(hostError('EINVAL', `send to ${toAddress}`)));
      },
      close: async () => {
        open = false;
        release();
      },
    };
  }

  /** The same as listen, at once. */
  listenNow(address: string, port: number, accept: Accept): Listener {
    const local = { address: canonical(address), port: port || this.network.freePort() };
    const release = this.#claim(local, (at) => this.network.offer(at, local.port, accept));
    return { local, close: async () => release() };
  }

  /** Takes every address that is meant, or none. */
  #claim(local: SocketAddress, take: (address: string) => () => void): () => void {
    const family = familyOf(local.address);
    const wanted = isWildcard(local.address)
      ? this.addresses.filter((each) => familyOf(each) === family)
      : [local.address];
    const taken: (() => void)[] = [];
    const release = () => {
      for (const each of taken) each();
    };
    try {
      for (const address of wanted) {
        if (!this.addresses.includes(address)) throw hostError('EADDRNOTAVAIL', `bind ${address}`);
        taken.push(take(address));
      }
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  #sourceTo(address: string): string {
    const source = this.addresses.find((each) => familyOf(each) === familyOf(address));
    return source ?? (familyOf(address) === 4 ? '127.0.0.1' : '::1');
  }
}
