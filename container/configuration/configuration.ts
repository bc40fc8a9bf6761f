// The configuration of a container: siplet.yaml, overridden by the command line. RULES.md section 8.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import type { z } from 'zod';
import { faultOf } from './fault.js';
import { type Configuration, schema } from './schema.js';

export { configurationKeys } from './describe.js';
export { type ListenAddress, type ListenTransport, listenText } from './listen.js';
export type { AdminAddress, Configuration, RouterOrder } from './schema.js';

/** The faults of a configuration, one line for each: `siplet.yaml:3:5: timers.t1 …`. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';

  /** Whether the command line is at fault. */
  readonly isUsage: boolean;

  constructor(message: string, isUsage = false) {
    super(message);
    this.isUsage = isUsage;
  }
}

/** Values from the command line; undefined leaves the file's value. */
interface Overrides {
  readonly listen?: readonly string[] | undefined;
  readonly workers?: number | 'auto' | undefined;
  readonly admin?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly watch?: boolean | undefined;
}

/** Reads `file`, or siplet.yaml in the working directory if there is one. Throws a ConfigurationError. */
export function readConfiguration(file?: string, overrides: Overrides = {}): Configuration {
  const path = file ?? 'siplet.yaml';
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (file === undefined && code === 'ENOENT') return parseConfiguration('', undefined, overrides);
    throw new ConfigurationError(`${path}: ${UNREADABLE[code ?? ''] ?? message}`);
  }
  return { ...parseConfiguration(text, path, overrides), file: resolve(path) };
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'is a directory, not a file',
  EACCES: 'cannot be read: permission denied',
};

/** `text` is YAML; faults begin with `name`. */
export function parseConfiguration(text: string, name = 'siplet.yaml', overrides: Overrides = {}): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new ConfigurationError(document.errors.map((error) => `${at(error.pos[0])}: ${toldOf(error)}`).join('\n'));
  }
  const value = contentOf(document, at);
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ConfigurationError(`${at(offsetOf(document, []))}: must be a map of keys and values`);
  }
  const fromFile = schema.safeParse(value, { error: faultOf });
  if (!fromFile.success) {
    const faults = fromFile.error.issues.flatMap((issue) => faultsOf(issue, document, value, at));
    throw new ConfigurationError(faults.join('\n'));
  }
  const said = overridden(value as Record<string, unknown>, overrides);
  const whole = schema.safeParse(said, { error: faultOf });
  if (!whole.success) {
    throw new ConfigurationError(
      whole.error.issues
        .map(({ path, message }) => `${OPTIONS[String(path[0])] ?? where(path)}: ${message}`)
        .join('\n'),
      true,
    );
  }
  return { ...whole.data, apps: new Map(Object.entries(whole.data.apps)) };
}

/** The content of the document; {} when it is empty. */
function contentOf(document: Document, at: (offset: number) => string): unknown {
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return;
      throw new ConfigurationError(
        `${at(alias.range?.[0] ?? 0)}: '*${alias.source}' refers to '&${alias.source}', which is not defined before it`,
      );
    },
  });
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    // The file has more aliases than the parser allows.
    throw new ConfigurationError(`${at(0)}: ${(error as Error).message}`);
  }
}

/** Replaces the parser's messages that are meant for programmers. */
function toldOf({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; only one is allowed';
  return code === 'NON_STRING_KEY' ? 'a key must be a string' : message;
}

/** 'siplet.yaml:12:5': the position of the key at that path in the file, or of its nearest parent there. */
export function positionIn(file: string, path: readonly PropertyKey[]): string {
  const lines = new LineCounter();
  try {
    const document = parseDocument(readFileSync(file, 'utf8'), {
      lineCounter: lines,
      stringKeys: true,
      logLevel: 'error',
    });
    const { line, col } = lines.linePos(offsetOf(document, path));
    return `${file}:${line}:${col}`;
  } catch {
    return file;
  }
}

/** The defaults, with the overrides. */
export function defaultConfiguration(overrides: Overrides = {}): Configuration {
  return parseConfiguration('', undefined, overrides);
}

/** The command-line option for each key. */
const OPTIONS: Readonly<Record<string, string>> = {
  listen: '--listen',
  workers: '--workers',
  admin: '--admin',
  log: '--log-level',
};

function overridden(value: Record<string, unknown>, overrides: Overrides): Record<string, unknown> {
  const said = { ...value };
  if (overrides.listen?.length) said.listen = [...overrides.listen];
  if (overrides.workers !== undefined) said.workers = overrides.workers;
  if (overrides.admin !== undefined) {
    const { token } = Object(value.admin) as { token?: unknown };
    said.admin =
      token === undefined || overrides.admin === 'off' ? overrides.admin : { listen: overrides.admin, token };
  }
  if (overrides.logLevel !== undefined) said.log = { ...(value.log as object | undefined), level: overrides.logLevel };
  if (overrides.watch !== undefined) said.deploy = { ...(value.deploy as object | undefined), watch: overrides.watch };
  return said;
}

type Issue = z.core.$ZodIssue;

function faultsOf(issue: Issue, document: Document, value: unknown, at: (offset: number) => string): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `${at(offsetOf(document, path))}: ${where(path)}there is no such key`;
    });
  }
  const given = valueAt(value, issue.path);
  const message =
    issue.code === 'custom' || given === undefined ? issue.message : `${issue.message}, not ${JSON.stringify(given)}`;
  return [`${at(offsetOf(document, issue.path))}: ${where(issue.path)}${message}`];
}

function where(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : `${path.map(String).join('.')}: `;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

/** The offset of the key at that path in the text, or of its nearest parent there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: Node | null = isNode(document.contents) ? document.contents : null;
  let offset = node?.range?.[0] ?? 0;
  for (const key of path) {
    const found = isMap(node) ? inMap(node, key) : inSequence(node, key);
    if (found === undefined) return offset;
    offset = found.offset ?? offset;
    node = found.value;
  }
  return offset;
}

/** A value, and the offset of it or its key. */
interface Found {
  readonly value: Node | null;
  readonly offset: number | undefined;
}

function inMap({ items }: YAMLMap, key: PropertyKey): Found | undefined {
  const pair = items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key));
  if (pair === undefined) return undefined;
  return { value: isNode(pair.value) ? pair.value : null, offset: (pair.key as Node).range?.[0] };
}

function inSequence(node: Node | null, key: PropertyKey): Found | undefined {
  const item: unknown = node && 'items' in node ? (node.items as unknown[])[Number(key)] : undefined;
  return isNode(item) ? { value: item, offset: item.range?.[0] } : undefined;
}
