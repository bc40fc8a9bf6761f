// Asserts that a value is not missing, where the compiler cannot know it. Not for loops over octets.

/** The value itself. Throws an Error with `what` in it when the value is missing. */
export function present<T>(value: T | undefined | null, what = 'a value'): T {
  if (value === undefined || value === null) throw new Error(`${what} is missing`);
  return value;
}
