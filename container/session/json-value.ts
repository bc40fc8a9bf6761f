// The values that attributes and timers may keep: JSON values, so that a store can keep them later (RULES.md section
// 3).

/** The maximum depth: a deeper value is not data, but a structure of the program. */
const MAX_DEPTH = 100;

/** Throws a TypeError that names the place, when the value could not be written as JSON and read back unchanged. */
export function assertJson(value: unknown, place: string): void {
  check(value, place, []);
}

function check(value: unknown, place: string, above: readonly object[]): void {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value !== 'object') throw new TypeError(`${place} is ${nameOf(value)}, which is not a JSON value`);
  if (above.includes(value)) throw new TypeError(`${place} contains itself, so it is not a JSON value`);
  if (above.length === MAX_DEPTH)
    throw new TypeError(`${shortened(place)} is nested more than ${MAX_DEPTH} levels deep`);
  const path = [...above, value];
  if (Array.isArray(value)) checkElements(value, place, path);
  else checkMembers(value, place, path);
}

function checkElements(value: readonly unknown[], place: string, path: readonly object[]): void {
  // By index: a hole is an undefined element.
  for (let i = 0; i < value.length; i++) check(value[i], `${place}[${i}]`, path);
}

function checkMembers(value: object, place: string, path: readonly object[]): void {
  if (!isPlain(value)) throw new TypeError(`${place} is ${nameOf(value)}, which is not a JSON value`);
  // An undefined member counts as missing, as in JSON.
  for (const [name, member] of Object.entries(value)) if (member !== undefined) check(member, `${place}.${name}`, path);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** In words: 'a function', 'a Date', 'undefined', 'NaN'. */
function nameOf(value: unknown): string {
  if (value === undefined || typeof value === 'number') return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  return `an object of the class ${value?.constructor?.name || 'without a name'}`;
}

function shortened(place: string): string {
  return place.length > 80 ? `${place.slice(0, 80)}…` : place;
}
