// The sources of the repository as the tidy tests read them: path, text, imports, exports, functions.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Source {
  /** Relative to the repository: container/proxy/branch.ts. */
  readonly path: string;
  readonly text: string;
}

/** A part of a syntax tree (ESTree); only what is looked at here. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Every TypeScript and JavaScript source below a folder, except built and installed ones. */
export function sourcesIn(folder: string): Source[] {
  const sources: Source[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })) {
    const path = relative(ROOT, join(entry.parentPath, entry.name));
    if (!entry.isFile() || !/\.(ts|js|mjs)$/.test(path) || /(^|\/)(dist|node_modules|\.work)\//.test(path)) continue;
    sources.push({ path, text: readFileSync(join(ROOT, path), 'utf8') });
  }
  return sources;
}

const trees = new WeakMap<Source, Node>();

export function treeOf(source: Source): Node {
  let tree = trees.get(source);
  if (tree === undefined) {
    tree = parseAst(source.text, { lang: source.path.endsWith('.ts') ? 'ts' : 'js' }) as unknown as Node;
    trees.set(source, tree);
  }
  return tree;
}

export interface Import {
  /** A file of the repository, or a package's name. */
  readonly from: string;
  /** The exported names that are taken; undefined: all of them. */
  readonly names: readonly string[] | undefined;
}

/** What a source imports or exports again, types too. */
export function importsOf(source: Source): Import[] {
  const imports: Import[] = [];
  for (const node of nodesOf(treeOf(source))) {
    const specifier = (node.source as Node | null | undefined)?.value;
    if (typeof specifier !== 'string') continue;
    const from = specifier.startsWith('.') ? fileOf(normalize(join(source.path, '..', specifier))) : specifier;
    imports.push({ from, names: namesIn(node) });
  }
  return imports;
}

/** A built name as the file that it is built from. */
function fileOf(path: string): string {
  const source = path.replace(/^(container|sdk)\/dist\//, '$1/');
  return existsSync(join(ROOT, source)) ? source : source.replace(/\.js$/, '.ts');
}

function namesIn(node: Node): readonly string[] | undefined {
  const specifiers = node.specifiers as readonly Node[] | undefined;
  if (specifiers === undefined || specifiers.some(({ type }) => type === 'ImportNamespaceSpecifier')) return undefined;
  return specifiers.map((each) => {
    const name = (each.imported ?? each.local) as Node | undefined;
    return each.type === 'ImportDefaultSpecifier' ? 'default' : String(name?.name ?? name?.value);
  });
}

/** Names that a source exports itself. */
export function exportsOf(source: Source): string[] {
  const names: string[] = [];
  for (const statement of treeOf(source).body as readonly Node[]) {
    if (statement.type !== 'ExportNamedDeclaration') continue;
    const declaration = statement.declaration as Node | null;
    if (declaration !== null) names.push(...declaredNames(declaration));
    else if (statement.source === null)
      for (const each of statement.specifiers as readonly Node[]) names.push(String((each.exported as Node).name));
  }
  return names;
}

function declaredNames(declaration: Node): string[] {
  const declarations = (declaration.declarations as readonly Node[] | undefined) ?? [declaration];
  return declarations.flatMap(({ id }) => {
    const name = (id as Node | undefined)?.name;
    return typeof name === 'string' ? [name] : [];
  });
}

export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Every function of a source, with its length in lines. */
export function functionsOf(source: Source): FunctionSpan[] {
  const spans: FunctionSpan[] = [];
  const visit = (node: Node, name: string): void => {
    if (FUNCTIONS.has(node.type)) {
      const line = lineOf(source, node.start);
      const own = (node.id as Node | null | undefined)?.name;
      spans.push({ name: String(own ?? name), line, lines: lineOf(source, node.end) - line + 1 });
    }
    for (const child of childrenOf(node)) visit(child, nameOf(node) ?? name);
  };
  visit(treeOf(source), 'module');
  return spans;
}

/** The name that a function below this node goes by. */
function nameOf({ type, key, id }: Node): string | undefined {
  const named = type === 'VariableDeclarator' ? id : key;
  const name = (named as Node | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}

function lineOf({ text }: Source, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]).filter(isNode));
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}
