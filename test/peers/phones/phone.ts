// What the tests do with a phone, whichever it is, and how its process lives.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export type Transport = 'udp' | 'tcp';

/** A call as the phone tells it. `calling` is its own call that rings, `ringing` one that it is asked to answer. */
export type CallState = 'trying' | 'calling' | 'ringing' | 'talking' | 'held' | 'remotely held' | 'ended';

export interface Phone {
  readonly kind: 'baresip' | 'linphone';
  /** Of SIP, on 127.0.0.1, for UDP and TCP. It is the phone's user name, too. */
  readonly port: number;
  /** The status that it refuses a call with. */
  readonly refusal: number;
  /** Calls `uri`, by the transport that it names. */
  call(uri: string): Promise<void>;
  /** The following concern the latest of its calls. */
  answer(): Promise<void>;
  refuse(): Promise<void>;
  hangUp(): Promise<void>;
  hold(): Promise<void>;
  resume(): Promise<void>;
  transfer(uri: string): Promise<void>;
  /** The latest call's. */
  state(): CallState | undefined;
  /** Everything that it has told. */
  readonly told: readonly string[];
  stop(): void;
}

/** Waits until `now` gives something; for tests that run side by side, which expect.poll does not serve. */
export async function until<T>(now: () => T | Promise<T>, failed: () => string): Promise<NonNullable<T>> {
  const late = performance.now() + 15_000;
  for (;;) {
    const found = await now();
    if (found) return found;
    if (performance.now() > late) throw new Error(failed());
    await pause(20);
  }
}

/** Waits until the phone's latest call is in this state. */
export async function reaches(phone: Phone, state: CallState): Promise<void> {
  const failed = () =>
    `the ${phone.kind} at ${phone.port} is ${phone.state()}, not ${state}:\n${phone.told.join('\n')}`;
  await until(() => phone.state() === state, failed);
}

/** Waits until the phone has told this. */
export async function tells(phone: Phone, what: RegExp): Promise<void> {
  const failed = () => `the ${phone.kind} at ${phone.port} has not told ${what}:\n${phone.told.join('\n')}`;
  await until(() => phone.told.some((each) => what.test(each)), failed);
}

export interface Run {
  readonly child: ChildProcess;
  /** Ends it, since it did not start; gives the reason back with what it wrote. */
  failed(why: string): string;
  readonly folder: string;
  stop(): void;
}

/** Starts a phone with these files in a folder of its own, which is its home; `{folder}` in a word is that folder. */
export function start(command: string, words: readonly string[], files: Readonly<Record<string, string>>): Run {
  const folder = mkdtempSync(join(tmpdir(), 'siplet-phone-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const child = spawn(
    command,
    words.map((word) => word.replace('{folder}', folder)),
    { cwd: folder, env: { PATH: process.env.PATH, HOME: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output += String(text);
    });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = () => {
    child.kill('SIGKILL');
    void ended.then(() => rmSync(folder, { recursive: true, force: true }));
  };
  return {
    child,
    folder,
    failed: (why) => {
      stop();
      return `${why}: ${output}`;
    },
    stop,
  };
}

const free = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createSocket('udp4').once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => {
      socket.close();
      const server = createServer().once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
  });

/** Below the ports that the system gives to others, and another place for each process. */
let next = 20_000 + (process.pid % 500) * 20;

/** `count` ports in a row that are free for UDP and TCP. */
export async function portsInARow(count: number): Promise<number> {
  for (;;) {
    const first = next;
    next = next > 31_000 ? 20_000 : next + count;
    const all = Array.from({ length: count }, (_, index) => free(first + index));
    if (!(await Promise.all(all)).includes(false)) return first;
  }
}

export const textOf = (path: string) => readFileSync(path, 'utf8');
