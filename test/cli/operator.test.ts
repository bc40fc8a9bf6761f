// The commands that speak to a running container: RULES.md section 8, each against a real one.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { pack } from '../../container/cli/pack.js';
import { deployableAt } from '../../container/deployment/deployable.js';
import { framed } from '../../container/deployment/frame.js';
import { filesOf } from '../../container/deployment/tar.js';
import { folder, write } from '../deployment/folder.js';
import { packed } from '../deployment/pack.js';
import { answering, call, packageOf, running } from '../http/running-container.js';
import { command } from './command.js';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

async function stage(files: Record<string, string> = {}, yaml = '') {
  const container = await running(files, yaml);
  const admin = container.url.replace('http://', '');
  return { ...container, siplet: (...words: string[]) => command(...words, '--admin', admin) };
}

/** A package folder that finds the SDK, as an installed one does. */
function packageFolder(name: string, version: string, source = answering('Hunt')): string {
  const root = folder(packageOf(name, version, source));
  symlinkSync(MODULES, join(root, 'node_modules'));
  return root;
}

describe('siplet deploy', () => {
  test('a package directory: without its node_modules and its secrets, as npm pack does', async () => {
    const { siplet, sip } = await stage();
    const root = packageFolder('@acme/hunt', '1.2.3');
    writeFileSync(join(root, '.npmrc'), 'secret\n');
    const files = filesOf(gunzipSync(await pack(deployableAt(root))));
    expect(files.map(({ path }) => path).sort()).toEqual(['index.ts', 'package.json']);
    expect(await siplet('deploy', root)).toEqual({
      status: 0,
      out: 'hunt 1.2.3 is in service\n  initial INVITE → Hunt.ring\n',
      err: '',
    });
    expect(await call(sip)).toContain('SIP/2.0 486 Busy Here');
  });

  test('one file, and an archive under any name', async () => {
    const { siplet } = await stage();
    const root = folder({ 'one.ts': answering('One') });
    expect(await siplet('deploy', `${root}/one.ts`)).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^one 0\.0\.0 is in service\n/),
    });
    writeFileSync(`${root}/some.tgz`, packed(packageOf('@acme/two', '2.0.0', answering('Two'))));
    expect(await siplet('deploy', `${root}/some.tgz`)).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^two 2\.0\.0 is in service\n/),
    });
  });

  test('type errors are shown with their place and a code frame; the container decides whether they matter', async () => {
    const { siplet } = await stage();
    const root = packageFolder('hunt', '1.0.0', `${answering('Hunt')}const wrong: number = 'text';\n`);
    const { status, err } = await siplet('deploy', root);
    expect(status).toBe(0);
    expect(err).toMatch(
      /^index\.ts\(11,7\): error TS2322: .*\n {4}10 \| .*\n {2}> 11 \| const wrong.*\n {7}\| {7}\^\n/,
    );
  });

  test('what cannot be compiled: status 1, with its place, and the version before stays', async () => {
    const { siplet } = await stage();
    await siplet('deploy', packageFolder('hunt', '1.0.0'));
    const { status, out, err } = await siplet('deploy', packageFolder('hunt', '1.1.0', 'export const x = ;\n'));
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(/^siplet: .*index\.ts:1:18: /m);
    expect((await siplet('apps')).out).toMatch(/^hunt +1\.0\.0 +active/m);
  });

  test('a path that is not there, and one that is not an application: status 1 and one line', async () => {
    const { siplet } = await stage();
    const root = folder({ 'a.txt': '', 'bad.tgz': 'no archive' });
    for (const path of ['none', 'a.txt', 'bad.tgz']) {
      const { status, err } = await siplet('deploy', `${root}/${path}`);
      expect(status).toBe(1);
      expect(err).toMatch(/^siplet: [^\n]+\n$/);
    }
  });
});

describe('siplet undeploy and rollback', () => {
  test('take it out of service, and put it back', async () => {
    const { siplet } = await stage();
    await siplet('deploy', packageFolder('hunt', '1.0.0'));
    await siplet('deploy', packageFolder('hunt', '2.0.0'));
    expect(await siplet('rollback', 'hunt')).toEqual({ status: 0, out: 'hunt 1.0.0 is in service again\n', err: '' });
    expect(await siplet('undeploy', 'hunt')).toEqual({
      status: 0,
      out: 'hunt is out of service; its calls go on to their end\n',
      err: '',
    });
    expect(await siplet('apps')).toEqual({ status: 0, out: 'no applications\n', err: '' });
  });

  test('unknown names: status 1 and one line', async () => {
    const { siplet } = await stage();
    expect(await siplet('undeploy', 'none')).toEqual({
      status: 1,
      out: '',
      err: "siplet: no application 'none' is in service\n",
    });
    expect(await siplet('rollback', 'none')).toEqual({
      status: 1,
      out: '',
      err: 'siplet: none: there is no previous version to put back\n',
    });
  });
});

