// A built container as an operator has it: a directory that is watched, the admin address, the commands, the log. And
// the callee that counts.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { present } from '../../container/base/present.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = here('../../container/dist/cli/siplet.js');

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly time: number;
  readonly [key: string]: unknown;
}

export interface Operated {
  /** Of UDP and TCP on 127.0.0.1. */
  readonly udp: number;
  readonly tcp: number;
  /** Of the admin address. */
  readonly url: string;
  readonly log: readonly LogLine[];
  /** Writes a file of the directory that is watched, and gives back where it is. */
  put(name: string, content: string | Uint8Array): string;
  remove(name: string): void;
  /** A folder beside it, for what is sent. */
  readonly aside: string;
  /** The first line with this message from `after` on; waits for it. */
  said(message: RegExp, after?: number): Promise<LogLine>;
  /** `siplet …` against its admin address. */
  siplet(...words: string[]): Promise<{ status: number; out: string; err: string }>;
  /** Resident megabytes. */
  memory(): number;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly status: number | null; readonly at: number }>;
  /** Lines of level warn and above that are not expected. */
  complaints(expected?: RegExp): string[];
}

/** `siplet run` on these files, with this siplet.yaml. */
export async function operated(files: Readonly<Record<string, string>>, configuration: string): Promise<Operated> {
  const folder = mkdtempSync(join(tmpdir(), 'siplet-operated-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const directory = join(folder, 'apps');
  const put = (name: string, content: string | Uint8Array): string => {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  for (const [name, text] of Object.entries(files)) put(name, text);
  writeFileSync(join(folder, 'siplet.yaml'), configuration);
  const words = ['run', 'apps', '--config', 'siplet.yaml', '--admin', '127.0.0.1:0'];
  const listen = ['--listen', 'udp:127.0.0.1:0', '--listen', 'tcp:127.0.0.1:0'];
  const child = spawn(process.execPath, [BIN, ...words, ...listen], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<{ status: number | null; at: number }>((resolve) => {
    child.once('exit', (status) => resolve({ status, at: Date.now() }));
  });
  const log: LogLine[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => void log.push(JSON.parse(line) as LogLine));
  const said = async (message: RegExp, after = 0): Promise<LogLine> => {
    const find = () => log.slice(after).find(({ msg }) => message.test(msg));
    const heard = () => log.slice(after).map(({ msg }) => msg);
    await expect.poll(() => (find() ? 'said' : heard()), { timeout: 15_000, interval: 20 }).toBe('said');
    return present(find());
  };
  const ready = await said(/^ready$/);
  const [udp, tcp] = (ready.listening as string[]).map((text) => Number(text.split(':').at(-1))) as [number, number];
  const url = ready.admin as string;
  const siplet = (...more: string[]) =>
    new Promise<{ status: number; out: string; err: string }>((resolve) => {
      const options = { cwd: folder, env: { ...process.env, NO_COLOR: '1' } };
      execFile(process.execPath, [BIN, ...more, '--admin', url], options, (error, out, err) =>
        resolve({ status: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  return {
    udp,
    tcp,
    url,
    log,
    put,
    remove: (name) => rmSync(join(directory, name), { recursive: true }),
    aside: folder,
    said,
    siplet,
    memory: () => Number(present(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1')))[1]) / 1024,
    kill: (signal) => void child.kill(signal),
    ended,
    complaints: (expected) =>
      log.filter(({ level, msg }) => level >= 40 && !expected?.test(msg)).map((line) => JSON.stringify(line)),
  };
}

/** What the callee saw: deploy-apps/callee.mjs. */
export interface Seen {
  readonly calls: number;
  readonly ended: number;
  readonly mixed: number;
  readonly example: string;
  readonly versions: number;
  readonly requests: number;
}

export function linesOf(child: ChildProcess): AsyncIterator<string> {
  onTestFinished(() => void child.kill('SIGKILL'));
  return createInterface({ input: present(child.stdout) })[Symbol.asyncIterator]();
}

/** Answers calls on `port`; what it gives back ends it and tells what it saw. */
export async function countingCallee(port: number): Promise<() => Promise<Seen>> {
  const child = spawn(process.execPath, [here('deploy-apps/callee.mjs'), String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = linesOf(child);
  await lines.next();
  return async () => {
    child.kill('SIGTERM');
    return JSON.parse((await lines.next()).value as string) as Seen;
  };
}

/** deploy-apps/NAME.ts, with another number of its version. */
export function versioned(name: string, number: number): string {
  return readFileSync(here(`deploy-apps/${name}.ts`), 'utf8').replace("'0'", `'${number}'`);
}
