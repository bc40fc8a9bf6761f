// The messages of a network as a ladder diagram, to be read, and kept as an inline snapshot.

import { present } from '../../container/base/present.js';
import type { SocketAddress } from '../../container/transport/network.js';
import { TextMessage } from './text-message.js';
import { TextStream } from './text-stream.js';
import { endpoint, type Transmission } from './transmission.js';

export interface LadderOptions {
  /**
   * Names of the columns, in order; what travels between others is left out. All, in the order in which they appear,
   * unless told.
   */
  readonly participants?: readonly string[];
  /** Shown below the arrows, with their values; 'Request-URI' too. */
  readonly headers?: readonly string[];
  /** Written behind the method or status. */
  readonly note?: (message: TextMessage) => string | undefined;
  /** Left out where it says false. */
  readonly only?: (message: TextMessage, transmission: Transmission) => boolean;
  /** From this virtual time on. */
  readonly since?: number;
  /** No more than this many arrows: the last ones. */
  readonly last?: number;
  /** Shows connections as they open and close. */
  readonly connections?: boolean;
  /** False: without the times. */
  readonly times?: boolean;
}

/** What one arrow says. */
interface Rung {
  readonly transmission: Transmission;
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly details: readonly string[];
}

const NARROWEST = 16;
const EVENTS: Readonly<Record<string, string>> = {
  connect: 'SYN',
  connected: 'SYN ACK',
  refused: 'RST',
  end: 'FIN',
  reset: 'RST',
};

export function drawLadder(
  record: readonly Transmission[],
  nameOf: (address: SocketAddress) => string | undefined,
  options: LadderOptions = {},
): string {
  const name = (address: SocketAddress) => nameOf(address) ?? endpoint(address.address, address.port);
  const rungs = rungsOf(record, name, options);
  const columns = options.participants ?? [...new Set(rungs.flatMap(({ from, to }) => [from, to]))];
  const shown = rungs.filter(({ from, to }) => columns.includes(from) && columns.includes(to));
  return draw(options.last === undefined ? shown : shown.slice(-options.last), columns, options);
}

function rungsOf(
  record: readonly Transmission[],
  name: (address: SocketAddress) => string,
  options: LadderOptions,
): Rung[] {
  const streams = new Map<string, TextStream>();
  const times = new Map<string, number>();
  const rungs: Rung[] = [];
  for (const transmission of record) {
    const from = name(transmission.from);
    const to = name(transmission.to);
    const isShown = transmission.time >= (options.since ?? 0);
    for (const wire of wiresOf(transmission, streams)) {
      const key = `${from} ${to} ${wire}`;
      const time = (times.get(key) ?? 0) + 1;
      times.set(key, time);
      const message = readable(wire);
      if (!isShown || (message && options.only?.(message, transmission) === false)) continue;
      rungs.push({ transmission, from, to, ...describedAs(message, wire, time, options) });
    }
    const event = EVENTS[transmission.kind];
    if (event && options.connections && isShown) rungs.push({ transmission, from, to, label: event, details: [] });
  }
  return rungs;
}

function describedAs(
  message: TextMessage | undefined,
  wire: string,
  time: number,
  options: LadderOptions,
): Pick<Rung, 'label' | 'details'> {
  if (message === undefined) return { label: octets(wire), details: [] };
  return { label: labelOf(message, time, options), details: detailsOf(message, options) };
}

/** The messages that are complete with this transmission: a datagram is one, a stream is framed. */
function wiresOf(transmission: Transmission, streams: Map<string, TextStream>): string[] {
  if (transmission.kind === 'datagram') return [transmission.wire];
  if (transmission.kind !== 'write') return [];
  const key = `${transmission.connection} ${endpoint(transmission.from.address, transmission.from.port)}`;
  const stream = streams.get(key) ?? new TextStream();
  streams.set(key, stream);
  try {
    return stream.push(transmission.wire);
  } catch {
    streams.delete(key);
    return [transmission.wire];
  }
}

