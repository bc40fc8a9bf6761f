// Which carriers take a number, and in which order: the longest prefix, then the lowest cost, then chance by weight.

/** One carrier for one prefix. */
export interface Offer {
  readonly carrier: string;
  readonly cost: number;
  /**
   * Of those that cost the same, one of weight 3 comes first three times as often as one of weight
   * 1; one of weight 0 comes last.
   */
  readonly weight: number;
}

/** Gives numbers from 0 up to, but not including, 1. */
export type Chance = () => number;

export class Routes {
  readonly #offers: ReadonlyMap<string, readonly Offer[]>;
  readonly #lengths: readonly number[];

  constructor(offers: ReadonlyMap<string, readonly Offer[]>) {
    this.#offers = offers;
    this.#lengths = [...new Set([...offers.keys()].map((prefix) => prefix.length))].sort((a, b) => b - a);
  }

  /**
   * Names of carriers in the order in which they are to be tried, each once. Those of shorter prefixes
   * come after those of longer ones.
   */
  to(number: string, chance: Chance): string[] {
    const carriers = new Set<string>();
    for (const length of this.#lengths) {
      if (length > number.length) continue;
      const offers = this.#offers.get(number.slice(0, length));
      if (offers !== undefined) for (const { carrier } of inOrder(offers, chance)) carriers.add(carrier);
    }
    return [...carriers];
  }
}

/** The cheapest first. */
export function inOrder(offers: readonly Offer[], chance: Chance): Offer[] {
  const costs = [...new Set(offers.map(({ cost }) => cost))].sort((a, b) => a - b);
  return costs.flatMap((cost) =>
    drawn(
      offers.filter((offer) => offer.cost === cost),
      chance,
    ),
  );
}

/** All of them, drawn one after another by weight, as RFC 2782 has it. */
function drawn(offers: Offer[], chance: Chance): Offer[] {
  const left = [...offers];
  const order: Offer[] = [];
  while (left.length > 1) {
    let ticket = chance() * left.reduce((sum, { weight }) => sum + weight, 0);
    const hit = left.findIndex(({ weight }) => {
      ticket -= weight;
      return ticket < 0;
    });
    order.push(...left.splice(Math.max(hit, 0), 1));
  }
  return [...order, ...left];
}
