// @ts-check
// Packages that load a native addon cannot be put into a bundle: they stay in the application's node_modules.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What packages find or fetch their addon with. */
const LOADERS = [
  'bindings',
  'node-gyp-build',
  'node-addon-api',
  'prebuild-install',
  '@mapbox/node-pre-gyp',
  'pkg-prebuilds',
];
/** The end of the name of an optional package that is for one platform. */
const PLATFORM = /(linux|darwin|win32|windows|freebsd|android)[-_](x64|arm64|arm|ia32|x86_64|amd64|64)/;

const MODULES = '/node_modules/';

/** @type {import('rolldown').Plugin} */
export const nativeAddons = {
  name: 'native-addons',
  async resolveId(source, importer, options) {
    if (importer === undefined || source.startsWith('\0')) return null;
    if (/^[./]/.test(source)) return source.endsWith('.node') ? addonAt(source, importer) : null;
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    if (!found || found.external || !found.id.includes(MODULES)) return found;
    if (!found.id.endsWith('.node') && !isNative(found.id)) return found;
    // What a package depends on may stand where only the package itself finds it.
    return { id: importer.includes(MODULES) ? found.id : source, external: true };
  },
};

/**
 * By where it stands: the bundle is elsewhere. A package may look for one that was never built.
 * @param {string} source
 * @param {string} importer
 */
function addonAt(source, importer) {
  const file = resolve(dirname(importer), source);
  if (existsSync(file)) return { id: file, external: true };
  return importer.includes(MODULES) ? { id: source, external: true } : null;
}

/** @param {string} file */
function isNative(file) {
  let directory = dirname(file);
  while (!existsSync(join(directory, 'package.json')) && dirname(directory) !== directory)
    directory = dirname(directory);
  if (existsSync(join(directory, 'binding.gyp')) || existsSync(join(directory, 'prebuilds'))) return true;
  try {
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    return (
      manifest.gypfile === true ||
      manifest.napi !== undefined ||
      manifest.binary !== undefined ||
      LOADERS.some((name) => manifest.dependencies?.[name] !== undefined) ||
      Object.keys(manifest.optionalDependencies ?? {}).some((name) => PLATFORM.test(name))
    );
  } catch {
    return false;
  }
}
