// What may be deployed, and what it is called: RULES.md section 1.
import { statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { DeploymentError } from '@siplet/sdk';
import { nearest } from '../base/nearest.js';
import { type Manifest, readManifest } from './manifest.js';

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
/** As npm has it: three numbers, and what may follow them. */
const VERSION = /^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/;
const ENTRIES = ['index.ts', 'src/index.ts', 'index.js'];

/** Name, version and entry of the deployable at `path`. Throws a DeploymentError that says which rule it breaks. */
export function deployableAt(path: string): Deployable {
  const absolute = resolve(path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (!stat) throw new DeploymentError(`${path}: there is no such file or directory`);
  if (stat.isDirectory()) return packageAt(absolute);
  if (absolute.endsWith('.tgz')) throw new DeploymentError(`${path}: an archive must be unpacked first`);
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
  const manifest = readManifest(directory);
  const { name, version } = manifest.value;
  if (typeof name !== 'string' || name === '') throw manifest.fault('name', 'has no name: write "name": "my-app"');
  if (typeof version !== 'string' || version === '')
    throw manifest.fault('version', 'has no version: write "version": "1.0.0"');
  if (!VERSION.test(version))
    throw manifest.fault('version', `'${version}' is not a version: write for example "1.0.0"`);
  const short = name.replace(/^@[^/]*\//, '');
  // It becomes part of file names.
  if (!/^[\w~][\w.~-]{0,213}$/.test(short))
    throw manifest.fault('name', `'${name}' is not a name of a package: write small letters, digits and '-'`);
  return {
    path: directory,
    name: short,
    version,
    entry: entryOf(directory, manifest),
    directory,
  };
}

function entryOf(directory: string, manifest: Manifest): string {
  const siplet = sectionOf(manifest);
  const named = siplet.entry ?? manifest.value.main;
  if (named !== undefined) {
    const key = siplet.entry !== undefined ? 'siplet.entry' : 'main';
    if (typeof named !== 'string') throw manifest.fault(key, `${key} is not the name of a file: write "index.ts"`);
    const entry = resolve(directory, named);
    // As Node does for `main`: the extension may be left out.
    const found = [entry, ...[...FILES].map((each) => entry + each), ...ENTRIES.map((each) => join(entry, each))].find(
      isFile,
    );
    if (found) return found;
    const source = ENTRIES.find((each) => isFile(join(directory, each)));
    const instead = source ? `write "siplet": { "entry": "${source}" }` : 'correct the name, or build it first';
    throw manifest.fault(key, `${key} is '${named}', but there is no such file: ${instead}`);
  }
  const found = ENTRIES.map((each) => join(directory, each)).find(isFile);
  if (!found)
    throw manifest.fault(
      'siplet',
      `names no entry (siplet.entry, main), and there is no ${ENTRIES.join(', ')}: write "siplet": { "entry": "…" }`,
    );
  return found;
}

const KEYS = ['entry', 'public'];

/** The `siplet` key. */
function sectionOf(manifest: Manifest): Readonly<Record<string, unknown>> {
  const { siplet = {} } = manifest.value;
  if (typeof siplet !== 'object' || siplet === null || Array.isArray(siplet))
    throw manifest.fault('siplet', `siplet is ${JSON.stringify(siplet)}: write "siplet": { "entry": "index.ts" }`);
  for (const key of Object.keys(siplet)) {
    if (!KEYS.includes(key))
      throw manifest.fault(
        key,
        `siplet.${key} does not exist${nearest(key, KEYS) || `: there are ${KEYS.join(', ')}`}`,
      );
  }
  return siplet as Record<string, unknown>;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
