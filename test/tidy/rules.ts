// The rules of the code's shape: each takes sources and gives a line for each violation.
import { exportsOf, functionsOf, importsOf, type Source } from './sources.js';

/** The folders of container/ from below: each imports only itself and those before it. */
export const FLOORS = [
  'base',
  'configuration',
  'message',
  'transport',
  'transaction',
  'digest',
  'proxy',
  'application',
  'deployment',
  'session',
  'servlet',
  'routing',
  'agent',
  'b2bua',
  'dispatch',
  'engine',
  'host',
  'observe',
  'http',
  'composition',
  'workers',
  'cli',
] as const;

const MAX_FILE = 400;
const MAX_FUNCTION = 70;
const MAX_COMMENT = 120;

function floorOf(path: string): number {
  return FLOORS.indexOf(path.split('/')[1] as (typeof FLOORS)[number]);
}

/** Imports of container/ that point up, types too; and files that stand on no floor. */
export function upwardImports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const floor = floorOf(source.path);
    if (floor < 0) return [`${source.path} stands on no floor`];
    return importsOf(source)
      .filter(({ from }) => from.startsWith('container/') && !(floorOf(from) <= floor && floorOf(from) >= 0))
      .map(({ from }) => `${source.path} → ${from}`);
  });
}

/** Circles of files, types too: the files of each in a line. */
export function circles(sources: readonly Source[]): string[] {
  const graph = new Map(sources.map((source) => [source.path, importsOf(source).map(({ from }) => from)]));
  const found: string[] = [];
  const done = new Set<string>();
  for (const start of graph.keys()) {
    if (done.has(start)) continue;
    const circle = [...reachableFrom(start, graph)].filter((file) => reachableFrom(file, graph).has(start));
    for (const file of circle) done.add(file);
    if (circle.length > 0) found.push(circle.sort().join(', '));
  }
  return found;
}

/** What a file reaches by one import or more; itself only by a circle. */
function reachableFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const left = [...(graph.get(start) ?? [])];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (reached.has(next) || !graph.has(next)) continue;
    reached.add(next);
    left.push(...(graph.get(next) ?? []));
  }
  return reached;
}

/** Sources outside container/ that import it. */
export function importsOfContainer(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    importsOf(source)
      .filter(({ from }) => from.startsWith('container/') || from.startsWith('@siplet/container'))
      .map(({ from }) => `${source.path} → ${from}`),
  );
}

export function longFiles(sources: readonly Source[]): string[] {
  return sources
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_FILE)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
}

export function longFunctions(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    functionsOf(source)
      .filter(({ lines }) => lines > MAX_FUNCTION)
      .map(({ name, line, lines }) => `${source.path}:${line} ${name}: ${lines} lines`),
  );
}

/** Comments beyond column 120. */
export function wideComments(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, i) => ({ line, number: i + 1 }))
      .filter(({ line }) => line.length > MAX_COMMENT && /^\s*(\/\/|\/\*|\*)|\s\/\/ /.test(line))
      .map(({ line, number }) => `${path}:${number}: ${line.length} columns`),
  );
}

/** Exports of `sources` that no other file takes; `users` are all files that may. */
export function unusedExports(sources: readonly Source[], users: readonly Source[]): string[] {
  const taken = new Set<string>();
  for (const user of users)
    for (const { from, names } of importsOf(user)) for (const name of names ?? ['*']) taken.add(`${from} ${name}`);
  return sources
    .filter(({ path }) => !taken.has(`${path} *`))
    .flatMap((source) => exportsOf(source).map((name) => `${source.path} ${name}`))
    .filter((exported) => !taken.has(exported));
}
