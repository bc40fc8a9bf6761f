// Merges what several engines count and record: adds numbers with the same name and labels, and sorts the messages of
// one call by time.
import type { CallSummary, CallTrace } from '../observe/calls.js';
import { type Family, type FamilyValues, family, type Value } from '../observe/series.js';

/** The families of all engines, each once. */
export function summed(engines: readonly (readonly FamilyValues[])[]): Family[] {
  const sums = new Map<string, Sum>();
  for (const one of engines.flat()) {
    const sum = sums.get(one.name) ?? { first: one, values: new Map() };
    sums.set(one.name, sum);
    // If an application declares a metric differently in another engine, that one is left out.
    if (sum.first.type === one.type) addTo(sum.values, one.values);
  }
  return [...sums.values()].map(({ first: { name, type, help }, values }) =>
    family(name, type, help, () => [...values.values()]),
  );
}

interface Sum {
  readonly first: FamilyValues;
  /** By name and labels. */
  readonly values: Map<string, Value>;
}

function addTo(sums: Map<string, Value>, values: readonly Value[]): void {
  for (const value of values) {
    const key = keyOf(value);
    const before = sums.get(key);
    sums.set(key, before === undefined ? value : { ...value, value: before.value + value.value });
  }
}

function keyOf({ metricName = '', labels }: Value): string {
  let key = metricName;
  for (const name of Object.keys(labels).sort()) key += `\u0000${name}\u0001${labels[name]}`;
  return key;
}

/** The newest first. A call that two engines have seen is listed once. */
export function allCalls(engines: readonly (readonly CallSummary[])[]): CallSummary[] {
  const all = new Map<string, CallSummary>();
  for (const call of engines.flat()) {
    const other = all.get(call.callId);
    all.set(call.callId, other === undefined ? call : joined(other, call));
  }
  return [...all.values()].sort((a, b) => b.began - a.began);
}

/** One call as all engines have seen it; undefined when none has. */
export function wholeCall(engines: readonly (CallTrace | undefined)[]): CallTrace | undefined {
  const [first, ...others] = engines.filter((one) => one !== undefined);
  if (first === undefined) return undefined;
  return others.reduce((whole, one) => {
    const trace = [...whole.trace, ...one.trace].sort((a, b) => a.at - b.at);
    return { ...joined(whole, one), trace, omitted: whole.omitted + one.omitted };
  }, first);
}

/** The summary that was updated last determines the state. */
function joined(a: CallSummary, b: CallSummary): CallSummary {
  const [first, last] = a.last <= b.last ? [a, b] : [b, a];
  const messages = a.messages + b.messages;
  const began = Math.min(a.began, b.began);
  return { ...first, ...(last.state === 'trying' ? {} : last), began, last: last.last, messages };
}
