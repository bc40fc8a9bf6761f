// The order in which SRV records are tried (RFC 2782): lower priorities first; within one priority randomly, in
// proportion to the weights.

interface Service {
  readonly priority: number;
  readonly weight: number;
}

export function orderServices<T extends Service>(records: readonly T[], chance: () => number): T[] {
  const ordered: T[] = [];
  const sorted = [...records].sort((a, b) => a.priority - b.priority);
  const priorities = new Set(sorted.map(({ priority }) => priority));
  for (const priority of priorities)
    draw(
      sorted.filter((one) => one.priority === priority),
      chance,
      ordered,
    );
  return ordered;
}

/** Records of weight 0 come first in the running sum, so that they are rarely drawn while others remain. */
function draw<T extends Service>(same: T[], chance: () => number, ordered: T[]): void {
  same.sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
  while (same.length > 1) {
    let sum = 0;
    for (const one of same) sum += one.weight;
    const point = chance() * sum;
    let reached = 0;
    // Strictly less: a weight of 0 is skipped unless all weights are 0.
    const found = same.findIndex(({ weight }) => {
      reached += weight;
      return point < reached || sum === 0;
    });
    ordered.push(...same.splice(found < 0 ? same.length - 1 : found, 1));
  }
  ordered.push(...same);
}
