// The parameters of a Via value, scanned in one pass (§20.42, §25.1 via-params, RFC 3581).
import { isHost } from '@siplet/sdk/grammar';
import { integerIn, skipBlank } from './octets.js';
import { isNamed, nameOf, quotedEnd, runEnd, tokenEnd } from './plain.js';
import { VALUE } from './text.js';

// Local copies: V8 inlines constants of this module, but not imported ones.
const valueBits = VALUE;

const TTL = nameOf('ttl');
const RPORT = nameOf('rport');
const MADDR = nameOf('maddr');
const BRANCH = nameOf('branch');
const RECEIVED = nameOf('received');

/** The value of a numeric parameter that is absent or has no value. */
export const ABSENT = -1;
export const FLAG = -2;

/** The offsets of the parameters of one Via value; negative when absent. A repeated parameter is a fault (§7.3.1). */
export class ViaParameters {
  branchStart = -1;
  branchEnd = 0;
  receivedStart = -1;
  receivedEnd = 0;
  rport = ABSENT;
  maddrStart = -1;
  maddrEnd = 0;
  ttl = ABSENT;

  private clear(): void {
    this.branchStart = -1;
    this.receivedStart = -1;
    this.rport = ABSENT;
    this.maddrStart = -1;
    this.ttl = ABSENT;
  }

  /** Reads the parameters from the first ';' on. Returns the offset of the end or of a comma, or -1. */
  read(octets: Uint8Array, text: string, start: number, end: number): number {
    this.clear();
    return this.isUsual(octets, start, end) ? end : this.scan(octets, text, start, end);
  }

  /** Reads just `;branch=token` or `;branch=token;rport`, the parameters of nearly every Via (RFC 3581 §3). */
  private isUsual(octets: Uint8Array, start: number, end: number): boolean {
    if (start >= end || octets[start] !== 59 || !isBranch(octets, start + 1) || octets[start + 7] !== 61) return false;
    const branch = start + 8;
    const branchEnd = tokenEnd(octets, branch, end);
    if (branchEnd === branch || (branchEnd < end && !isLastRport(octets, branchEnd, end))) return false;
    this.branchStart = branch;
    this.branchEnd = branchEnd;
    if (branchEnd < end) this.rport = FLAG;
    return true;
  }

  private scan(octets: Uint8Array, text: string, start: number, end: number): number {
    let i = start;
    while (i < end && octets[i] === 59) {
      i = this.scanOne(octets, text, skipBlank(octets, i + 1, end), end);
      if (i < 0) return -1;
    }
    return i === end || octets[i] === 44 ? i : -1;
  }

  /** Reads the parameter whose name starts here. Returns the offset after it and the blanks that follow, or -1. */
  private scanOne(octets: Uint8Array, text: string, name: number, end: number): number {
    const nameEnd = tokenEnd(octets, name, end);
    if (nameEnd === name) return -1;
    let value = -1;
    let valueEnd = -1;
    let i = skipBlank(octets, nameEnd, end);
    if (i < end && octets[i] === 61) {
      value = skipBlank(octets, i + 1, end);
      valueEnd = valueEndAt(octets, value, end);
      if (valueEnd <= value) return -1;
      i = skipBlank(octets, valueEnd, end);
    }
    return this.take(octets, text, name, nameEnd, value, valueEnd) ? i : -1;
  }

  private take(
    octets: Uint8Array,
    text: string,
    name: number,
    nameEnd: number,
    value: number,
    valueEnd: number,
  ): boolean {
    switch (nameEnd - name) {
      case 3:
        return !isNamed(octets, name, TTL) || this.takeTtl(integerIn(octets, value, valueEnd, 255));
      case 5:
        if (isNamed(octets, name, RPORT))
          return this.takeRport(value < 0 ? FLAG : integerIn(octets, value, valueEnd, 65535));
        return !isNamed(octets, name, MADDR) || this.takeMaddr(text, value, valueEnd);
      case 6:
        return !isBranch(octets, name) || this.takeBranch(value, valueEnd);
      case 8:
        return !isNamed(octets, name, RECEIVED) || this.takeReceived(octets, value, valueEnd);
      default:
        return true;
    }
  }

  private takeTtl(ttl: number): boolean {
    if (this.ttl !== ABSENT || ttl < 0) return false;
    this.ttl = ttl;
    return true;
  }

  private takeRport(rport: number): boolean {
    if (this.rport !== ABSENT || rport === -1) return false;
    this.rport = rport;
    return true;
  }

  private takeMaddr(text: string, start: number, end: number): boolean {
    if (this.maddrStart >= 0 || start < 0 || !isHost(text.slice(start, end))) return false;
    this.maddrStart = start;
    this.maddrEnd = end;
    return true;
  }

  private takeBranch(start: number, end: number): boolean {
    if (this.branchStart >= 0 || start < 0 || !isToken) return false;
    this.branchStart = start;
    this.branchEnd = end;
    return true;
  }

  private takeReceived(octets: Uint8Array, start: number, end: number): boolean {
    if (this.receivedStart >= 0 || start < 0 || octets[start] === 34) return false;
    this.receivedStart = start;
    this.receivedEnd = end;
    return true;
  }
}

function isLastRport(octets: Uint8Array, start: number, end: number): boolean {
  return start + 6 === end && octets[start] === 59 && isNamed(octets, start + 1, RPORT);
}

/** Like `isNamed`, for the parameter that every Via has. */
function isBranch(octets: Uint8Array, at: number): boolean {
  return isLowerBranch(octets, at) || isNamed(octets, at, BRANCH);
}

function isLowerBranch(octets: Uint8Array, at: number): boolean {
  return (
    octets[at] === 98 &&
    octets[at + 1] === 114 &&
    octets[at + 2] === 97 &&
    octets[at + 3] === 110 &&
    octets[at + 4] === 99 &&
    octets[at + 5] === 104
  );
}

/** Whether the last value was a token. */
let isToken = false;

function valueEndAt(octets: Uint8Array, start: number, end: number): number {
  isToken = false;
  if (start < end && octets[start] === 34) return quotedEnd(octets, start, end);
  const i = tokenEnd(octets, start, end);
  const valueEnd = runEnd(octets, i, end, valueBits);
  isToken = i === valueEnd;
  return valueEnd;
}
