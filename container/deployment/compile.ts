// From an author's sources to one CommonJS text with an inline source map. The work is done by bundler.js in a child
// process: in-process builds of a large application leave the container's memory high.
import { type ChildProcess, fork } from 'node:child_process';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as sdk from '@siplet/sdk';
import { DeploymentError } from '@siplet/sdk';
import * as declarations from '@siplet/sdk/declarations';
import * as grammar from '@siplet/sdk/grammar';
import * as inversify from 'inversify';
import { adviceOnImport, adviceOnModule } from './advice.js';
import type { Deployable } from './deployable.js';

/** A compiled application. */
export interface Bundle {
  readonly code: string;
  /** The name that it is evaluated under: a file that does not exist, beside the entry, its own for every revision. */
  readonly file: string;
  readonly warnings: readonly string[];
  /** `file:line:column` of each top-level await. With one, `module.exports` is a promise of the exports. */
  readonly awaits: readonly string[];
  readonly entry: string;
  /** The classes of the author's own modules. */
  readonly classes: readonly DeclaredClass[];
}

/** A class, or a method of it, and the place where it stands. */
interface Declared {
  readonly name: string;
  readonly line: number;
  readonly column: number;
  /** Names of the SDK's and inversify's decorators on it. */
  readonly decorators: readonly string[];
}

export interface DeclaredClass extends Declared {
  readonly file: string;
  readonly isExported: boolean;
  readonly members: readonly Declared[];
}

interface Fault {
  readonly code?: string | undefined;
  readonly message: string;
  readonly id?: string | undefined;
  readonly loc?: { readonly file?: string | undefined; readonly line: number; readonly column: number } | undefined;
}

type Answer = Omit<Bundle, 'file' | 'entry'> | { faults: Fault[] };

interface Order {
  readonly entry: string;
  readonly output: string;
  readonly shared: typeof SHARED_NAMES;
}

/** What modules that the container hands out export. */
const SHARED_NAMES = {
  '@siplet/sdk': Object.keys(sdk),
  '@siplet/sdk/declarations': Object.keys(declarations),
  '@siplet/sdk/grammar': Object.keys(grammar),
  inversify: Object.keys(inversify),
};

const BUNDLER = fileURLToPath(new URL('./bundler.js', import.meta.url));
const TIMEOUT = 120_000;

/**
 * Throws a DeploymentError with file, line and a code frame for each fault of the sources. `revision`
 * tells bundles of one name apart; `bundled` makes them elsewhere than in a child process.
 */
export async function compile(deployable: Deployable, revision: number, bundled = inChild): Promise<Bundle> {
  const { name, version, entry, directory } = deployable;
  const file = join(dirname(entry), `${name}@${version}+${revision}.cjs`);
  const answer = await bundled({ entry, output: file, shared: SHARED_NAMES }, directory);
  if ('faults' in answer) {
    const isArchive = deployable.path.endsWith('.tgz');
    const problems = answer.faults.map((each) => told(each, isArchive));
    throw new DeploymentError(problems.join('\n'), { problems });
  }
  return { ...answer, file, entry };
}

function inChild(order: Order, directory: string): Promise<Answer> {
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
function told(fault: Fault, isArchive: boolean): string {
  const [first = '', ...frame] = fault.message.trimEnd().split('\n');
  const what = first.replace(/^\[[A-Z_]+\] /, '').replace(/ in \S+$/, '');
  const [, specifier] = /^Could not resolve '(.*)'$/.exec(what) ?? [];
  const advice = specifier === undefined ? adviceOnModule(what) : adviceOnImport(specifier, fault.id ?? '', isArchive);
  // The drawing carries the position of what is marked in it; `loc` may be that of the end of the file.
  const drawn = /─\[ .*:(\d+):(\d+) \]/.exec(fault.message);
  const path = fault.loc?.file ?? fault.id;
  const line = drawn ? `:${drawn[1]}:${drawn[2]}` : fault.loc ? `:${fault.loc.line}:${fault.loc.column + 1}` : '';
  const place = path ? `${shortened(path)}${line}: ` : '';
  const drawing = frame.map((text) => text.replace(/Module not found.*/, 'not found'));
  return [place + what.replace(/\.$/, advice === '' ? '.' : '') + advice, ...drawing].join('\n');
}

/** As one would type it where the container was started. */
export function shortened(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}
