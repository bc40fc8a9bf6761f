// The log: pino's JSON lines, or readable text on a terminal.
import type { Writable } from 'node:stream';
import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

interface LogOptions {
  readonly level: string;
  /** `auto` is text on a terminal and JSON lines elsewhere. */
  readonly format: 'auto' | 'json' | 'text';
}

/** Writes to standard output, or to `stream`. */
export function createLog(options: LogOptions, stream?: Writable): Logger {
  const text = options.format === 'text' || (options.format === 'auto' && !stream && process.stdout.isTTY === true);
  const out: DestinationStream = stream ?? (text ? process.stdout : destination({ fd: 1, sync: true }));
  const colour = text && !stream && process.stdout.isTTY === true && !process.env.NO_COLOR;
  const told = new Set<(line: string) => void>();
  const streamWrite = (line: string): string => {
    if (told.size > 0 && isProblem(line)) for (const listener of told) listener(line);
    return line;
  };
  const to = text ? readable(out, colour) : out;
  const log = pino({ level: options.level, base: null, hooks: { streamWrite } }, to);
  listeners.set(log, told);
  relays.set(log, (line) => void to.write(streamWrite(line)));
  return log;
}

/** The log of another thread; `write` passes its lines to `relayTo` of this thread's log. */
export function createRelayedLog(level: string, write: (line: string) => void): Logger {
  return pino({ level, base: null }, { write });
}

/**
 * Returns a function that writes lines of other threads into this log. Lines for a log that `createLog` did not make
 * are written unchanged.
 */
export function relayTo(log: Logger): (line: string) => void {
  return relays.get(log) ?? ((line) => void (log as unknown as Streamed)[pino.symbols.streamSym as never]?.write(line));
}

interface Streamed {
  readonly [stream: symbol]: DestinationStream;
}

const relays = new WeakMap<Logger, (line: string) => void>();

/** The listeners to the problems in a log. */
const listeners = new WeakMap<Logger, Set<(line: string) => void>>();

/** A line of level warn or above, in this log or a child of it. */
interface Problem {
  readonly level: 'warn' | 'error' | 'fatal';
  readonly message: string;
  readonly app?: string;
  readonly version?: string;
  readonly handler?: string;
  readonly method?: string;
  readonly callId?: string;
  /** The message of the error. */
  readonly error?: string;
}

/**
 * Calls `listener` for every problem that is logged, if `createLog` made the log. Returns a function that stops
 * listening.
 */
export function listenToProblems(log: Logger, listener: (problem: Problem) => void): () => void {
  const told = listeners.get(log);
  const heard = (line: string): void => listener(problemOf(line));
  told?.add(heard);
  return () => void told?.delete(heard);
}

/** pino writes the level first. */
function isProblem(line: string): boolean {
  const level = line.charCodeAt(9);
  return level >= 52 && level <= 54 && line.charCodeAt(11) === 44 && line.startsWith('{"level":');
}

function problemOf(line: string): Problem {
  const { level, msg = '', err, ...rest } = JSON.parse(line) as Line;
  const said: Record<string, string> = {};
  for (const key of ['app', 'version', 'handler', 'method', 'callId'])
    if (typeof rest[key] === 'string') said[key] = rest[key];
  if (err?.message !== undefined) said.error = err.message;
  return { level: level >= 60 ? 'fatal' : level >= 50 ? 'error' : 'warn', message: msg, ...said };
}

/** One log record as pino writes it. */
interface Line {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly err?: { readonly stack?: string; readonly message?: string };
  readonly [key: string]: unknown;
}

const LEVELS: Record<number, [word: string, colour: number]> = {
  10: ['trace', 90],
  20: ['debug', 90],
  30: ['info', 32],
  40: ['warn', 33],
  50: ['error', 31],
  60: ['fatal', 31],
};

function readable(out: DestinationStream, colour: boolean): DestinationStream {
  return { write: (json: string) => out.write(textOf(json, colour)) };
}

/** `12:00:00.000 info message key=value`, with lists and stacks on lines of their own below it. */
export function textOf(json: string, colour: boolean): string {
  let line: Line;
  try {
    line = JSON.parse(json) as Line;
  } catch {
    return json;
  }
  const { level, time, msg, err, ...rest } = line;
  const [word, code] = LEVELS[level] ?? [String(level), 0];
  const paint = (text: string, as: number) => (colour ? `\u001b[${as}m${text}\u001b[0m` : text);
  const clock = new Date(time).toTimeString().slice(0, 8);
  const fraction = String(time % 1000).padStart(3, '0');
  const below: string[] = [];
  const beside: string[] = [];
  for (const [key, value] of Object.entries(rest)) {
    if (Array.isArray(value) && LISTS.has(key))
      below.push(...value.map((each) => `    ${printable(typeof each === 'string' ? each : JSON.stringify(each))}`));
    else beside.push(`${key}=${printable(shown(value))}`);
  }
  if (err) below.push(...(err.stack ?? err.message ?? '').split('\n').map((each) => `    ${printable(each)}`));
  const message = (msg ?? '').split('\n').map(printable).join('\n    ');
  const head = `${paint(`${clock}.${fraction}`, 90)} ${paint(word.padEnd(5), code)} ${message}`;
  const tail = beside.length > 0 ? ` ${paint(beside.join(' '), 90)}` : '';
  return `${[head + tail, ...below].join('\n')}\n`;
}

/** Lists that are written one item to a line. */
const LISTS: ReadonlySet<string> = new Set(['handlers', 'faults']);

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
    ? value.join(',')
    : JSON.stringify(value);
}

/** Text from a peer must not control the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
