// The order in which SRV records are tried (RFC 2782): lower priorities first, within one priority by chance in proportion to the weights.

interface Service {
  readonly priority: number;
  readonly weight: number;
}

export function orderServices<T extends Service>(records: readonly T[], chance: () => number): T[] {
  const ordered: T[] = [];
  const sorted = [...records].sort((a, b) => a.priority - b.priority);
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (end < sorted.length && sorted[end]!.priority === sorted[i]!.priority) end++;
    draw(sorted.slice(i, end), chance, ordered);
    i = end;
  }
  return ordered;
}

/** Those of weight 0 stand first in the running sum, so that they are drawn with hardly any chance while others are left. */
function draw<T extends Service>(same: T[], chance: () => number, ordered: T[]): void {
  same.sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
  while (same.length > 1) {
    let sum = 0;
    for (const one of same) sum += one.weight;
    const point = chance() * sum;
    let reached = 0;
    let at = 0;
    for (; at < same.length - 1; at++) {
      reached += same[at]!.weight;
      // Strictly less: a weight of 0 is passed over but when all are 0.
      if (point < reached || sum === 0) break;
    }
    ordered.push(same[at]!);
    same.splice(at, 1);
  }
  ordered.push(...same);
}
