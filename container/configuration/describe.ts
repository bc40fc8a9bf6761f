// The keys of siplet.yaml with default and meaning, read from the schema. The table in the README is made from them,
// and a test keeps it up to date.
import { z } from 'zod';
import { schema } from './schema.js';

interface ConfigurationKey {
  readonly key: string;
  /** As written in the file; '' when there is no default. */
  readonly default: string;
  readonly meaning: string;
}

export function configurationKeys(): ConfigurationKey[] {
  return Object.entries(schema.shape).flatMap(([key, type]) => keysOf(key, type as z.ZodType));
}

function keysOf(key: string, type: z.ZodType): ConfigurationKey[] {
  const inner = type instanceof z.ZodPipe ? type.out : undefined;
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([name, each]) => keysOf(`${key}.${name}`, each as z.ZodType));
  }
  return [{ key, default: WRITTEN[key] ?? written(type), meaning: type.description ?? '' }];
}

/** Defaults for which the parsed value is not what an operator would write. */
const WRITTEN: Record<string, string> = {
  listen: '[udp:127.0.0.1:5060, tcp:127.0.0.1:5060]',
  admin: '127.0.0.1:8060',
  router: 'every application, alphabetically',
  apps: '',
};

function written(type: z.ZodType): string {
  const parsed = type.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined) return '';
  return Array.isArray(parsed.data) ? '[]' : String(parsed.data);
}
