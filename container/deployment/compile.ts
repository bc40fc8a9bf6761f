// From an author's sources to one CommonJS text with an inline source map. The work is done by bundler.js in a child
// process: in-process builds of a large application leave the container's memory high.
import { type ChildProcess, fork } from 'node:child_process';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeploymentError } from '@siplet/sdk';
import type { Deployable } from './deployable.js';

/** A compiled application. */
export interface Bundle {
  readonly code: string;
  /** The name that it is evaluated under: a file that does not exist, beside the entry, its own for every revision. */
  readonly file: string;
  readonly warnings: readonly string[];
  /** `file:line:column` of each top-level await. With one, `module.exports` is a promise of the exports. */
  readonly awaits: readonly string[];
}

interface Fault {
  readonly code?: string;
  readonly message: string;
  readonly id?: string;
  readonly loc?: { readonly file?: string; readonly line: number; readonly column: number };
}

type Answer = { code: string; awaits: string[]; warnings: string[] } | { faults: Fault[] };

const BUNDLER = fileURLToPath(new URL('./bundler.js', import.meta.url));
const TIMEOUT = 120_000;

/**
 * Throws a DeploymentError with file, line and a code frame for each fault of the sources. `revision`
 * tells bundles of one name apart.
 */
export async function compile(deployable: Deployable, revision: number): Promise<Bundle> {
  const { name, version, entry, directory } = deployable;
  const file = join(dirname(entry), `${name}@${version}+${revision}.cjs`);
  const answer = await ask(directory, { entry, output: file });
  if ('faults' in answer) {
    const problems = answer.faults.map(told);
    throw new DeploymentError(problems.join('\n'), { problems });
  }
  return { ...answer, file };
}

function ask(directory: string, order: { entry: string; output: string }): Promise<Answer> {
  const child: ChildProcess = fork(BUNDLER, {
    cwd: directory,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' },
    timeout: TIMEOUT,
  });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < 10_000) complaint += text;
  });
  return new Promise((resolve, reject) => {
    child.once('message', (answer) => {
      resolve(answer as Answer);
      child.disconnect();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(
        new DeploymentError(
          `the compiler ended with ${signal ?? `status ${code}`}: ${complaint.trim() || 'it said nothing'}`,
        ),
      );
    });
    child.send(order);
  });
}

/** `file:line:column: what`, then the lines around it, as rolldown draws them. */
function told(fault: Fault): string {
  const [first = '', ...frame] = fault.message.trimEnd().split('\n');
  const what = first.replace(/^\[[A-Z_]+\] /, '').replace(/ in \S+$/, '');
  // The drawing carries the position of what is marked in it; `loc` may be that of the end of the file.
  const drawn = /─\[ .*:(\d+):(\d+) \]/.exec(fault.message);
  const path = fault.loc?.file ?? fault.id;
  const line = drawn ? `:${drawn[1]}:${drawn[2]}` : fault.loc ? `:${fault.loc.line}:${fault.loc.column + 1}` : '';
  const place = path ? `${shortened(path)}${line}: ` : '';
  return [place + what, ...frame].join('\n');
}

/** As one would type it where the container was started. */
export function shortened(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}
