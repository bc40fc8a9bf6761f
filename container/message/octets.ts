// Octets to scan: a string is read octet by octet once, into a table, because reading a table costs a fifth of reading a string.
import { LIMITS } from './limits.js';

/** Room for the longest head and some of the line that makes it too long. */
const CAPACITY = LIMITS.head + 4096;
/** What is taken over at first: nearly every head, and little of a long body. */
const FIRST = 1024;
/** Zeros behind what was read: looking two octets ahead finds nothing. Four octets more for the last word, and those of a near break. */
const MARGIN = 128;

interface Writable {
  latin1Write(text: string, offset: number, length: number): number;
}
function writable(octets: Uint8Array<ArrayBuffer>): Writable {
  return Buffer.from(octets.buffer) as unknown as Writable;
}

/** The message that `parse` reads, from its first octet on, as far as it was read. */
const wire = new Uint8Array(CAPACITY + MARGIN);
const words = new Int32Array(wire.buffer);
const target = writable(wire);
let loaded = 0;

export { wire as wireOctets };

/** Begins to read another message. */
export function openWire(text: string): void {
  loaded = 0;
  far = false;
  loadTo(text, FIRST);
}

/** Makes `wire` hold the first `end` octets of the message that was opened, where there are so many and there is room. */
export function loadTo(text: string, end: number): void {
  if (loaded >= end) return;
  const to = Math.min(text.length, CAPACITY, Math.max(end, loaded * 2));
  if (to > loaded) target.latin1Write(loaded === 0 ? text : text.slice(loaded, to), loaded, to - loaded);
  loaded = Math.max(loaded, to);
  wire[loaded] = wire[loaded + 1] = wire[loaded + 2] = 0;
}

/**
 * Where the line that starts here breaks: at its CR, when LF is the next octet, which may be looked at, as may the one behind. Anything else says that the
 * line is to be looked at more closely: the offset of a lone CR or LF, or -1.
 */
export function breakAt(text: string, start: number): number {
  const i = far ? -1 : nearBreak(start);
  if (i >= 0 && (i + 2 < loaded || (i < loaded && loaded === text.length))) return i;
  return distantBreak(text, start);
}

/** Words that are looked at before the search is left to `indexOf`, which is slow to start and fast to run. */
const NEAR = 20;
/** Octets of a line behind which another long one is expected. */
const FAR = 128;
let far = false;

/** Offset of the first CR or LF from `start` on, some octets far; -1 for none. A high bit tells an octet below 14, or one behind such. */
function nearBreak(start: number): number {
  const octets = wire;
  const all = words;
  let word = start >> 2;
  const end = word + NEAR;
  let four = all[word]!;
  let low = (four - 0x0e0e0e0e) & ~four & 0x80808080 & (-1 << ((start & 3) << 3));
  for (;;) {
    while (low !== 0) {
      const i = (word << 2) + ((31 - Math.clz32(low & -low)) >> 3);
      const octet = octets[i]!;
      if (octet === 13 || octet === 10) return i;
      low &= low - 1;
    }
    if (++word >= end) return -1;
    four = all[word]!;
    low = (four - 0x0e0e0e0e) & ~four & 0x80808080;
    if (low === 0) {
      four = all[++word]!;
      low = (four - 0x0e0e0e0e) & ~four & 0x80808080;
    }
  }
}

function distantBreak(text: string, start: number): number {
  const lf = text.indexOf('\n', start);
  far = lf - start > FAR;
  if (lf === start) return lf;
  if (lf < 0 || lf + 2 > CAPACITY || text.charCodeAt(lf - 1) !== 13) return -1;
  loadTo(text, lf + 2);
  return text.indexOf('\r', start) === lf - 1 ? lf - 1 : -1;
}

/** Room for pieces; a longer one gets its own. */
const piece = new Uint8Array(LIMITS.head);
const pieceTarget = writable(piece);
/** From this length on a copy by the native way is the quicker one. */
const NATIVE = 32;

/** The octets of a piece of text, with a zero behind them; good until the next piece is asked for. What is no octet becomes a zero, which no class has. */
export function octetsOf(text: string): Uint8Array {
  const { length } = text;
  const octets = length < piece.length ? piece : new Uint8Array(length + 1);
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    octets[i] = c > 255 ? 0 : c;
  }
  octets[length] = 0;
  return octets;
}

/** As `octetsOf`, of the value of a field, which is octets whatever it is. */
export function octetsOfValue(value: string): Uint8Array {
  const { length } = value;
  if (length < NATIVE || length >= piece.length) return octetsOf(value);
  pieceTarget.latin1Write(value, 0, length);
  piece[length] = 0;
  return piece;
}

/** 1*DIGIT of [start, end) up to `max`, else -1. No sign, no blank, no other script's digits. */
export function integerIn(octets: Uint8Array, start: number, end: number, max: number): number {
  if (end <= start) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = octets[i]! - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  return value;
}

/** The first offset at or after `start` that is no SP or HTAB: values are unfolded before they are read. */
export function skipBlank(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && (octets[i] === 32 || octets[i] === 9)) i++;
  return i;
}
