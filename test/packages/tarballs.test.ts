// What is in the packages that are published: all that their users need, and nothing that only this repository can
// read.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { execute, packInto, ROOT } from './packed.js';

interface Manifest {
  readonly version: string;
  readonly main?: string;
  readonly types?: string;
  readonly bin?: Record<string, string>;
  readonly exports: unknown;
  readonly dependencies: Record<string, string>;
}

/** An unpacked tarball. */
class Package {
  readonly files: readonly string[];
  readonly manifest: Manifest;

  constructor(readonly folder: string) {
    this.files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
    this.manifest = JSON.parse(this.text('package.json')) as Manifest;
  }

  text(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** Targets of the links in its pages. */
  links(): { page: string; target: string }[] {
    return this.files
      .filter((file) => file.endsWith('.md'))
      .flatMap((page) => linksOf(this.text(page)).map((target) => ({ page, target })));
  }
}

/** Inline links, reference definitions and HTML attributes, outside code. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  const patterns = [/\]\(\s*<?([^)\s>]+)/g, /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm, /\b(?:href|src)="([^"]*)"/g];
  return patterns.flatMap((pattern) => [...prose.matchAll(pattern)].map((match) => present(match[1])));
}

/** All file names in a value of package.json. */
function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('./') ? [normalize(value)] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}

let folder: string;
const packages = new Map<string, Package>();
const NAMES = ['sdk', 'container'] as const;
const packed = (name: string): Package => present(packages.get(name));

beforeAll(async () => {
  const made = await packInto('siplet-tarballs-test-');
  folder = made.folder;
  for (const name of NAMES) {
    const target = join(folder, name);
    mkdirSync(target);
    await execute('tar', ['-xzf', made[name], '-C', target, '--strip-components=1']);
    packages.set(name, new Package(target));
  }
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(NAMES)('the package of %s/', (name) => {
  test('has the license of the repository, as its folder has', () => {
    const license = readFileSync(join(ROOT, 'LICENSE'), 'utf8');
    expect(license).toMatch(/^MIT License\n\nCopyright \(c\) 2026 The Siplet authors\n/);
    expect(readFileSync(join(ROOT, name, 'LICENSE'), 'utf8')).toBe(license);
    expect(packed(name).text('LICENSE')).toBe(license);
  });

  test('has a README that begins with its name', () => {
    expect(packed(name).text('README.md')).toMatch(new RegExp(`^# @siplet/${name}\n`));
  });

  test('has compiled code, declarations and source maps, and neither sources nor state of the build', () => {
    const { files } = packed(name);
    expect(files.filter((file) => /^dist\/.*\.js$/.test(file)).length).toBeGreaterThan(20);
    const pages = name === 'sdk' ? '[A-Z0-9]+\\.md|' : '';
    const wanted = new RegExp(
      `^(dist/.*\\.(js|d\\.ts|js\\.map)|bin/siplet\\.js|${pages}README\\.md|LICENSE|package\\.json)$`,
    );
    expect(files.filter((file) => !wanted.test(file))).toEqual([]);
  });

  test('has every file that its package.json names', () => {
    const { files, manifest } = packed(name);
    const named = [manifest.main, manifest.types, manifest.exports]
      .flatMap(pathsIn)
      .concat(Object.values(manifest.bin ?? {}));
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((file) => !files.includes(file))).toEqual([]);
  });

  test('has the source map of each file, with the source in it', () => {
    const { files, folder: own } = packed(name);
    const wrong = files
      .filter((file) => /^dist\/.*\.js$/.test(file))
      .filter((file) => {
        const map = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(packed(name).text(file))?.[1];
        if (map === undefined || !files.includes(join(dirname(file), map))) return true;
        const { sources, sourcesContent } = JSON.parse(readFileSync(join(own, dirname(file), map), 'utf8')) as {
          sources: string[];
          sourcesContent?: (string | null)[];
        };
        return sources.some((_, index) => !sourcesContent?.[index]);
      });
    expect(wrong).toEqual([]);
  });

  test('has no relative link to a file that it does not contain', () => {
    const { files } = packed(name);
    const dead = packed(name)
      .links()
      .filter(({ target }) => !/^(https?:|mailto:|#)/.test(target))
      .filter(({ page, target }) => !files.includes(join(dirname(page), target.replace(/#.*/, ''))));
    expect(dead).toEqual([]);
  });
});

test('links to this repository lead to files that are in it', () => {
  const place = /^https:\/\/github\.com\/siplet\/siplet\/(?:blob|tree)\/main\/([^#]+)/;
  const paths = NAMES.flatMap((name) => packed(name).links()).flatMap(({ target }) => place.exec(target)?.[1] ?? []);
  expect(paths).toContain('SECURITY.md');
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('the container depends on the SDK of its own version', () => {
  const { version } = packed('sdk').manifest;
  expect(packed('container').manifest).toMatchObject({ version, dependencies: { '@siplet/sdk': version } });
});
