// @ts-check
// Run as a short-lived child process by compile.ts: bundles one application to one CommonJS chunk with an inline source
// map. Plain JavaScript, so that it is the same file whether the container runs from its sources or from dist/.
import { readFileSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { asyncModule, awaitsIn } from './async-module.js';
import { nativeAddons } from './native-addons.js';
import { HERE, ownPlace } from './own-place.js';

/** What the container hands out itself: contract section 1, and pino, whose logger it passes in. */
const SHARED = /^(@siplet\/sdk|inversify|reflect-metadata|pino)(\/|$)|^siplet:belongings$/;

/** Names that the application gets its own of, so that what it leaves behind can be released: belongings.ts. */
const BELONGINGS = [
  'process',
  ...['Timeout', 'Interval', 'Immediate'].flatMap((kind) => [`set${kind}`, `clear${kind}`]),
];
/** @type {Record<string, [module: string, name: string]>} */
const inject = {
  ...Object.fromEntries(
    BELONGINGS.flatMap((name) =>
      ['', 'globalThis.', 'global.'].map((prefix) => [prefix + name, ['siplet:belongings', name]]),
    ),
  ),
  ...HERE,
};

/** @param {{ entry: string, output: string }} order */
async function bundle({ entry, output }) {
  /** @type {{ code: string | undefined, message: string, id: string | undefined, loc: unknown }[]} */
  const warnings = [];
  const build = await rolldown({
    input: entry,
    platform: 'node',
    external: (id) => SHARED.test(id),
    plugins: [ownPlace, nativeAddons],
    transform: { target: 'es2022', inject, decorator: { legacy: true, emitDecoratorMetadata: true } },
    onLog: (level, { code, message, id, loc }) => {
      if (level === 'warn' && code !== 'CONFIGURATION_FIELD_CONFLICT') warnings.push({ code, message, id, loc });
    },
  });
  const chunk = await chunkOf(build, output);
  await build.close();
  // A package that tries for an optional one is its own affair; the author's missing import is not.
  const missing = warnings.filter(({ code, id }) => code === 'UNRESOLVED_IMPORT' && !id?.includes('/node_modules/'));
  if (missing.length > 0) return { faults: missing };
  return {
    ...chunk,
    warnings: warnings.filter(({ code }) => code !== 'UNRESOLVED_IMPORT').map(({ message }) => message),
  };
}

/**
 * One CommonJS text. With top-level await it is an async one, which rolldown does not make itself.
 * @param {import('rolldown').RolldownBuild} build
 * @param {string} file
 */
async function chunkOf(build, file) {
  /** @param {'cjs' | 'es'} format */
  const generate = async (format) => {
    const { output } = await build.generate({
      format,
      exports: 'named',
      file,
      sourcemap: 'inline',
      sourcemapExcludeSources: true,
      codeSplitting: false,
      dynamicImportInCjs: false,
    });
    return output[0];
  };
  try {
    return { code: (await generate('cjs')).code, awaits: [] };
  } catch (error) {
    const { errors = [] } = /** @type {{ errors?: { code?: string }[] }} */ (error);
    if (!errors.some(({ code }) => code === 'INVALID_TLA_FORMAT')) throw error;
  }
  const { code, moduleIds } = await generate('es');
  return { code: asyncModule(code), awaits: moduleIds.flatMap(awaitsOf) };
}

/**
 * `file:line:column` of each await that loading the module waits for.
 * @param {string} file
 */
function awaitsOf(file) {
  const [, lang] = /^\/.*\.[cm]?([jt]sx?)$/.exec(file) ?? [];
  if (lang === undefined) return [];
  const text = readFileSync(file, 'utf8');
  return awaitsIn(text, /** @type {'ts'} */ (lang)).map((offset) => {
    const before = text.slice(0, offset).split('\n');
    return `${file}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
  });
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
