// Asserts that a value is there, where the surrounding code guarantees it but the types cannot express that.

/** Returns the value. Throws if it is missing, which is a fault of the container; `what` names the value. */
export function present<T>(value: T | null | undefined, what = 'a value'): T {
  if (value === undefined || value === null) throw new Error(`${what} is missing`);
  return value;
}
