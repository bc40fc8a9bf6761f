// The octets of a message in a table for scanning. Reading an octet from a table costs a fifth of reading it from a
// string.
import { LIMITS } from './limits.js';

/** Room for the longest head and part of the line that makes a head too long. */
const CAPACITY = LIMITS.head + 4096;
/** How much is copied at first: nearly every head, and little of a long body. */
const FIRST = 1024;
/** Zeros after the text, so that code may look two octets ahead, read the last word or search for a near line break. */
const MARGIN = 128;

interface Writable {
  latin1Write(text: string, offset: number, length: number): number;
}
function writable(octets: Uint8Array<ArrayBuffer>): Writable {
  return Buffer.from(octets.buffer) as unknown as Writable;
}

/** The octets of the message that `parse` reads, as far as they were copied. */
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

/** Copies the first `end` octets of the open message into `wire`, as far as the message and the room allow. */
export function loadTo(text: string, end: number): void {
  if (loaded >= end) return;
  const to = Math.min(text.length, CAPACITY, Math.max(end, loaded * 2));
  if (to > loaded) target.latin1Write(loaded === 0 ? text : text.slice(loaded, to), loaded, to - loaded);
  loaded = Math.max(loaded, to);
  wire[loaded] = wire[loaded + 1] = wire[loaded + 2] = 0;
}

/**
 * Finds the end of the line that starts here: the offset of its CR when an LF follows. The caller may read that LF and
 * the octet after it. The offset of a lone CR or LF, or -1, means that the line needs a closer look.
 */
export function breakAt(text: string, start: number): number {
  const i = far ? -1 : nearBreak(start);
  if (i >= 0 && (i + 2 < loaded || (i < loaded && loaded === text.length))) return i;
  return distantBreak(text, start);
}

/** Words to search before `indexOf` takes over, which is slow to start and fast afterwards. */
const NEAR = 20;
/** After a line of more octets, another long one is likely. */
const FAR = 128;
let far = false;

/**
 * The offset of the first CR or LF near `start`, or -1. A high bit in `low` marks an octet below 14, or the one after
 * it.
 */
function nearBreak(start: number): number {
  const octets = wire;
  const all = words;
  let word = start >> 2;
  const end = word + NEAR;
  let four = all[word] as number;
  let low = (four - 0x0e0e0e0e) & ~four & 0x80808080 & (-1 << ((start & 3) << 3));
  for (;;) {
    while (low !== 0) {
      const i = (word << 2) + ((31 - Math.clz32(low & -low)) >> 3);
      const octet = octets[i];
      if (octet === 13 || octet === 10) return i;
      low &= low - 1;
    }
    if (++word >= end) return -1;
    four = all[word] as number;
    low = (four - 0x0e0e0e0e) & ~four & 0x80808080;
    if (low === 0) {
      four = all[++word] as number;
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

/** Room for a piece; a longer one gets a table of its own. */
const piece = new Uint8Array(LIMITS.head);
const pieceTarget = writable(piece);
/** A native copy is faster from this length on. */
const NATIVE = 32;

/**
 * The octets of a piece of text, followed by a zero, valid until the next call. A character that is not an octet
 * becomes a zero, which belongs to no class.
 */
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

/** Like `octetsOf`, for the value of a field, which contains only octets. */
export function octetsOfValue(value: string): Uint8Array {
  const { length } = value;
  if (length < NATIVE || length >= piece.length) return octetsOf(value);
  pieceTarget.latin1Write(value, 0, length);
  piece[length] = 0;
  return piece;
}

/** Parses 1*DIGIT in [start, end), up to `max`; otherwise -1. Signs, blanks and digits of other scripts are refused. */
export function integerIn(octets: Uint8Array, start: number, end: number, max: number): number {
  if (end <= start) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (octets[i] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  return value;
}

/** The first offset from `start` on that is neither SP nor HTAB. Values are unfolded before they are read. */
export function skipBlank(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && (octets[i] === 32 || octets[i] === 9)) i++;
  return i;
}