function readable(wire: string): TextMessage | undefined {
  try {
    return TextMessage.read(wire);
  } catch {
    return undefined;
  }
}

function labelOf(message: TextMessage, time: number, options: LadderOptions): string {
  const { method } = message;
  const of = message.isRequest || method === 'INVITE' ? '' : ` (${method})`;
  const what = message.isRequest ? method : `${message.status} ${shortened(message.reason)}${of}`;
  const note = options.note?.(message);
  return `${what}${note ? ` ${note}` : ''}${time > 1 ? ` #${time}` : ''}`;
}

function detailsOf(message: TextMessage, options: LadderOptions): string[] {
  return (options.headers ?? []).flatMap((header) => {
    if (header === 'Request-URI') return message.isRequest ? [message.uri] : [];
    return message.list(header).map((value) => `${header}: ${value}`);
  });
}

function shortened(reason: string): string {
  return reason.length > 18 ? `${reason.slice(0, 16).trimEnd()}..` : reason;
}

/** Octets that are not a message, shown by their first characters. */
function octets(wire: string): string {
  return wire.trim() === '' ? 'CRLF' : JSON.stringify(wire.slice(0, 12));
}

function draw(rungs: readonly Rung[], columns: readonly string[], options: LadderOptions): string {
  const gaps = gapsOf(rungs, columns);
  const at = columns.map((_, index) => gaps.slice(0, index).reduce((sum, gap) => sum + gap, 0));
  const margin = ' '.repeat(options.times === false ? 4 : 12);
  const lines = [titles(columns, at, margin.length)];
  for (const rung of rungs) {
    const time = options.times === false ? '    ' : `${(rung.transmission.time / 1000).toFixed(3).padStart(8)}    `;
    lines.push(time + arrow(rung, columns, at));
    for (const detail of rung.details) lines.push(`${margin}${bars(at).join('')}  ${detail}`);
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** As wide as the labels between neighbours need. */
function gapsOf(rungs: readonly Rung[], columns: readonly string[]): number[] {
  const gaps = columns.slice(1).map((right, index) => {
    const left = present(columns[index]);
    return Math.max(NARROWEST, Math.ceil((left.length + right.length) / 2) + 3);
  });
  for (const { from, to, label } of rungs) {
    const left = Math.min(columns.indexOf(from), columns.indexOf(to));
    const wide = Math.abs(columns.indexOf(from) - columns.indexOf(to)) === 1;
    if (wide) gaps[left] = Math.max(present(gaps[left]), label.length + 6);
  }
  return gaps;
}

/** Names over the middle of their lines. */
function titles(columns: readonly string[], at: readonly number[], margin: number): string {
  let line = '';
  columns.forEach((column, index) => {
    const start = Math.max(
      margin + present(at[index]) - Math.floor(column.length / 2),
      index === 0 ? 0 : line.length + 1,
    );
    line = line.padEnd(start) + column;
  });
  return line;
}

function bars(at: readonly number[]): string[] {
  const line = Array<string>((at.at(-1) ?? 0) + 1).fill(' ');
  for (const column of at) line[column] = '|';
  return line;
}

/** |--INVITE------>|, |<--200 OK-------|, x where it was lost, ? where nobody listened, >> where it came twice. */
function arrow({ transmission, from, to, label }: Rung, columns: readonly string[], at: readonly number[]): string {
  const line = bars(at);
  const start = present(at[columns.indexOf(from)]);
  const end = present(at[columns.indexOf(to)]);
  if (start === end) return `${line.join('')}  ${label} to itself`;
  const right = end > start;
  const [low, high] = right ? [start, end] : [end, start];
  const width = high - low - 1;
  const tip = transmission.fate === 'lost' ? 'x' : transmission.fate === 'unheard' ? '?' : right ? '>' : '<';
  const head = transmission.arrivals.length > 1 ? tip + tip : tip;
  const shaft = `--${label}`.padEnd(width - head.length, '-');
  line.splice(low + 1, width, ...(right ? shaft + head : head + shaft));
  return line.join('');
}
