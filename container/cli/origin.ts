// The source of the SDK and the container for a new application. It is that of the running `siplet`, so `npm install`
// finds them in a checkout, from tarballs and from a registry. RULES.md section 8.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The entries of a package.json for the two packages. */
export interface Origin {
  readonly sdk: string;
  readonly container: string;
  /** They are directories: npm must copy them, since a link would lead to their own dependencies. */
  readonly areDirectories: boolean;
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly directory: string;
}

const NAMES = ['@siplet/sdk', '@siplet/container'] as const;
const MODULES = `${sep}node_modules${sep}`;

/** `project` is the directory of the application, which exists already. */
export function originFor(project: string): Origin {
  const container = containerPackage();
  const sdk = packageAt(sdkDirectory(container.directory));
  const from = realpathSync(project);
  const root = workspaceOf(from);
  const isOurs = root !== undefined && container.directory.startsWith(root + sep);
  if (isOurs || isFromRegistry(container)) {
    return { sdk: sdk.version, container: container.version, areDirectories: false };
  }
  const tarballs = NAMES.map((name) => tarballOf(name, container.directory));
  const isThere = tarballs.every((path) => path !== undefined && existsSync(path));
  const [one, other] = isThere ? (tarballs as string[]) : [sdk.directory, container.directory];
  return { sdk: reference(from, one), container: reference(from, other), areDirectories: !isThere };
}

function reference(from: string, path: string | undefined): string {
  return `file:${relative(from, String(path)).replaceAll(sep, '/')}`;
}

function containerPackage(): Package {
  // In dist/cli/ and in cli/ alike, the package's own file is the nearest one above.
  for (const path of ['..', '../..']) {
    const directory = fileURLToPath(new URL(path, import.meta.url)).replace(/[\\/]$/, '');
    if (existsSync(join(directory, 'package.json'))) return packageAt(realpathSync(directory));
  }
  throw new Error('the package of the container has no package.json');
}

function packageAt(directory: string): Package {
  const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Package;
  return { name, version, directory };
}

function sdkDirectory(container: string): string {
  return realpathSync(dirname(createRequire(join(container, 'package.json')).resolve('@siplet/sdk/package.json')));
}

/** Installed, and not from a known tarball: it came from a registry. */
function isFromRegistry({ name, directory }: Package): boolean {
  return directory.includes(MODULES) && tarballOf(name, directory) === undefined;
}

/** The file that npm installed a package from, as npm has noted it beside the installed packages. */
function tarballOf(name: string, container: string): string | undefined {
  const end = container.lastIndexOf(MODULES);
  if (end < 0) return undefined;
  const root = container.slice(0, end);
  try {
    const lock = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')) as {
      packages: Record<string, { resolved?: string } | undefined>;
    };
    const resolved = lock.packages[`node_modules/${name}`]?.resolved ?? '';
    return resolved.startsWith('file:') ? resolve(root, resolved.slice('file:'.length)) : undefined;
  } catch {
    return undefined;
  }
}

/** The project whose `workspaces` have this directory among them: npm installs for it, with what it has. */
function workspaceOf(directory: string): string | undefined {
  for (let root = dirname(directory); root !== dirname(root); root = dirname(root)) {
    try {
      const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces?: string[] };
      const own = relative(root, directory).split(sep).join('/');
      if (
        workspaces?.some(
          (pattern) => pattern === own || (pattern.endsWith('/*') && pattern.slice(0, -2) === dirname(own)),
        )
      )
        return root;
    } catch {
      // No package here.
    }
  }
  return undefined;
}
