// A strict reader of tar archives as `npm pack` makes them (POSIX ustar with pax headers). Whatever else is in one is
// refused: an archive is untrusted input.
import { DeploymentError } from '@siplet/sdk';

interface TarFile {
  /** Relative, with '/', without the first directory (`package/`), and without anything that leads elsewhere. */
  readonly path: string;
  /** A view of the archive, not a copy. */
  readonly content: Uint8Array;
}

const BLOCK = 512;
const MAX_PATH = 1024;
/** Of files and directories. */
export const MAX_ENTRIES = 20_000;

/** A control character of ASCII: neither printable nor above it. */
const CONTROL = /[^ -~\x80-\uffff]/;

const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a named pipe',
};

/** One header with what follows it. */
interface Entry {
  /** The type flag: '0' is a file, '5' a directory. */
  readonly kind: string;
  /** As it is named in the archive. */
  readonly named: string;
  readonly content: Uint8Array;
}

type Kind = 'file' | 'directory';

/** The files of an archive. Throws a DeploymentError that names the entry and what is wrong with it. */
export function filesOf(archive: Uint8Array): TarFile[] {
  const files: TarFile[] = [];
  /** What stands at a path: a directory may be named twice, and nothing else. */
  const seen = new Map<string, Kind>();
  for (const { kind, named, content } of entriesOf(archive)) {
    if (kind !== '0' && kind !== '5') {
      const what = KINDS[kind] ?? `of a kind ('${kind}') that npm pack does not make`;
      throw new DeploymentError(`the archive's entry '${shown(named)}' is ${what}`);
    }
    const path = pathOf(named);
    claim(path, kind === '0' ? 'file' : 'directory', seen, named);
    if (kind === '0') files.push({ path, content });
  }
  return files;
}

/** The entries of an archive, each with what a pax header before it says of it. */
function* entriesOf(archive: Uint8Array): Generator<Entry> {
  let extended: ReadonlyMap<string, string> = new Map();
  let entries = 0;
  let at = 0;
  for (;;) {
    const header = octetsAt(archive, at, BLOCK);
    if (isZero(header)) return;
    at += BLOCK;
    assertChecksum(header);
    const kind = String.fromCharCode(header[156] || 0x30);
    const content = octetsAt(archive, at, sizeOf(extended.get('size'), header));
    at += Math.ceil(content.length / BLOCK) * BLOCK;
    if (++entries > MAX_ENTRIES) throw new DeploymentError(`the archive has more than ${MAX_ENTRIES} entries`);
    if (kind === 'x') extended = paxOf(content);
    // 'g' has comments about the archive.
    else if (kind !== 'g') {
      yield { kind, named: extended.get('path') ?? nameOf(header), content };
      extended = new Map();
    }
  }
}

/** A view of them. Throws when the archive ends before. */
function octetsAt(archive: Uint8Array, at: number, length: number): Uint8Array {
  const octets = archive.subarray(at, at + length);
  if (octets.length < length) throw new DeploymentError('the archive ends in the middle: it is incomplete');
  return octets;
}

/** Two things at one place, or a file inside a file. */
function claim(path: string, kind: Kind, seen: Map<string, Kind>, named: string): void {
  const before = seen.get(path);
  if (before !== undefined && (kind === 'file' || before === 'file'))
    throw new DeploymentError(`the archive has the entry '${shown(named)}' twice`);
  seen.set(path, kind);
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const above = path.slice(0, slash);
    const there = seen.get(above);
    if (there === 'file')
      throw new DeploymentError(`the archive's entry '${shown(named)}' is inside '${shown(above)}', which is a file`);
    if (there === 'directory') return;
    seen.set(above, 'directory');
  }
}

function pathOf(named: string): string {
  const refuse = (why: string): never => {
    throw new DeploymentError(`the archive's entry '${shown(named)}' ${why}`);
  };
  if (named.length > MAX_PATH) refuse(`has a path of more than ${MAX_PATH} characters`);
  if (/^[\\/]|^[A-Za-z]:/.test(named)) refuse('has an absolute path');
  if (named.includes('\\') || CONTROL.test(named)) refuse('has a backslash or a control character in its path');
  const segments = named.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) refuse("leads out of the package ('..')");
  const isDirectory = named.endsWith('/');
  if (segments.length === 0 || (segments.length === 1 && !isDirectory))
    refuse("is not in a directory, as 'package/' of npm pack is");
  return segments.slice(1).join('/');
}

function nameOf(header: Uint8Array): string {
  const prefix = text(header, 345, 155);
  const isUstar = text(header, 257, 6) === 'ustar';
  return isUstar && prefix !== '' ? `${prefix}/${text(header, 0, 100)}` : text(header, 0, 100);
}

/** `LENGTH key=value\n` …, LENGTH counting itself. */
function paxOf(content: Uint8Array): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(utf8(content.subarray(at, space)));
    const end = at + length;
    if (!Number.isInteger(length) || space - at > 8 || length < 5 || end > content.length || content[end - 1] !== 0x0a)
      throw new DeploymentError('the archive has a pax header that is not well-formed');
    const record = utf8(content.subarray(space + 1, end - 1));
    const equals = record.indexOf('=');
    if (equals > 0) values.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return values;
}

function sizeOf(extended: string | undefined, header: Uint8Array): number {
  if (extended !== undefined) {
    if (!/^\d{1,12}$/.test(extended)) throw new DeploymentError('the archive has a pax header that is not well-formed');
    return Number(extended);
  }
  return octal(header, 124, 12);
}

function assertChecksum(header: Uint8Array): void {
  let sum = 0;
  for (const [index, octet] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : octet;
  if (sum !== octal(header, 148, 8)) throw new DeploymentError('the archive is not a tar archive, or is damaged');
}

function octal(header: Uint8Array, at: number, length: number): number {
  const digits = text(header, at, length).trim();
  if (!/^[0-7]{0,11}$/.test(digits)) throw new DeploymentError('the archive is not a tar archive, or is damaged');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function text(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return utf8(end < 0 ? field : field.subarray(0, end));
}

function utf8(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('utf8');
}

function isZero(block: Uint8Array): boolean {
  return block.every((octet) => octet === 0);
}

/** For a message: without what would disturb a terminal, and not without end. */
function shown(path: string): string {
  const safe = path.replace(/\p{Cc}/gu, '?');
  return safe.length > 200 ? `${safe.slice(0, 200)}…` : safe;
}
