// What may be deployed, and what it is called: contract section 1.
import { readFileSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { DeploymentError } from '@siplet/sdk';

/** Something that can be compiled and loaded: a package directory or one file. */
export interface Deployable {
  /** Where it stands: the directory, the file, or the archive that it was unpacked from. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** The entry module, absolute. */
  readonly entry: string;
  /** The directory that its imports and its node_modules are looked for from. */
  readonly directory: string;
}

export const FILES: ReadonlySet<string> = new Set(['.ts', '.js', '.mts', '.mjs']);
const ENTRIES = ['index.ts', 'src/index.ts', 'index.js'];

/** Name, version and entry of the deployable at `path`. Throws a DeploymentError that says which rule it breaks. */
export function deployableAt(path: string): Deployable {
  const absolute = resolve(path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (!stat) throw new DeploymentError(`${path}: there is no such file or directory`);
  if (stat.isDirectory()) return packageAt(absolute);
  if (absolute.endsWith('.tgz')) throw new DeploymentError(`${path}: an archive is to be unpacked first`);
  const extension = extname(absolute);
  if (!FILES.has(extension) || /\.d\.m?ts$/.test(absolute)) {
    throw new DeploymentError(`${path}: is neither a directory with a package.json nor a .ts, .js, .mts or .mjs file`);
  }
  return {
    path: absolute,
    name: basename(absolute, extension),
    version: '0.0.0',
    entry: absolute,
    directory: resolve(absolute, '..'),
  };
}

function packageAt(directory: string): Deployable {
  const file = join(directory, 'package.json');
  let manifest: Record<string, unknown>;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DeploymentError(code === 'ENOENT' ? `${directory}: has no package.json` : `${file}: ${message}`);
  }
  if (typeof manifest !== 'object' || manifest === null) throw new DeploymentError(`${file}: is no object`);
  const { name, version } = manifest;
  if (typeof name !== 'string' || name === '') throw new DeploymentError(`${file}: has no name`);
  if (typeof version !== 'string' || version === '') throw new DeploymentError(`${file}: has no version`);
  const short = name.replace(/^@[^/]*\//, '');
  // It becomes part of file names.
  if (!/^[\w~][\w.~-]{0,213}$/.test(short)) throw new DeploymentError(`${file}: '${name}' is no name of a package`);
  return {
    path: directory,
    name: short,
    version,
    entry: entryOf(directory, manifest, file),
    directory,
  };
}

function entryOf(directory: string, manifest: Record<string, unknown>, file: string): string {
  const siplet = manifest.siplet as { entry?: unknown } | undefined;
  const named = (siplet?.entry ?? manifest.main) as unknown;
  if (named !== undefined) {
    const key = siplet?.entry !== undefined ? 'siplet.entry' : 'main';
    if (typeof named !== 'string') throw new DeploymentError(`${file}: ${key} is no file name`);
    const entry = resolve(directory, named);
    // As Node does for `main`: the extension may be left out.
    const found = [entry, ...[...FILES].map((each) => entry + each), ...ENTRIES.map((each) => join(entry, each))].find(
      isFile,
    );
    if (!found) throw new DeploymentError(`${file}: ${key} is '${named}', but there is no such file`);
    return found;
  }
  const found = ENTRIES.map((each) => join(directory, each)).find(isFile);
  if (!found)
    throw new DeploymentError(`${file}: names no entry (siplet.entry, main), and there is no ${ENTRIES.join(', ')}`);
  return found;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
