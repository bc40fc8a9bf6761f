// Evaluates a bundle as a CommonJS module of its own, with the container's own SDK, inversify and reflect-metadata, so
// that a version can be collected when its last call ended. What was measured about it is in the README of this folder.
import { createRequire, Module } from 'node:module';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import * as sdk from '@siplet/sdk';
import { DeploymentError } from '@siplet/sdk';
import * as declarations from '@siplet/sdk/declarations';
import * as grammar from '@siplet/sdk/grammar';
import * as inversify from 'inversify';
import * as reflectMetadata from 'reflect-metadata';
import { Belongings } from './belongings.js';
import { type Bundle, shortened } from './compile.js';

/** Modules that have one instance, the container's, so that instanceof and metadata agree on both sides. */
const SHARED: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['@siplet/sdk', sdk],
  ['@siplet/sdk/declarations', declarations],
  ['@siplet/sdk/grammar', grammar],
  ['inversify', inversify],
  ['reflect-metadata', reflectMetadata],
  ['pino', createRequire(import.meta.url)('pino')],
]);

/** A loaded application: its exports, and the module, which the source maps hold on to weakly. */
export interface Loaded {
  readonly exports: Readonly<Record<string, unknown>>;
  /**
   * Stops and forgets what it left behind: timers, listeners, watchers, and what was loaded from its own node_modules.
   */
  release(): void;
}

/** What Node has and its type declarations do not show. */
interface CompilableModule extends NodeJS.Module {
  _compile(code: string, file: string): void;
}
const paths = (Module as unknown as { _nodeModulePaths(directory: string): string[] })._nodeModulePaths;

/** Awaits that are named when one of them does not settle. */
const MOST_PLACES = 5;
/** Milliseconds that top-level await may take. */
const LOAD_TIMEOUT = 20_000;

/**
 * Throws a DeploymentError with the author's position when the module body throws, or when a top-level await has not
 * settled after `limit` ms.
 */
export async function load(bundle: Bundle, limit = LOAD_TIMEOUT): Promise<Loaded> {
  const { module, release } = evaluated(bundle);
  try {
    if (bundle.awaits.length > 0) module.exports = await settled(module.exports as Promise<unknown>, bundle, limit);
  } catch (error) {
    release();
    throw error instanceof DeploymentError ? error : failed(error);
  }
  module.loaded = true;
  return { exports: module.exports as Record<string, unknown>, release };
}

function failed(error: unknown): DeploymentError {
  return new DeploymentError(`its module failed while it was loaded: ${describeFault(error)}`, { cause: error });
}

/** What a module with top-level await exports. */
async function settled(exports: Promise<unknown>, { awaits }: Bundle, limit: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const places = awaits.slice(0, MOST_PLACES).map(shortened).join(', ');
      const problem = `its module was not loaded after ${limit / 1000} s: a top-level await has not settled (${places})`;
      reject(new DeploymentError(`${problem}; await it in a @PostConstruct method, or give it a time limit`));
    }, limit);
  });
  return Promise.race([exports, late]).finally(() => clearTimeout(timer));
}

/** Starts the module. Throws a DeploymentError when its body throws at once. */
function evaluated(bundle: Bundle): { module: CompilableModule; release: () => void } {
  const { code, file } = bundle;
  const module = new Module(file) as CompilableModule;
  module.filename = file;
  module.paths = paths(dirname(file));
  const own = new Set<string>();
  const belongings = new Belongings();
  const requireOwn = createRequire(file);
  module.require = ((id: string): unknown => {
    const shared = SHARED.get(id) ?? belongings.module(id);
    if (shared !== undefined) return shared;
    const before = Object.keys(requireOwn.cache);
    const exported: unknown = requireOwn(id);
    // Only what is new: another version may use the rest.
    const known = new Set(before);
    for (const path of Object.keys(requireOwn.cache))
      if (!known.has(path) && path.includes(`${sep}node_modules${sep}`)) own.add(path);
    return exported;
  }) as NodeJS.Require;

  const release = (): void => {
    belongings.dispose();
    for (const path of own) delete requireOwn.cache[path];
    own.clear();
    module.exports = {};
  };
  process.setSourceMapsEnabled(true);
  // V8 would keep the text of every replaced version in its compilation cache.
  setFlagsFromString('--no-compilation-cache');
  try {
    module._compile(code, file);
  } catch (error) {
    release();
    throw failed(error);
  } finally {
    // The flag is the process's: of several threads one would switch it on while another compiles.
    if (isMainThread) setFlagsFromString('--compilation-cache');
  }
  return { module, release };
}

/**
 * The stack of an error, and of what caused it, without the frames of the container: what the
 * author can do something about.
 */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // inversify wraps what a @PostConstruct threw; the author's own error helps more.
  if (error.cause instanceof Error && error.constructor.name === 'InversifyCoreError')
    return describeFault(error.cause);
  const lines = (error.stack ?? String(error)).split('\n');
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  if (first < 0) return lines.join('\n');
  const frames = lines.slice(first).filter((line) => !FOREIGN.test(line));
  const cause = error.cause === undefined ? [] : [`caused by ${describeFault(error.cause)}`];
  return [...lines.slice(0, first), ...frames.slice(0, 4), ...cause].join('\n');
}

const OWN = dirname(fileURLToPath(import.meta.url));

/** Frames of Node, of inversify and of the container, whether Node maps these to their sources or not. */
const FOREIGN = new RegExp(
  String.raw`\bnode:internal\b|[\\/]@?inversify(js)?[\\/]|${[OWN, OWN.replace(/([\\/])dist(?=[\\/])/, '')].map(quoted).join('|')}`,
);

function quoted(directory: string): string {
  return String.raw`${directory.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}[\\/]`;
}
