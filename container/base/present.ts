// Asserts that a value is there: where the types cannot say what the code around guarantees.

/** The value itself. Throws when it is missing: a fault of the container, named by `what`. */
export function present<T>(value: T | null | undefined, what = 'a value'): T {
  if (value === undefined || value === null) throw new Error(`${what} is missing`);
  return value;
}
