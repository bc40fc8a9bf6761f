// A directory that changes while the container runs: D-1, D-4, D-5. Real files, real time.
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { Deployments } from '../../container/deployment/deployments.js';
import { Watch } from '../../container/deployment/watch.js';
import { folder, siplet, write } from './folder.js';
import { packed } from './pack.js';
import { type LogLine, registry } from './registry.js';

const manifest = (version: string, name = 'app') => JSON.stringify({ name, version });
const WAIT = { timeout: 10_000, interval: 20 };

interface Watched {
  readonly root: string;
  readonly deployments: Deployments;
  readonly lines: LogLine[];
  /** What the application of that name answers with. */
  says(name?: string): unknown;
  /** Until the log has a line like that. */
  said(text: RegExp): Promise<string>;
  until(mark: unknown, name?: string): Promise<void>;
}

async function watched(files: Record<string, string>, typeCheck: 'off' | 'strict' = 'off'): Promise<Watched> {
  const root = folder(files);
  const { deployments, lines, services } = registry({ typeCheck });
  deployments.sessions = { of: () => 0 };
  const watch = new Watch(root, deployments, services.log);
  onTestFinished(() => watch.close());
  await watch.start();
  await deployments.deployAll(root);
  const says = (name = 'app') => deployments.get(name)?.table.initial('INVITE')?.invoke({});
  return {
    root,
    deployments,
    lines,
    says,
    said: async (text) => {
      await expect.poll(() => lines.some(({ msg }) => text.test(msg)), { ...WAIT, message: String(text) }).toBe(true);
      return present(lines.find(({ msg }) => text.test(msg))).msg;
    },
    until: (mark, name) => expect.poll(() => says(name), WAIT).toEqual(mark),
  };
}

const APP = { 'app/package.json': manifest('1.0.0'), 'app/index.ts': siplet('A', 'one') };

