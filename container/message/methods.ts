// The methods that are registered (§7.1 and the RFCs that extend it), and the way from octets to one of them without a new string.

export const METHODS: readonly string[] =
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK UPDATE INFO SUBSCRIBE NOTIFY REFER MESSAGE PUBLISH'.split(' ');

/** By length, then in the order above: a handful each. */
const byLength: string[][] = [];
for (const method of METHODS) (byLength[method.length] ??= []).push(method);
for (let length = 0; length < byLength.length; length++) byLength[length] ??= [];

/** The text of [start, end): the one string that stands for a registered method, or a new one. */
export function methodAt(octets: Uint8Array, text: string, start: number, end: number): string {
  const length = end - start;
  if (length < byLength.length) {
    const methods = byLength[length]!;
    for (let m = 0; m < methods.length; m++) {
      const method = methods[m]!;
      let i = 0;
      while (i < length && octets[start + i] === method.charCodeAt(i)) i++;
      if (i === length) return method;
    }
  }
  return text.slice(start, end);
}
