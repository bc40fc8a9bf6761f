// The methods that are registered (§7.1 and the RFCs that extend it), and the way from octets to one of them without a new string.

export const METHODS: readonly string[] =
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK UPDATE INFO SUBSCRIBE NOTIFY REFER MESSAGE PUBLISH'.split(' ');

/** Octets of each, so far apart; none is as long. */
const ROOM = 16;
const letters = new Uint8Array(METHODS.length * ROOM);
for (let m = 0; m < METHODS.length; m++) {
  const method = METHODS[m]!;
  for (let i = 0; i < method.length; i++) letters[m * ROOM + i] = method.charCodeAt(i);
}
/** By length, then in the order above: a handful of numbers each. */
const byLength: number[][] = Array.from({ length: ROOM }, () => []);
for (let m = 0; m < METHODS.length; m++) byLength[METHODS[m]!.length]!.push(m);

/** The text of [start, end): the one string that stands for a registered method, or a new one. */
export function methodAt(octets: Uint8Array, text: string, start: number, end: number): string {
  const known = letters;
  const length = end - start;
  if (length < ROOM) {
    const methods = byLength[length]!;
    for (let m = 0; m < methods.length; m++) {
      const first = methods[m]! * ROOM;
      let i = 0;
      while (i < length && octets[start + i] === known[first + i]) i++;
      if (i === length) return METHODS[methods[m]!]!;
    }
  }
  return text.slice(start, end);
}
