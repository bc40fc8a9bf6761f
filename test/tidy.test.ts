// The shape of the house: imports point one way, and time, chance and wire are taken from one place each.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

function sourcesIn(folder: string): { path: string; text: string }[] {
  const found: { path: string; text: string }[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (!entry.isFile() || !path.endsWith('.ts') || /(^|\/)(dist|node_modules)\//.test(path)) continue;
    found.push({ path, text: readFileSync(join(root, path), 'utf8') });
  }
  return found;
}

/** What a source imports, relative to the repository or as a package's name. */
function importsOf({ path, text }: { path: string; text: string }): string[] {
  const names = [...text.matchAll(/^(?:import|export) [^;]*? from '([^']+)';/gms)].map((match) => match[1]!);
  return names.map((name) => (name.startsWith('.') ? relative(root, join(root, path, '..', name)) : name));
}

const container = sourcesIn('container');

describe('imports point one way', () => {
  // A layer knows those before it; what an application's side consists of (session, dispatch, servlet, routing) may know each other.
  const LAYERS = ['message', 'transport', 'transaction', 'proxy'];

  test.each(LAYERS)('%s knows none of the layers above', (layer) => {
    const above = [
      ...LAYERS.slice(LAYERS.indexOf(layer) + 1),
      'session',
      'dispatch',
      'servlet',
      'routing',
      'deployment',
      'http',
      'cli',
    ];
    const wrong = container
      .filter(({ path }) => path.startsWith(`container/${layer}/`))
      .flatMap((source) => importsOf(source).map((name) => `${source.path} → ${name}`))
      .filter((line) => above.some((one) => line.includes(`→ container/${one}/`)));
    expect(wrong).toEqual([]);
  });

  test('the SDK knows nothing of the container, and applications know the SDK alone', () => {
    const wrong = [...sourcesIn('sdk'), ...sourcesIn('apps')]
      .flatMap((source) => importsOf(source).map((name) => `${source.path} → ${name}`))
      .filter((line) => line.includes('→ container/') || line.includes('@siplet/container'));
    expect(wrong).toEqual([]);
  });
});

describe('time, chance and wire are passed in', () => {
  /** The core: everything that a test runs on virtual ports. */
  const CORE = /^container\/(message|digest|transaction|proxy|session|dispatch|servlet|routing)\//;
  const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
    ['the time', /\bDate\.now\(|\bnew Date\(\)|performance\.now\(/],
    ['native timers', /\bset(Timeout|Interval|Immediate)\(/],
    ['chance', /Math\.random\(|crypto\.random|randomBytes\(/],
    ['sockets and DNS', /from 'node:(dgram|net|tls|dns|http)/],
  ];

  test.each(FORBIDDEN)('the core takes %s from a port', (_, pattern) => {
    expect(container.filter(({ path, text }) => CORE.test(path) && pattern.test(text)).map(({ path }) => path)).toEqual(
      [],
    );
  });
});
