// Metrics as plain numbers, in the shape that prom-client writes: declared with label names, with a limited number of
// label combinations.
import type { Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string | number>>;

/** One line of the text that Prometheus reads. */
export interface Value {
  readonly value: number;
  readonly labels: Labels;
  /** Set for the parts of a histogram. */
  readonly metricName?: string;
}

/** What prom-client needs of a metric to write it. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  get(): FamilyValues & { readonly aggregator: 'sum' };
}

/** The current values of a family, as plain data that can be sent to another thread. */
export interface FamilyValues {
  readonly name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly values: readonly Value[];
}

/** How many label combinations one metric may have; more are not counted. */
export const MAX_SERIES = 1000;

const NONE: Labels = {};

/** A family whose values are computed when they are needed. */
export function family(name: string, type: Family['type'], help: string, values: () => readonly Value[]): Family {
  return { name, help, type, get: () => ({ name, help, type, values: values(), aggregator: 'sum' }) };
}

/** prom-client accepts any object of this shape; its types name its own classes. */
export function register(registry: Registry, one: Family): void {
  registry.registerMetric(one as never);
}

/** Values by their labels. */
class Series<T extends { readonly labels: Labels }> {
  readonly #all = new Map<string, T>();

  /** Undefined above the limit. */
  of(labels: Labels, make: (labels: Labels) => T): T | undefined {
    const key = keyOf(labels);
    let one = this.#all.get(key);
    if (one === undefined && this.#all.size < MAX_SERIES) {
      one = make(checked(labels));
      this.#all.set(key, one);
    }
    return one;
  }

  values(): IterableIterator<T> {
    return this.#all.values();
  }
}

function keyOf(labels: Labels): string {
  if (labels === NONE) return '';
  let key = '';
  for (const name of Object.keys(labels).sort()) key += `${name}\u0000${labels[name]}\u0001`;
  return key;
}

function checked(labels: Labels): Labels {
  for (const name of Object.keys(labels)) {
    if (!/^[A-Za-z_]\w*$/.test(name) || name === 'le' || name === 'app')
      throw new TypeError(`'${name}' is not a valid label name`);
  }
  return { ...labels };
}

/** A counter or a gauge, with one number for each combination of labels. */
export class Numbers {
  readonly #series = new Series<{ readonly labels: Labels; value: number }>();

  add(by: number, labels: Labels = NONE): void {
    const one = this.#series.of(labels, (own) => ({ labels: own, value: 0 }));
    if (one !== undefined) one.value += by;
  }

  set(value: number, labels: Labels = NONE): void {
    const one = this.#series.of(labels, (own) => ({ labels: own, value }));
    if (one !== undefined) one.value = value;
  }

  values(shared: Labels = NONE): Value[] {
    return [...this.#series.values()].map(({ labels, value }) => ({ labels: { ...shared, ...labels }, value }));
  }
}

/** Seconds. */
export const SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** How many values fell into each bucket. */
export class Distribution {
  readonly #buckets: readonly { readonly le: number; count: number }[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[] = SECONDS) {
    this.#buckets = bounds.map((le) => ({ le, count: 0 }));
  }

  observe(value: number): void {
    this.sum += value;
    this.count++;
    for (const bucket of this.#buckets) {
      if (value <= bucket.le) {
        bucket.count++;
        return;
      }
    }
  }

  values(name: string, labels: Labels): Value[] {
    const values: Value[] = [];
    let below = 0;
    for (const { le, count } of this.#buckets) {
      below += count;
      values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: below });
    }
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: this.count });
    values.push({ metricName: `${name}_sum`, labels, value: this.sum });
    values.push({ metricName: `${name}_count`, labels, value: this.count });
    return values;
  }
}

/** A distribution for each combination of labels. */
export class Distributions {
  readonly #bounds: readonly number[];
  readonly #series = new Series<{ readonly labels: Labels; readonly of: Distribution }>();

  constructor(bounds: readonly number[] = SECONDS) {
    this.#bounds = bounds;
  }

  observe(value: number, labels: Labels = NONE): void {
    this.#series.of(labels, (own) => ({ labels: own, of: new Distribution(this.#bounds) }))?.of.observe(value);
  }

  values(name: string, shared: Labels): Value[] {
    return [...this.#series.values()].flatMap(({ labels, of }) => of.values(name, { ...shared, ...labels }));
  }
}
