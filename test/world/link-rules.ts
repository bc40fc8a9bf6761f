// What the way from one address to another does to what travels on it: rules that stay, and interventions that happen
// once.
import type { SocketAddress } from '../../container/transport/network.js';
import { endpoint, type Transmission } from './transmission.js';

/** Properties of a way in one direction. Probabilities from 0 to 1, times in milliseconds. */
export interface LinkProperties {
  /** 1 unless told. */
  delay: number;
  /** Added to the delay: anything from 0 to this. Datagrams overtake each other by it. */
  jitter: number;
  /** Datagrams that vanish. */
  loss: number;
  /** Datagrams that arrive twice. */
  duplicate: number;
  /** Datagrams that are held for up to `reorderBy` ms, so that later ones overtake them. */
  reorder: number;
  reorderBy: number;
  /** Nothing passes: datagrams vanish, connections stall and time out. */
  cut: boolean;
  /** The sender's host says at once that there is no way. */
  unreachable: boolean;
  /** Connections are refused even where somebody listens. */
  refuse: boolean;
  /** TCP: cut into segments of 1 to this many octets; 0 leaves what was written together together. */
  segment: number;
  /** TCP: writes within this time travel together. */
  gather: number;
}

/** Where the properties hold: an address, address:port, a participant's name; anywhere when absent. */
export interface LinkRule extends Partial<LinkProperties> {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly transport?: 'UDP' | 'TCP';
}

export type Predicate = (transmission: Transmission) => boolean;

interface Intervention {
  readonly predicate: Predicate;
  readonly act: 'drop' | 'duplicate' | 'delay';
  readonly by: number;
}

const ORDINARY: LinkProperties = {
  delay: 1,
  jitter: 0,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderBy: 20,
  cut: false,
  unreachable: false,
  refuse: false,
  segment: 0,
  gather: 0,
};

export class LinkRules {
  readonly #rules: LinkRule[] = [];
  readonly #interventions: Intervention[] = [];

  /** `names` gives the participant of an address. */
  constructor(private readonly names: (address: SocketAddress) => string | undefined) {}

  /** A later rule overrides what an earlier one says. The function that is returned takes it back. */
  add(rule: LinkRule): () => void {
    this.#rules.push(rule);
    return () => {
      const index = this.#rules.indexOf(rule);
      if (index >= 0) this.#rules.splice(index, 1);
    };
  }

  between(from: SocketAddress, to: SocketAddress, transport: 'UDP' | 'TCP'): LinkProperties {
    if (this.#rules.length === 0) return ORDINARY;
    const properties = { ...ORDINARY };
    for (const rule of this.#rules) {
      if (rule.transport !== undefined && rule.transport !== transport) continue;
      if (this.#covers(rule.from, from) && this.#covers(rule.to, to)) Object.assign(properties, rule);
    }
    return properties;
  }

  intervene(act: Intervention['act'], predicate: Predicate, times: number, by = 0): void {
    for (let i = 0; i < times; i++) this.#interventions.push({ act, predicate, by });
  }

  /** The intervention that this one meets, which is used up by it. */
  interventionFor(transmission: Transmission): Intervention | undefined {
    const index = this.#interventions.findIndex((intervention) => intervention.predicate(transmission));
    return index < 0 ? undefined : this.#interventions.splice(index, 1)[0];
  }

  #covers(place: string | undefined, address: SocketAddress): boolean {
    return (
      place === undefined ||
      place === address.address ||
      place === endpoint(address.address, address.port) ||
      place === this.names(address)
    );
  }
}
