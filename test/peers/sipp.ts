// SIPp as a caller and as a callee: real processes over real sockets.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { present } from '../../container/base/present.js';

/** What SIPp counted until its end. */
export interface Outcome {
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** The first lines of its error file. */
  readonly errors: string;
  /** What the scenario counts, by name; undefined when it counts nothing. */
  readonly counters?: Readonly<Record<string, number>> | undefined;
}

export interface Sipp {
  /** Settles when it has made or taken all of its calls, or was stopped. */
  readonly outcome: Promise<Outcome>;
  /** No more calls; it ends when those that stand have ended. */
  finish(): void;
  stop(): void;
}

export interface Calls {
  readonly calls: number;
  /** Calls a second. */
  readonly rate: number;
  /** Percent of the datagrams, to it and from it, that SIPp loses. */
  readonly loss?: number;
  /** How long a call is held, ms, where the scenario leaves it open. */
  readonly held?: number;
  /** The user who is called: bob. */
  readonly whom?: string;
}

const scenario = (name: string) => fileURLToPath(new URL(`./sipp/${name}.xml`, import.meta.url));

/** Takes `calls` calls on `port`, then ends. */
export function callee(name: string, port: number, { calls }: Pick<Calls, 'calls'>): Sipp {
  return sipp(['-sf', scenario(name), '-p', String(port), '-m', String(calls)]);
}

/** Makes `calls` calls at `to`, to bob unless told. */
export function caller(
  name: string,
  port: number,
  to: number,
  { calls, rate, loss = 0, held, whom = 'bob' }: Calls,
): Sipp {
  const bounds = ['-l', '5000', '-recv_timeout', '30000', '-timeout', String(Math.ceil(calls / rate) + 90)];
  return sipp([
    `127.0.0.1:${to}`,
    '-sf',
    scenario(name),
    '-s',
    whom,
    '-p',
    String(port),
    '-m',
    String(calls),
    '-r',
    String(rate),
    ...bounds,
    ...(held === undefined ? [] : ['-d', String(held)]),
    ...(loss > 0 ? ['-lost', String(loss), '-max_retrans', '11'] : []),
  ]);
}

function sipp(words: readonly string[]): Sipp {
  const folder = mkdtempSync(join(tmpdir(), 'siplet-sipp-'));
  const statistics = join(folder, 'statistics.csv');
  const errors = join(folder, 'errors.log');
  const more = [
    '-i',
    '127.0.0.1',
    '-nostdin',
    '-buff_size',
    '4000000',
    '-trace_stat',
    '-stf',
    statistics,
    '-fd',
    '3600',
    '-trace_err',
    '-error_file',
    errors,
  ];
  const child: ChildProcess = spawn('sipp', [...words, ...more], { cwd: folder, stdio: 'ignore' });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      try {
        resolve({ ...countsOf(readFileSync(statistics, 'latin1')), errors: textOf(errors).slice(0, 2000) });
      } catch {
        reject(new Error(`sipp ended with status ${code}: ${textOf(errors).slice(0, 2000)}`));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
  return { outcome, finish: () => child.kill('SIGUSR1'), stop: () => child.kill('SIGKILL') };
}

/** The last line of SIPp's statistics, by the names of its columns. */
function countsOf(csv: string): Omit<Outcome, 'errors'> {
  const rows = csv
    .trim()
    .split('\n')
    .map((row) => row.split(';'));
  const names = present(rows[0]);
  const last = present(rows.at(-1));
  const count = (name: string) => Number(last[names.indexOf(name)]);
  const own = names.filter((name) => /^[a-z]+\(C\)$/.test(name)).map((name) => name.slice(0, -3));
  return {
    successful: count('SuccessfulCall(C)'),
    failed: count('FailedCall(C)'),
    retransmissions: count('Retransmissions(C)'),
    counters: own.length === 0 ? undefined : Object.fromEntries(own.map((name) => [name, count(`${name}(C)`)])),
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** UDP ports of 127.0.0.1 that were free just now. */
export async function freePorts(count: number): Promise<number[]> {
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      return socket;
    }),
  );
  const ports = sockets.map((socket) => socket.address().port);
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  return ports;
}
