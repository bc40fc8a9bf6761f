// Which carriers take a number and in which order, how each wants it dialled, and how many calls each has.
import type { Carrier, Offer, Settings } from './settings.js';

/**
 * The carriers that take a number, in the order in which they are tried, each once: those of the longest prefix
 * first; among them the cheapest; among those that cost the same, by chance and weight.
 */
export function carriersFor(number: string, routes: Settings['routes'], random = Math.random): Carrier[] {
  const offers = routes.getAll(number).flatMap((all) => inOrder(all, random));
  return [...new Set(offers.map(({ carrier }) => carrier))];
}

/** The cheapest first. */
export function inOrder(offers: readonly Offer[], random: () => number): Offer[] {
  const costs = [...new Set(offers.map(({ cost }) => cost))].sort((a, b) => a - b);
  return costs.flatMap((price) =>
    drawn(
      offers.filter(({ cost }) => cost === price),
      random,
    ),
  );
}

/** All of them, drawn one after another by weight, as RFC 2782 has it. */
function drawn(offers: Offer[], random: () => number): Offer[] {
  const left = [...offers];
  const order: Offer[] = [];
  while (left.length > 1) {
    let ticket = random() * left.reduce((sum, { weight }) => sum + weight, 0);
    const hit = left.findIndex(({ weight }) => {
      ticket -= weight;
      return ticket < 0;
    });
    order.push(...left.splice(Math.max(hit, 0), 1));
  }
  return [...order, ...left];
}

/** The number as the carrier wants it dialled. */
export function dialledAt({ rewrite }: Pick<Carrier, 'rewrite'>, number: string): string {
  const rule = rewrite.find(({ strip }) => number.startsWith(strip));
  return rule === undefined ? number : rule.prepend + number.slice(rule.strip.length);
}

/** One call at one carrier. */
export interface Circuit {
  /** Gives it back; a second time does nothing. */
  release(): void;
}

/** Counts the calls of each carrier. */
export class Circuits {
  readonly #taken = new Map<string, number>();

  /** Undefined when the carrier has as many calls as it may; an emergency call is put through all the same. */
  take({ name, limit }: Pick<Carrier, 'name' | 'limit'>, isEmergency = false): Circuit | undefined {
    const taken = this.taken(name);
    if (taken >= limit && !isEmergency) return undefined;
    this.#taken.set(name, taken + 1);
    let isHeld = true;
    return {
      release: () => {
        if (isHeld) this.#taken.set(name, this.taken(name) - 1);
        isHeld = false;
      },
    };
  }

  taken(name: string): number {
    return this.#taken.get(name) ?? 0;
  }
}
