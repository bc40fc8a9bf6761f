// `siplet new` with the published packages alone: what npm would pack of them, in a project of its own. Needs the
// build.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { folder } from '../deployment/folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

const manifestOf = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;

/** Installs in `modules` what npm publishes of our package. */
async function install(name: 'sdk' | 'container', modules: string): Promise<void> {
  const target = join(modules, '@siplet', name);
  mkdirSync(target, { recursive: true });
  const words = ['pack', join(ROOT, name), '--pack-destination', target, '--ignore-scripts', '--loglevel', 'error'];
  await execute('npm', words, { cwd: target });
  const archive = present(readdirSync(target).find((file) => file.endsWith('.tgz')));
  await execute('tar', ['-xzf', archive, '--strip-components=1'], { cwd: target });
  rmSync(join(target, archive));
}

/** A package of others, of the version that is installed here. */
function link(name: string, modules: string, from = ROOT): void {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  const own = join(from, 'node_modules', name);
  symlinkSync(existsSync(own) ? own : join(ROOT, 'node_modules', name), join(modules, name));
}

/** The first line of its log with this message. */
function said(child: ChildProcess, message: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    let rest = '';
    present(child.stdout).on('data', (text) => {
      const lines = (rest + String(text)).split('\n');
      rest = present(lines.pop());
      for (const line of lines.map((each) => JSON.parse(each) as Record<string, unknown>))
        if (line.msg === message) resolve(line);
    });
    child.once('close', () => reject(new Error(`it ended without '${message}'`)));
  });
}

test('RULES.md section 8 siplet new: its test, check, run and deploy work with the published packages alone', {
  timeout: 120_000,
}, async () => {
  const root = folder({});
  // As `npm install` leaves it: the bin linked, nothing of this repository but what is published.
  const modules = join(root, 'node_modules');
  await Promise.all([install('sdk', modules), install('container', modules)]);
  const own = manifestOf(join(modules, '@siplet/container'));
  for (const name of Object.keys(present(own.dependencies))) {
    if (name.startsWith('@siplet/')) continue;
    link(
      name,
      name === 'rolldown' ? join(modules, '@siplet/container/node_modules') : modules,
      join(ROOT, 'container'),
    );
  }
  const bin = join(modules, '@siplet/container/bin/siplet.js');
  await execute(process.execPath, [bin, 'new', 'my-app'], { cwd: root });
  const app = join(root, 'my-app');
  const { dependencies, devDependencies } = manifestOf(app);
  const here = { ...manifestOf(ROOT).devDependencies, ...own.dependencies };
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    if (name.startsWith('@siplet/')) continue;
    // The versions that it asks for are the ones that are tested here.
    expect({ name, version }).toEqual({ name, version: here[name] });
    link(name, modules);
  }
  mkdirSync(join(app, 'node_modules/.bin'), { recursive: true });
  symlinkSync(bin, join(app, 'node_modules/.bin/siplet'));
  symlinkSync(join(modules, 'typescript/bin/tsc'), join(app, 'node_modules/.bin/tsc'));
  symlinkSync(join(modules, 'vitest/vitest.mjs'), join(app, 'node_modules/.bin/vitest'));
  const env = { ...process.env, NO_COLOR: '1' };
  const npm = async (...words: string[]) => (await execute('npm', words, { cwd: app, env })).stdout;

  expect(await npm('test')).toMatch(/2 passed/);
  expect(await npm('run', '--silent', 'check')).toBe(
    'my-app 0.1.0\n  initial INVITE             → MyApp.ring\n  response 300-699 to INVITE → MyApp.voicemail\n',
  );

  const empty = folder({});
  const container = spawn(
    process.execPath,
    [bin, 'run', empty, '--listen', 'udp:127.0.0.1:0', '--admin', '127.0.0.1:0'],
    { cwd: empty },
  );
  onTestFinished(() => void container.kill('SIGKILL'));
  const { admin } = await said(container, 'ready');
  const siplet = async (...words: string[]) =>
    (await execute(process.execPath, [bin, ...words, '--admin', String(admin)], { cwd: app, env })).stdout;
  expect(await siplet('deploy', '.')).toMatch(/^my-app 0\.1\.0 is in service\n/);
  expect(await siplet('apps')).toMatch(/^my-app +0\.1\.0 +active/m);
  container.kill('SIGTERM');

  const directory = spawn(process.execPath, [bin, 'run', root, '--listen', 'udp:127.0.0.1:0', '--admin', 'off'], {
    cwd: empty,
  });
  onTestFinished(() => void directory.kill('SIGKILL'));
  expect(await said(directory, 'ready')).toMatchObject({ applications: ['my-app 0.1.0'] });
  directory.kill('SIGTERM');
});

test('RULES.md section 8 siplet new inside this repository: nothing has to be installed', {
  timeout: 60_000,
}, async () => {
  // Whatever the directory, npm finds the workspace above, and the tools in it.
  const app = join(ROOT, '.siplet', `new-${process.pid}`);
  onTestFinished(() => rmSync(app, { recursive: true, force: true }));
  const bin = join(ROOT, 'container/bin/siplet.js');
  await execute(process.execPath, [bin, 'new', app]);
  const env = { ...process.env, NO_COLOR: '1' };
  expect((await execute('npm', ['test'], { cwd: app, env })).stdout).toMatch(/2 passed/);
  expect((await execute('npm', ['run', 'check'], { cwd: app, env })).stdout).toContain('initial INVITE');
});
