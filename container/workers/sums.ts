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

/** The newest first. A call that two engines have seen, by whichever leg, is listed once. */
export function allCalls(engines: readonly (readonly CallSummary[])[]): CallSummary[] {
  const byCallId = new Map<string, CallSummary>();
  // An engine that knows more legs of a call joins those that others know apart.
  for (const call of engines.flat().sort((a, b) => b.callIds.length - a.callIds.length)) {
    const known = call.callIds.map((callId) => byCallId.get(callId)).find((one) => one !== undefined);
    const whole = known === undefined ? call : joined(known, call);
    for (const callId of whole.callIds) byCallId.set(callId, whole);
  }
  return [...new Set(byCallId.values())].sort((a, b) => b.began - a.began);
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

/**
 * The summary that was updated last determines the state, unless it knows only the beginning, or the other engine has
 * the call that this one has left. That with more legs knows how they belong together.
 */
function joined(a: CallSummary, b: CallSummary): CallSummary {
  const [first, last] = a.last <= b.last ? [a, b] : [b, a];
  const messages = a.messages + b.messages;
  const began = Math.min(a.began, b.began);
  const isWeak = last.state === 'trying' || (last.state === 'left' && first.state !== 'trying');
  const fewer = a.callIds.length - b.callIds.length;
  const chosen = fewer > 0 ? a : fewer < 0 ? b : isWeak ? first : last;
  const { callId } = fewer < 0 ? b : a;
  const callIds = [...new Set([callId, ...a.callIds, ...b.callIds])];
  return { ...first, ...chosen, callId, callIds, began, last: last.last, messages };
}
