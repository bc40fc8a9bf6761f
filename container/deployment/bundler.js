// @ts-check
// Run as a short-lived child process by compile.ts: bundles one application to one CommonJS chunk with an inline source
// map. Plain JavaScript, so that it is the same file whether the container runs from its sources or from dist/.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

/** What the container hands out itself: contract section 1, and pino, whose logger it passes in. */
const SHARED = /^(@siplet\/sdk|inversify|reflect-metadata|pino)(\/|$)|^siplet:belongings$/;

/** Names that the application gets its own of, so that what it leaves behind can be released: belongings.ts. */
const BELONGINGS = [
  'process',
  ...['Timeout', 'Interval', 'Immediate'].flatMap((kind) => [`set${kind}`, `clear${kind}`]),
];
/** @type {Record<string, [module: string, name: string]>} */
const inject = Object.fromEntries(
  BELONGINGS.flatMap((name) =>
    ['', 'globalThis.', 'global.'].map((prefix) => [prefix + name, ['siplet:belongings', name]]),
  ),
);

/**
 * Packages that load a native addon cannot be put into a bundle: they stay in the application's node_modules.
 * @type {import('rolldown').Plugin}
 */
const native = {
  name: 'native-addons',
  async resolveId(source, importer, options) {
    if (source.endsWith('.node')) return { id: source, external: true };
    if (source.startsWith('.') || source.startsWith('/') || importer === undefined) return null;
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    if (!found || found.external || !found.id.includes('/node_modules/')) return found;
    return isNative(found.id) ? { id: source, external: true } : found;
  },
};

/** @param {string} file */
function isNative(file) {
  let directory = dirname(file);
  while (!existsSync(join(directory, 'package.json')) && dirname(directory) !== directory)
    directory = dirname(directory);
  if (existsSync(join(directory, 'binding.gyp')) || existsSync(join(directory, 'prebuilds'))) return true;
  try {
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    return manifest.gypfile === true || manifest.napi !== undefined || manifest.binary !== undefined;
  } catch {
    return false;
  }
}

/** @param {{ entry: string, output: string }} order */
async function bundle({ entry, output }) {
  /** @type {{ code: string | undefined, message: string, id: string | undefined, loc: unknown }[]} */
  const warnings = [];
  const build = await rolldown({
    input: entry,
    platform: 'node',
    external: (id) => SHARED.test(id),
    plugins: [native],
    transform: { target: 'es2022', inject, decorator: { legacy: true, emitDecoratorMetadata: true } },
    onLog: (level, { code, message, id, loc }) => {
      if (level === 'warn' && code !== 'CONFIGURATION_FIELD_CONFLICT') warnings.push({ code, message, id, loc });
    },
  });
  const { output: chunks } = await build.generate({
    format: 'cjs',
    exports: 'named',
    file: output,
    sourcemap: 'inline',
    sourcemapExcludeSources: true,
    codeSplitting: false,
  });
  await build.close();
  // A package that tries for an optional one is its own affair; the author's missing import is not.
  const missing = warnings.filter(({ code, id }) => code === 'UNRESOLVED_IMPORT' && !id?.includes('/node_modules/'));
  if (missing.length > 0) return { faults: missing };
  return {
    code: chunks[0].code,
    warnings: warnings.filter(({ code }) => code !== 'UNRESOLVED_IMPORT').map(({ message }) => message),
  };
}

// The container hangs up when it has the answer, or when it ends.
process.once('disconnect', () => process.exit(0));
process.once('message', async (order) => {
  const answer = await bundle(/** @type {{ entry: string, output: string }} */ (order)).catch(faultsIn);
  process.send?.(answer);
});

/** @param {any} error */
function faultsIn(error) {
  const errors = Array.isArray(error.errors) && error.errors.length > 0 ? error.errors : [error];
  return {
    faults: errors.map((/** @type {any} */ each) => ({
      code: each.code,
      message: String(each.message),
      id: each.id,
      loc: each.loc,
    })),
  };
}
