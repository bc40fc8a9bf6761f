// Type errors of an application, found by whatever TypeScript compiler there is: `deploy.typeCheck`, D-1.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { putInBackground } from './background.js';
import type { Deployable } from './deployable.js';

export type TypeCheck = 'off' | 'warn' | 'strict';

const TIMEOUT = 120_000;
const NO_COMPILER =
  "no TypeScript compiler was found: run 'npm install --save-dev typescript' in the application, or set deploy.typeCheck to off";
const TSCONFIG = fileURLToPath(new URL('./tsconfig.js', import.meta.url));
const requireOwn = createRequire(import.meta.url);

/** What a check has found. */
export interface TypeFindings {
  /** One line for each error, with file and line; none for JavaScript. */
  readonly faults: readonly string[];
  /** Why nothing is known of the types. */
  readonly unchecked?: string;
}

/** In the background nobody waits for it. Never throws. */
export async function typeCheck(deployable: Deployable, isBackground = false): Promise<TypeFindings> {
  if (!/\.m?ts$/.test(deployable.entry)) return { faults: [] };
  const compiler = compilerFor(deployable.directory);
  if (!compiler) return { faults: [], unchecked: NO_COMPILER };
  const folder = mkdtempSync(join(tmpdir(), 'siplet-types-'));
  try {
    const project = join(folder, 'tsconfig.json');
    writeFileSync(project, JSON.stringify(projectOf(deployable, await aliasesOf(deployable.entry))));
    return { faults: await run(compiler, project, deployable.directory, isBackground) };
  } catch (error) {
    // What is no longer there is nobody's any more: an archive that was undeployed meanwhile.
    const isGone = !existsSync(deployable.entry);
    // Ctrl-C reaches the compiler as well as the container, which stops.
    const isStopped = (error as { signal?: unknown }).signal === 'SIGINT';
    if (isGone || isStopped) return { faults: [] };
    return { faults: [], unchecked: `the TypeScript compiler failed: ${(error as Error).message.trim()}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The application's own compiler, else the container's. */
function compilerFor(directory: string): string | undefined {
  for (const from of [createRequire(join(directory, 'package.json')), requireOwn]) {
    try {
      const manifest = from.resolve('typescript/package.json');
      const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { tsc: string } };
      return join(dirname(manifest), bin.tsc);
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/**
 * The author's tsconfig if there is one, with what the container decides: its own SDK,
 * legacy decorators, nothing written.
 */
function projectOf({ directory, entry }: Deployable, { baseUrl, paths: aliases }: Aliases): object {
  const own = join(directory, 'tsconfig.json');
  const extended =
    existsSync(own) && dirname(entry) !== dirname(directory) && existsSync(join(directory, 'package.json'));
  // TypeScript 7 has no baseUrl any more; what it stood for is a path.
  const paths: Record<string, readonly string[]> = { ...(baseUrl ? { '*': [`${baseUrl}/*`] } : {}), ...aliases };
  for (const name of ['@siplet/sdk', 'inversify', 'reflect-metadata']) {
    const root = packageRoot(name);
    if (root) paths[name] = [typesOf(root)];
  }
  const types = packageRoot('@types/node');
  return {
    ...(extended ? { extends: own } : {}),
    compilerOptions: {
      ...(extended ? {} : { strict: true, target: 'es2022', lib: ['es2023'], skipLibCheck: true }),
      module: 'esnext',
      moduleResolution: 'bundler',
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      noEmit: true,
      composite: false,
      incremental: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      ...(baseUrl ? { baseUrl: null } : {}),
      paths,
      ...(types ? { typeRoots: [dirname(types), join(directory, 'node_modules', '@types')], types: ['node'] } : {}),
    },
    files: [entry],
    include: [],
    references: [],
  };
}

interface Aliases {
  readonly baseUrl?: string;
  readonly paths?: Readonly<Record<string, readonly string[]>>;
}

/** Names that the author's tsconfig.json maps to files, all of them absolute. */
async function aliasesOf(entry: string): Promise<Aliases> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [TSCONFIG, entry], { timeout: TIMEOUT });
    return JSON.parse(stdout) as Aliases;
  } catch {
    // Whatever is wrong with it is for the compiler to say.
    return {};
  }
}

/** Where a package's types begin: a path mapping to its directory would not look at `exports`. */
function typesOf(root: string): string {
  const { exports, types } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports?: { '.'?: string | { types?: string } };
    types?: string;
  };
  const main = exports?.['.'];
  const entry = (typeof main === 'string' ? main : main?.types) ?? types;
  return entry === undefined ? root : join(root, entry.replace(/\.js$/, '.d.ts'));
}

function packageRoot(name: string): string | undefined {
  for (const folder of requireOwn.resolve.paths(name) ?? []) {
    if (existsSync(join(folder, name, 'package.json'))) return join(folder, name);
  }
  return undefined;
}

function run(compiler: string, project: string, directory: string, isBackground: boolean): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const options = { cwd: directory, timeout: TIMEOUT, maxBuffer: 10_000_000 };
    const child = execFile(
      process.execPath,
      [compiler, '--pretty', 'false', '-p', project],
      options,
      (error, stdout) => {
        const faults = stdout.split('\n').filter((line) => line !== '');
        // Status 1 or 2 with output: errors in the sources. Without: the compiler itself failed.
        if (error && faults.length === 0) reject(error);
        else resolve(error ? faults : []);
      },
    );
    if (isBackground) putInBackground(child.pid);
  });
}