describe('siplet apps, calls and trace', () => {
  test('apps: a line for each, and why one has failed', async () => {
    const { siplet } = await stage({ 'hunt.ts': answering('Hunt'), 'bad.ts': 'export const x = ;\n' });
    const { status, out } = await siplet('apps');
    expect(status).toBe(0);
    expect(out).toMatch(/^NAME +VERSION +STATE +SESSIONS +HANDLERS\nhunt +0\.0\.0 +active +0 +1\nbad +0\.0\.0 +failed/);
    expect(out).toMatch(/^bad: .*bad\.ts:1:18: /m);
  });

  test('calls and trace: the call, and its ladder', async () => {
    const { siplet, sip } = await stage({ 'hunt.ts': answering('Hunt') });
    expect((await siplet('calls')).out).toBe('no calls\n');
    await call(sip);
    expect((await siplet('calls')).out).toMatch(
      /^BEGAN.*CALL-ID\n\d\d:\d\d:\d\d +INVITE +sip:alice@example\.com +sip:bob@example\.com +failed 486 +\d +a\/b@example\.com\n$/,
    );
    const { status, out } = await siplet('trace', 'a/b@example.com');
    expect(status).toBe(0);
    expect(out.split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/^ {16}127\.0\.0\.1:\d+ +siplet$/),
      expect.stringMatching(/^ +0 ms {2}UDP {2}\|- INVITE -+>\|$/),
      expect.stringMatching(/^ +\d+ ms {2}UDP {2}\|< 100 Trying -+\|$/),
      expect.stringMatching(/^ +\d+ ms {2}UDP {2}\|< 486 Busy Here -+\|$/),
    ]);
    expect((await siplet('trace', 'a/b@example.com', '--messages')).out).toContain('  Call-ID: a/b@example.com\n');
    expect(await siplet('trace', 'none')).toEqual({ status: 1, out: '', err: 'siplet: no such call is known\n' });
  });

  test('A22 what a peer wrote does not steer the terminal', async () => {
    const { siplet, sip } = await stage({ 'hunt.ts': answering('Hunt') });
    await call(sip, 'INVITE', 'a\u001b[2Jb');
    expect((await siplet('calls')).out).not.toContain('\u001b');
  });
});

describe('the container that is spoken to', () => {
  test('a token: --token, SIPLET_TOKEN, none, a wrong one', async () => {
    const { siplet } = await stage({}, "admin: { listen: '127.0.0.1:0', token: secret }");
    expect((await siplet('apps', '--token', 'secret')).status).toBe(0);
    expect(await siplet('apps')).toMatchObject({ status: 1, err: expect.stringMatching(/a token is needed/) });
    expect(await siplet('apps', '--token', 'x')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/the token is wrong\n$/),
    });
    process.env.SIPLET_TOKEN = 'secret';
    try {
      expect((await siplet('apps')).status).toBe(0);
    } finally {
      delete process.env.SIPLET_TOKEN;
    }
  });

  test('none: status 1 and one line that says where it was looked for', async () => {
    const { url, stop } = await stage();
    await stop();
    const { status, out, err } = await command('apps', '--admin', url);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(
      /^siplet: no container answers at 127\.0\.0\.1:\d+: nothing listens there \(--admin says where\)\n$/,
    );
  });
});

describe('siplet new', () => {
  test('writes an application whose types and whose test are right, and that can be deployed', async () => {
    const root = folder({});
    const { status, out, err } = await command('new', `${root}/my-app`);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain('index.test.ts');
    symlinkSync(MODULES, `${root}/my-app/node_modules`);
    const node = (...words: string[]) =>
      execFileSync(process.execPath, words, {
        cwd: `${root}/my-app`,
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
      });
    node(`${MODULES}/typescript/bin/tsc`, '--noEmit', '-p', '.');
    expect(node(`${MODULES}/vitest/vitest.mjs`, 'run')).toMatch(/2 passed/);
    expect(await command('check', `${root}/my-app`)).toEqual({
      status: 0,
      out: 'my-app 0.1.0\n  initial INVITE             → MyApp.ring\n  response 300-699 to INVITE → MyApp.voicemail\n',
      err: '',
    });
    const { siplet } = await stage();
    expect((await siplet('deploy', `${root}/my-app`)).out).toMatch(/^my-app 0\.1\.0 is in service\n/);
  });

  test('touches nothing that is there, and refuses an invalid name', async () => {
    const root = folder({ 'app/precious.txt': 'kept' });
    expect(await command('new', `${root}/app`)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/is not empty\n$/),
    });
    mkdirSync(`${root}/Not A Name`);
    expect(await command('new', `${root}/Not A Name`)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/is not a name for an application/),
    });
    expect(readFileSync(`${root}/app/precious.txt`, 'utf8')).toBe('kept');
  });
});

test('a code frame marks the column, also behind tabs; what cannot be read has none', () => {
  const root = folder({});
  write(root, { 'a.ts': 'one\n\ttwo wrong\nthree\n' });
  expect(framed('a.ts(2,6): error TS1: Wrong.', root)).toBe(
    'a.ts(2,6): error TS1: Wrong.\n    1 | one\n  > 2 | \ttwo wrong\n      | \t    ^\n    3 | three',
  );
  expect(framed('none.ts(2,6): error TS1: Wrong.', root)).toBe('none.ts(2,6): error TS1: Wrong.');
  expect(framed('error TS5: no place', root)).toBe('error TS5: no place');
});
