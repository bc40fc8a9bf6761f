// The metrics of applications (`Metrics`): labelled with the application, shared by its versions, and removed with the
// last version that declared them.
import type * as sdk from '@siplet/sdk';
import type { ApplicationIdentity } from '../application/application.js';
import { Distributions, type Family, family, Numbers, SECONDS } from './series.js';

interface Declared {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly family: Family;
  readonly measurement: sdk.Counter | sdk.Gauge | sdk.Histogram;
  /** The revisions that declared it. */
  readonly owners: Set<number>;
}

/** How many metrics one application may have. */
const MAX_MEASUREMENTS = 200;

export class ApplicationMetrics {
  /** By application, then by the name that the application gave. */
  readonly #declared = new Map<string, Map<string, Declared>>();
  /** The newest revision of each application so far. */
  readonly #newest = new Map<string, number>();

  /** The `Metrics` of one version. */
  of({ name: app, revision }: ApplicationIdentity): sdk.Metrics {
    this.#newest.set(app, revision);
    const declare = (name: string, kind: Declared['kind'], help: string, make: (full: string) => Made): unknown => {
      const own = this.#declared.get(app) ?? new Map<string, Declared>();
      this.#declared.set(app, own);
      const before = own.get(name);
      if (before !== undefined) {
        if (before.kind !== kind)
          throw new TypeError(`${app}: '${name}' is a ${before.kind} already, and cannot be a ${kind}`);
        before.owners.add(revision);
        return before.measurement;
      }
      if (typeof name !== 'string' || !/^[A-Za-z_]\w{0,99}$/.test(name))
        throw new TypeError(`${app}: '${String(name)}' is not a valid metric name`);
      if (own.size >= MAX_MEASUREMENTS)
        throw new TypeError(`${app}: cannot add '${name}': the application has ${MAX_MEASUREMENTS} metrics already`);
      const full = `app_${app.replace(/\W/g, '_')}_${name}`;
      const { measurement, values } = make(full);
      const made = { kind, measurement, owners: new Set([revision]), family: family(full, kind, help, values) };
      own.set(name, made);
      return measurement;
    };
    const shared = { app };
    return {
      counter: (name, help = name) => declare(name, 'counter', help, () => counter(shared, name)) as sdk.Counter,
      gauge: (name, help = name) => declare(name, 'gauge', help, () => gauge(shared)) as sdk.Gauge,
      histogram: (name, help = name, buckets = SECONDS) =>
        declare(name, 'histogram', help, (full) => histogram(full, shared, buckets)) as sdk.Histogram,
    };
  }

  /** Removes what only unloaded versions declared. `alive` are the versions in service or draining. */
  sweep(app: string, alive: ReadonlySet<number>): void {
    const own = this.#declared.get(app);
    const newest = this.#newest.get(app);
    if (own === undefined) return;
    for (const [name, { owners }] of own) {
      // The newest revision may be one that is just starting.
      for (const revision of owners) if (!alive.has(revision) && revision !== newest) owners.delete(revision);
      if (owners.size === 0) own.delete(name);
    }
  }

  /** Called when a version is unloaded. */
  unloaded(app: string, revision: number, alive: ReadonlySet<number>): void {
    if (this.#newest.get(app) === revision) this.#newest.delete(app);
    this.sweep(app, alive);
    if (this.#declared.get(app)?.size === 0) this.#declared.delete(app);
  }

  /** Applications whose names give the same prefix share a metric name; the label `app` distinguishes their series. */
  families(): Family[] {
    const byName = new Map<string, Family[]>();
    for (const own of this.#declared.values()) {
      for (const { family: one } of own.values()) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
    }
    return [...byName.values()].map((all) => {
      const [first] = all as [Family, ...Family[]];
      const alike = all.filter(({ type }) => type === first.type);
      return family(first.name, first.type, first.help, () => alike.flatMap((one) => one.get().values));
    });
  }
}

interface Made {
  readonly measurement: sdk.Counter | sdk.Gauge | sdk.Histogram;
  values(): ReturnType<Numbers['values']>;
}

function counter(shared: { app: string }, name: string): Made {
  const numbers = new Numbers();
  return {
    measurement: {
      increment: (labels, by = 1) => {
        if (!(by >= 0)) throw new TypeError(`${shared.app}: the counter '${name}' only grows: ${by}`);
        numbers.add(by, labels);
      },
    },
    values: () => numbers.values(shared),
  };
}

function gauge(shared: { app: string }): Made {
  const numbers = new Numbers();
  return {
    measurement: {
      set: (value, labels) => numbers.set(value, labels),
      add: (by, labels) => numbers.add(by, labels),
    },
    values: () => numbers.values(shared),
  };
}

function histogram(full: string, shared: { app: string }, buckets: readonly number[]): Made {
  if (buckets.length === 0 || buckets.length > 100 || !isAscending(buckets))
    throw new TypeError(`'${full}': buckets are at most 100 upper bounds in ascending order`);
  const distributions = new Distributions([...buckets]);
  return {
    measurement: { observe: (value, labels) => distributions.observe(value, labels) },
    values: () => distributions.values(full, shared),
  };
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.slice(1).every((number, before) => number > (numbers[before] ?? number));
}