describe('D-1 a new or changed deployable is deployed', () => {
  test('a file that is new, and that changes', async () => {
    const { root, until, deployments } = await watched({});
    write(root, { 'hunt.ts': siplet('Hunt', 'one') });
    await until('one', 'hunt');
    write(root, { 'hunt.ts': siplet('Hunt', 'two') });
    await until('two', 'hunt');
    // The version that was replaced had no calls: it is gone.
    await expect.poll(() => deployments.records().length, WAIT).toBe(1);
  });

  test('a directory: a nested source file, package.json, a data file that is read at start', async () => {
    const { root, until, deployments } = await watched({
      'app/package.json': manifest('1.0.0'),
      'app/index.ts': `
        import { readFileSync } from 'node:fs';
        import { Invite, Siplet } from '@siplet/sdk';
        import { mark } from './lib/deep/mark';
        const words = readFileSync(new URL('./words.txt', import.meta.url), 'utf8');
        @Siplet() export class A { @Invite() ring() { return mark + words; } }`,
      'app/lib/deep/mark.ts': `export const mark = 'one';`,
      'app/words.txt': '!',
    });
    await until('one!');
    write(root, { 'app/lib/deep/mark.ts': `export const mark = 'two';` });
    await until('two!');
    write(root, { 'app/words.txt': '?' });
    await until('two?');
    write(root, { 'app/package.json': manifest('2.0.0') });
    await expect.poll(() => deployments.get('app')?.version, WAIT).toBe('2.0.0');
  });

  test('a directory that is copied in file by file', async () => {
    const { root, until, lines } = await watched({});
    mkdirSync(join(root, 'app', 'src'), { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 60));
    write(root, { 'app/package.json': manifest('1.0.0') });
    await new Promise((resolve) => setTimeout(resolve, 60));
    write(root, { 'app/src/index.ts': siplet('A', 'one') });
    await until('one');
    expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
  });

  test('an archive that is put in, and replaced', async () => {
    const { root, until } = await watched({});
    const archive = (version: string, mark: string) =>
      packed({ 'package.json': manifest(version), 'index.ts': siplet('A', mark) });
    writeFileSync(join(root, 'app.tgz'), archive('1.0.0', 'one'));
    await until('one');
    writeFileSync(join(root, 'app.tgz'), archive('2.0.0', 'two'));
    await until('two');
  });

  test('a half-written file is not deployed: it is written until it is quiet', async () => {
    const { root, until, lines } = await watched({ 'hunt.ts': siplet('Hunt', 'one') });
    const text = siplet('Hunt', 'two');
    writeFileSync(join(root, 'hunt.ts'), '');
    for (let at = 0; at < text.length; at += 16) {
      appendFileSync(join(root, 'hunt.ts'), text.slice(at, at + 16));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await until('two', 'hunt');
    expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
    expect(lines.filter(({ msg }) => msg === 'hunt 0.0.0 deployed')).toHaveLength(2);
  });

  test('a half-written file whose writer stops for long leaves the old version in service until it goes on', async () => {
    const { root, until, says, said } = await watched({ 'hunt.ts': siplet('Hunt', 'one') });
    const text = siplet('Hunt', 'two');
    writeFileSync(join(root, 'hunt.ts'), text.slice(0, 70));
    await said(/^hunt 0\.0\.0 is not deployed; 0\.0\.0 stays in service: .*hunt\.ts:\d+:\d+: /);
    expect(says('hunt')).toBe('one');
    appendFileSync(join(root, 'hunt.ts'), text.slice(70));
    await until('two', 'hunt');
  });

  test('a change while the one before is being deployed: the last one wins, and nothing mixed is ever in service', async () => {
    const { root, until, deployments } = await watched({ 'hunt.ts': siplet('Hunt', '0') });
    const seen: unknown[] = [];
    deployments.listen((event) => {
      if (event.kind === 'deployed') seen.push(present(event.application.table.initial('INVITE')).invoke({}));
    });
    for (let number = 1; number <= 12; number++) {
      write(root, { 'hunt.ts': siplet('Hunt', String(number)) });
      await new Promise((resolve) => setTimeout(resolve, 40 * (number % 5)));
    }
    await until('12', 'hunt');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(seen.at(-1)).toBe('12');
    expect(seen.map(Number)).toEqual([...seen.map(Number)].sort((a, b) => a - b));
  });

  test('node_modules, hidden files, logs and editors’ files are nothing', async () => {
    const { root, lines, until } = await watched(APP);
    const before = lines.length;
    write(root, {
      'app/node_modules/x/index.js': '',
      'app/.git/index': '',
      'app/index.ts~': '',
      'app/.index.ts.swp': '',
      'app/calls.log': '',
      'app/state.db-journal': '',
      '.hidden.ts': siplet('Hidden'),
      'notes.md': '',
    });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(lines.slice(before)).toEqual([]);
    write(root, { 'app/index.ts': siplet('A', 'two') });
    await until('two');
  });
});

describe('RULES.md section 1, a directory that is itself an application', () => {
  const declared = (more: object = { siplet: {} }) => JSON.stringify({ name: 'app', version: '1.0.0', ...more });
  const ONE = { 'package.json': declared(), 'index.ts': siplet('A', 'one'), 'index.test.ts': siplet('Test') };
  const names = ({ deployments }: Watched) => deployments.active.map(({ name }) => name);

  test('is deployed alone, and again when a file of it changes, at any depth', async () => {
    const one = await watched({
      ...ONE,
      'index.ts': `import { mark } from './lib/mark.js';\n${siplet('A').replace('"A"', 'mark')}`,
      'lib/mark.ts': "export const mark = 'one';",
    });
    expect(names(one)).toEqual(['app']);
    await one.until('one');
    write(one.root, { 'lib/mark.ts': "export const mark = 'two';" });
    await one.until('two');
    write(one.root, { 'new.ts': siplet('New'), 'index.ts': siplet('A', 'three') });
    await one.until('three');
    expect(names(one)).toEqual(['app']);
    expect(one.lines.filter(({ level }) => level >= 40)).toEqual([]);
  });

  test('stays in service while its package.json is broken, and is gone with it', async () => {
    const one = await watched(ONE);
    write(one.root, { 'package.json': '{ "name": ' });
    await one.said(/ is not deployed; 1\.0\.0 stays in service: .*package\.json:1:\d+: /);
    expect(one.says()).toBe('one');
    write(one.root, { 'package.json': declared({ siplet: {}, version: '1.1.0' }) });
    await expect.poll(() => one.deployments.get('app')?.version, WAIT).toBe('1.1.0');
    rmSync(join(one.root, 'package.json'));
    // What is left are files of their own, each an application.
    await expect.poll(() => names(one), WAIT).toEqual(['index']);
  });

  test('becomes one when its package.json says so', async () => {
    const one = await watched({ ...ONE, 'package.json': declared({}) });
    expect(names(one)).toEqual(['index']);
    write(one.root, { 'package.json': declared() });
    await expect.poll(() => names(one), WAIT).toEqual(['app']);
  });
});

describe('D-1 broken deployments leave the old version in service, and say where and why', () => {
  const TYPES = `import { Siplet, Invite } from '@siplet/sdk';
@Siplet() export class A {
  @Invite() ring(): number { const text: string = 1; return text; }
}`;
  test.each<[string, string, RegExp, ('off' | 'strict')?]>([
    ['a syntax error', 'const a = 1;\nexport const b = ;', /index\.ts:2:18: .*\n[\s\S]*export const b = ;/],
    [
      'a type error',
      TYPES,
      /\/app\/index\.ts\(3,36\): error TS2322: .*\n {4}2 \| @Siplet.*\n {2}> 3 \| {3}@Invite.*\n {6}\| {36}\^\n/,
      'strict',
    ],
    [
      'a type that does not resolve',
      TYPES.replace('text: string', 'text: Nothing'),
      /index\.ts\(3,42\): error TS2304: .*'Nothing'\.\n[^^]*\^/,
      'strict',
    ],
    [
      'a missing import',
      `import { x } from './nowhere';\nexport default x;`,
      /index\.ts:1:19: Could not resolve '\.\/nowhere'/,
    ],
    [
      'a throwing constructor',
      `import { Siplet, Invite } from '@siplet/sdk';\n@Siplet() export class A {\n  constructor() { throw new Error('no licence'); }\n  @Invite() ring() {}\n}`,
      /A could not be made: Error: no licence\n.*index\.ts:3:\d+/,
    ],
    [
      'ambiguous handlers',
      `import { Siplet, Invite } from '@siplet/sdk';\n@Siplet() export class A { @Invite() a() {} @Invite() b() {} }`,
      /A\.a \(@Invite\(\)\) and A\.b \(@Invite\(\)\) are equally specific/,
    ],
    ['a missing export', 'class A {}\nvoid A;', /its entry module exports no class that is decorated with @Siplet\(\)/],
    ['a module that throws', `\n\nthrow new Error('not today');\nexport {};`, /Error: not today\n.*index\.ts:3:\d+/],
  ])('%s', async (_title, text, message, typeCheck) => {
    const { root, says, said, deployments, until } = await watched(APP, typeCheck);
    write(root, { 'app/index.ts': text });
    const line = await said(/^app 1\.0\.0 is not deployed; 1\.0\.0 stays in service: /);
    expect(line).toMatch(message);
    expect(says()).toBe('one');
    expect(deployments.records()).toMatchObject([{ state: 'active', error: expect.stringMatching(message) }]);
    write(root, { 'app/index.ts': siplet('A', 'two') });
    await until('two');
    expect(deployments.records()).toHaveLength(1);
    expect(present(deployments.records()[0]).error).toBeUndefined();
  });
});

describe('D-4 what is removed is undeployed', () => {
  test('a directory, a file, an archive', async () => {
    const { root, deployments, lines } = await watched({ ...APP, 'hunt.ts': siplet('Hunt') });
    writeFileSync(join(root, 'b.tgz'), packed({ 'package.json': manifest('1.0.0', 'b'), 'index.ts': siplet('B') }));
    const names = () => deployments.active.map(({ name }) => name);
    await expect.poll(names, WAIT).toEqual(['app', 'b', 'hunt']);
    for (const [file, left] of [
      ['app', ['b', 'hunt']],
      ['hunt.ts', ['b']],
      ['b.tgz', []],
    ] as const) {
      rmSync(join(root, file), { recursive: true });
      await expect.poll(names, WAIT).toEqual(left);
    }
    expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
    await expect.poll(() => deployments.records(), WAIT).toEqual([]);
  });

  test('taken away and put back at once, as editors and copying tools do: it stays in service', async () => {
    const { root, until, lines } = await watched(APP);
    rmSync(join(root, 'app'), { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 250));
    write(root, { ...APP, 'app/index.ts': siplet('A', 'two') });
    await until('two');
    expect(lines.some(({ msg }) => msg.includes('undeployed'))).toBe(false);
  });

  test('another name in package.json: the application of the old name is undeployed', async () => {
    const { root, deployments } = await watched(APP);
    write(root, { 'app/package.json': manifest('1.0.0', 'other') });
    await expect.poll(() => deployments.active.map(({ name }) => name), WAIT).toEqual(['other']);
  });

  test('the directory itself is moved away: everything stays in service', async () => {
    const { root, says } = await watched(APP);
    renameSync(root, `${root}-gone`);
    onTestFinished(() => rmSync(`${root}-gone`, { recursive: true, force: true }));
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(says()).toBe('one');
  });
});

describe('D-5 two deployables with one name', () => {
  test('the second is refused while running; when the first is removed it is taken', async () => {
    const { root, says, said, until } = await watched({ ...APP });
    write(root, { 'late/package.json': manifest('2.0.0'), 'late/index.ts': siplet('Late', 'late') });
    await said(
      /^app 2\.0\.0 is not deployed: .*late: the name 'app' belongs to .*app already: give one of them another$/,
    );
    expect(says()).toBe('one');
    rmSync(join(root, 'app'), { recursive: true });
    await until('late');
  });

  test('the second gets another name: both are in service', async () => {
    const { root, said, deployments } = await watched({
      ...APP,
      'b/package.json': manifest('2.0.0'),
      'b/index.ts': siplet('B'),
    });
    await said(/^app 2\.0\.0 is not deployed/);
    write(root, { 'b/package.json': manifest('2.0.0', 'b') });
    await expect.poll(() => deployments.active.map(({ name }) => name), WAIT).toEqual(['app', 'b']);
    expect(deployments.records()).toHaveLength(2);
  });
});

test('D-4 rollback puts the previous version back; without one it is an error', async () => {
  const { root, deployments, until, says, lines } = await watched({});
  await expect(deployments.rollback('app')).rejects.toThrow('app: there is no previous version to put back');
  write(root, { ...APP });
  await until('one');
  await expect(deployments.rollback('app')).rejects.toThrow('there is no previous version');
  write(root, { 'app/package.json': manifest('2.0.0'), 'app/index.ts': siplet('A', 'two') });
  await until('two');
  expect(await deployments.rollback('app')).toMatchObject({ version: '1.0.0' });
  expect(says()).toBe('one');
  await deployments.rollback('app');
  expect(says()).toBe('two');
  deployments.undeploy('app');
  expect(says()).toBeUndefined();
  await deployments.rollback('app');
  expect(says()).toBe('two');
  expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
  // The application in the directory comes back with its next change.
  write(root, { 'app/index.ts': siplet('A', 'three') });
  await until('three');
});
