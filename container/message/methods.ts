// The registered methods (§7.1 and the RFCs that extend it): octets are mapped to them without making a string.

export const METHODS: readonly string[] =
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK UPDATE INFO SUBSCRIBE NOTIFY REFER MESSAGE PUBLISH'.split(' ');

/** Octets from one method to the next in `letters`; longer than any method. */
const ROOM = 16;
const letters = new Uint8Array(METHODS.length * ROOM);

/** A method, and where its octets begin in `letters`. */
interface Known {
  readonly name: string;
  readonly first: number;
}
/** By length, in the order above; a handful for each. */
const byLength: Known[][] = Array.from({ length: ROOM }, () => []);

for (const [index, name] of METHODS.entries()) {
  const first = index * ROOM;
  for (let i = 0; i < name.length; i++) letters[first + i] = name.charCodeAt(i);
  byLength[name.length]?.push({ name, first });
}

/** The text of [start, end): the shared string of a registered method, or a new string. */
export function methodAt(octets: Uint8Array, text: string, start: number, end: number): string {
  const known = letters;
  const length = end - start;
  const methods = length < ROOM ? byLength[length] : undefined;
  if (methods !== undefined) {
    for (let m = 0; m < methods.length; m++) {
      const method = methods[m];
      if (method === undefined) break;
      let i = 0;
      while (i < length && octets[start + i] === known[method.first + i]) i++;
      if (i === length) return method.name;
    }
  }
  return text.slice(start, end);
}
