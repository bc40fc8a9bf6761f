// @ts-check
// A bundle with top-level await as CommonJS: its body becomes an async function, and `module.exports` a promise of what
// it exports. Node keeps every ES module that it has imported; a CommonJS module can be collected (D-3).
import { parseAst } from 'rolldown/parseAst';
import { childrenOf, nameOf } from './syntax-tree.js';

/** @typedef {import('./syntax-tree.js').Node} Node */

// One line, before the first one of the bundle: what follows keeps its line, and so its place in the source map.
// The names are out of reach of the application, which may declare a `require` of its own.
const HEAD =
  "'use strict'; const $require = require, $meta = { url: require('node:url').pathToFileURL(__filename).href, " +
  'filename: __filename, dirname: __dirname }, $isModule = (m) => m != null && (m[Symbol.toStringTag] === "Module" || m.__esModule === true), ' +
  '$namespace = (m) => $isModule(m) ? m : Object.create(Object(m), { default: { value: m, enumerable: true } }), ' +
  '$default = (m) => $isModule(m) ? m.default : m; module.exports = (async () => { ';
const TAIL = '\n})();';

/**
 * What rolldown made in its format `es`, to be evaluated as CommonJS. Lines stay where they are.
 * @param {string} code
 */
export function asyncModule(code) {
  /** @type {{ start: number, end: number, text: string }[]} */
  const edits = [];
  /** @type {string[]} */
  const exported = [];
  const program = /** @type {Node} */ (/** @type {unknown} */ (parseAst(code)));
  for (const statement of program.body) {
    const text = isImport(statement) ? imported(statement) : exportOf(statement, exported);
    if (text === undefined) editsIn(statement, edits);
    else edits.push({ start: statement.start, end: statement.end, text });
  }
  let result = code;
  for (const { start, end, text } of edits.sort((one, other) => other.start - one.start)) {
    const lines = '\n'.repeat(code.slice(start, end).split('\n').length - 1);
    result = result.slice(0, start) + text + lines + result.slice(end);
  }
  return `${HEAD}${result}\nreturn { ${exported.join(', ')} };${TAIL}`;
}

/** @param {Node} statement */
function isImport({ type }) {
  return type === 'ImportDeclaration';
}

/**
 * `const { a: b } = $require("x");`
 * @param {Node} statement
 */
function imported({ source, specifiers }) {
  const module = `$require(${source.raw})`;
  if (specifiers.length === 0) return `${module};`;
  /** @type {string[]} */
  const names = [];
  /** @type {string[]} */
  const whole = [];
  for (const { type, local, imported } of specifiers) {
    const name = imported === undefined ? undefined : nameOf(imported);
    if (type === 'ImportNamespaceSpecifier') whole.push(`${local.name} = $namespace(${module})`);
    else if (name === undefined || name === 'default') whole.push(`${local.name} = $default(${module})`);
    else names.push(`${JSON.stringify(name)}: ${local.name}`);
  }
  if (names.length > 0) whole.push(`{ ${names.join(', ')} } = ${module}`);
  return `const ${whole.join(', ')};`;
}

/**
 * The text that replaces an export statement; undefined for any other statement.
 * @param {Node} statement
 * @param {string[]} exported
 */
function exportOf({ type, source, specifiers, declaration, exported: name }, exported) {
  if (type === 'ExportAllDeclaration') {
    const module = `$namespace($require(${source.raw}))`;
    exported.push(name === null ? `...${module}` : `${JSON.stringify(nameOf(name))}: ${module}`);
    return '';
  }
  if (type !== 'ExportNamedDeclaration' || declaration !== null) return undefined;
  for (const { local, exported: as } of specifiers) {
    const value =
      source === null ? local.name : `$namespace($require(${source.raw}))[${JSON.stringify(nameOf(local))}]`;
    exported.push(`${JSON.stringify(nameOf(as))}: ${value}`);
  }
  return '';
}

/**
 * `import.meta`, `import()` of what is not in the bundle, and rolldown's own `require`.
 * @param {Node} node
 * @param {{ start: number, end: number, text: string }[]} edits
 */
function editsIn(node, edits) {
  const { type, start, end } = node;
  if (type === 'MetaProperty' && node.meta.name === 'import') edits.push({ start, end, text: '$meta' });
  else if (type === 'ImportExpression' && node.source.type === 'Literal')
    edits.push({ start, end, text: `Promise.resolve().then(() => $namespace($require(${node.source.raw})))` });
  else if (type === 'VariableDeclarator' && node.id.name === '__require')
    edits.push({ start: node.init.start, end: node.init.end, text: '$require' });
  else for (const child of childrenOf(node)) editsIn(child, edits);
}

/**
 * Where modules wait while they are loaded: offsets of `await` outside of every function.
 * @param {string} code
 * @param {'js' | 'jsx' | 'ts' | 'tsx'} lang
 */
export function awaitsIn(code, lang) {
  /** @type {number[]} */
  const offsets = [];
  /** @param {Node} node */
  const visit = (node) => {
    if (/Function|^(PropertyDefinition|StaticBlock)$/.test(node.type)) return;
    if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)) offsets.push(node.start);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(/** @type {Node} */ (/** @type {unknown} */ (parseAst(code, { lang }))));
  return offsets;
}
