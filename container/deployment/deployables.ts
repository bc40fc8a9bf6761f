// The deployables of a directory: RULES.md section 1.
import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { DeploymentError } from '@siplet/sdk';
import { deployableAt, FILES } from './deployable.js';

const SDK = '@siplet/sdk';
const DEPENDENCIES = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];
/** Files beside an application that are not applications. */
const BESIDE = /\.(test|spec|config)\.|\.d\.[cm]?ts$/;

/**
 * Whether a directory is itself an application, as its package.json says: it has a `siplet` key or depends on the SDK.
 * Undefined when its package.json cannot be read.
 */
export function isApplication(directory: string): boolean | undefined {
  try {
    const text = readFileSync(join(directory, 'package.json'), 'utf8');
    const manifest = Object(JSON.parse(text)) as Record<string, unknown>;
    return manifest.siplet !== undefined || DEPENDENCIES.some((key) => Object.hasOwn(Object(manifest[key]), SDK));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? false : undefined;
  }
}

/**
 * Paths of the deployables in `directory`, archives too, in alphabetical order: the directory alone if it is itself an
 * application. Throws when there is no such directory.
 */
export function deployablesIn(directory: string): string[] {
  if (isApplication(directory) !== false) return [resolve(directory)];
  return pathsIn(directory).filter(isDeployable);
}

/** Packages in `directory` that are not applications. */
export function otherPackagesIn(directory: string): string[] {
  if (isApplication(directory) !== false) return [];
  return pathsIn(directory).filter((path) => !isHidden(path) && hasManifest(path) && !isDeployable(path));
}

function pathsIn(directory: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new DeploymentError(`${directory}: there is no such directory`);
    throw new DeploymentError(code === 'ENOTDIR' ? `${directory} is not a directory` : message);
  }
  return entries.map(({ name }) => resolve(directory, name)).sort();
}

/** Whether a path in a directory of applications is a deployable. */
export function isDeployable(path: string): boolean {
  if (isHidden(path)) return false;
  // A link that points nowhere is nothing to deploy.
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return isPackage(path);
  const name = basename(path);
  if (stat?.isFile() !== true || BESIDE.test(name)) return false;
  return FILES.has(extname(name)) || name.endsWith('.tgz');
}

function isHidden(path: string): boolean {
  const name = basename(path);
  return name.startsWith('.') || name === 'node_modules';
}

export function hasManifest(directory: string): boolean {
  return existsSync(join(directory, 'package.json'));
}

/** A package that does not name the SDK among its dependencies depends on it all the same when its entry imports it. */
function isPackage(directory: string): boolean {
  if (!hasManifest(directory)) return false;
  if (isApplication(directory) !== false) return true;
  try {
    return readFileSync(deployableAt(directory).entry, 'utf8').includes(SDK);
  } catch {
    return false;
  }
}
