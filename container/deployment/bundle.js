// @ts-check
// Bundles one application to one CommonJS chunk with an inline source map. Plain JavaScript, as bundler.js is, which
// runs it.
import { readFileSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { asyncModule, awaitsIn } from './async-module.js';
import { AuthorSource } from './author-source.js';
import { nativeAddons } from './native-addons.js';
import { HERE, ownPlace } from './own-place.js';

/** @typedef {{ entry: string, output: string, shared: import('./author-source.js').Shared }} Order */

/** @typedef {{ file?: string | undefined, line: number, column: number }} Position */
/** @typedef {{ code?: string | undefined, id?: string | undefined, loc?: Position | undefined }} Origin */
/** @typedef {Origin & { message: string }} Fault */

/** What the container hands out itself: RULES.md section 1, and pino, whose logger it passes in. */
const SHARED = /^(@siplet\/sdk|inversify|reflect-metadata|pino)(\/|$)|^siplet:belongings$/;

/** Globals that each application has for itself, so that its timers and listeners can be released: belongings.ts. */
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

/**
 * What compile.ts asks for. Never throws: what is wrong with the sources is in the answer.
 * @param {Order} order
 */
export function bundle(order) {
  return bundled(order).catch(faultsIn);
}

/** @param {Order} order */
async function bundled({ entry, output, shared }) {
  const author = new Author(shared);
  /** @type {Fault[]} */
  const warnings = [];
  const build = await rolldown({
    input: entry,
    platform: 'node',
    external: (id) => SHARED.test(id),
    plugins: [author.plugin, ownPlace, nativeAddons],
    transform: { target: 'es2022', inject, decorator: { legacy: true, emitDecoratorMetadata: true } },
    onLog: (level, { code, message, id, loc }) => {
      if (level === 'warn' && code !== 'CONFIGURATION_FIELD_CONFLICT') warnings.push({ code, message, id, loc });
    },
  });
  // What is wrong with the sources may keep it from being made.
  const chunk = await chunkOf(build, output).catch((error) => {
    if (author.faults.length === 0) throw error;
  });
  await build.close();
  // A package that tries for an optional one is its own affair; the author's missing import is not.
  if (chunk === undefined || author.faults.length > 0) return { faults: author.faults };
  const missing = warnings.filter(({ code, id }) => code === 'UNRESOLVED_IMPORT' && !id?.includes('/node_modules/'));
  if (missing.length > 0) return { faults: missing };
  return {
    ...chunk,
    classes: author.classes,
    warnings: warnings.filter(({ code }) => code !== 'UNRESOLVED_IMPORT').map(({ message }) => message),
  };
}

/** Reads the author's modules, and does not change them. */
class Author {
  /** @type {import('./author-source.js').SourceFault[]} */
  faults = [];
  /** @type {import('./author-source.js').DeclaredClass[]} */
  classes = [];
  /** @type {import('rolldown').Plugin} */
  plugin;

  /** @param {import('./author-source.js').Shared} shared */
  constructor(shared) {
    this.plugin = {
      name: 'author',
      transform: {
        order: 'pre',
        filter: { id: /^\/(?!.*\/node_modules\/).*\.[cm]?[jt]sx?$/, code: /\bclass\b|@siplet|inversify/ },
        handler: (code, id) => {
          const { faults, classes } = new AuthorSource(code, id, shared);
          this.faults.push(...faults);
          this.classes.push(...classes);
          return null;
        },
      },
    };
  }
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
