// Type errors of applications: `deploy.typeCheck`, D-1.
import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { deployableAt } from '../../container/deployment/deployable.js';
import { typeCheck } from '../../container/deployment/type-check.js';
import { TypeWarnings } from '../../container/deployment/type-warnings.js';
import { folder, write } from './folder.js';
import { registry } from './registry.js';

test('D-1 deploy.typeCheck: the container’s own packages are known to the compiler, wherever the application stands', async () => {
  const root = folder({
    'a.ts': `
      import 'reflect-metadata';
      import { readFileSync } from 'node:fs';
      import { Invite, Logger, Siplet, type SipRequest } from '@siplet/sdk';
      import { inject, injectable } from 'inversify';
      @injectable() class Words { readonly text: string = readFileSync(__filename + '.txt', 'utf8'); }
      @Siplet() export class A {
        constructor(@inject(Logger) readonly log: Logger, readonly words: () => Words) {}
        @Invite() ring(request: SipRequest): void { request.createResponse(486).send(); }
      }`,
  });
  expect(await typeCheck(deployableAt(`${root}/a.ts`))).toEqual({ faults: [] });
});

test('D-1 type warnings: of what is in service, and not of sources that have changed since', async () => {
  const root = folder({ 'a.ts': 'export const a: number = 1;' });
  const { lines, services } = registry();
  const warnings = new TypeWarnings(services.log);
  const checked = warnings.check(deployableAt(`${root}/a.ts`), () => true);
  write(root, { 'a.ts': 'export const a: number = "text";' });
  await checked;
  expect(lines).toEqual([]);
  await warnings.check(deployableAt(`${root}/a.ts`), () => false);
  expect(lines).toEqual([]);
  await warnings.check(deployableAt(`${root}/a.ts`), () => true);
  expect(lines).toMatchObject([
    { level: 40, app: 'a', faults: [expect.stringMatching(/^a\.ts\(1,14\): error TS2322/)] },
  ]);
});

test('D-4 what was taken away while its types were checked is not warned about', async () => {
  const root = folder({ 'gone/a.ts': 'export const a: number = 1;' });
  const deployable = deployableAt(`${root}/gone/a.ts`);
  const checked = typeCheck(deployable);
  rmSync(`${root}/gone`, { recursive: true });
  expect(await checked).toEqual({ faults: [] });
});

describe('D-02 what the author says of paths is kept', () => {
  const pkg = '{ "name": "app", "version": "1.0.0", "siplet": { "entry": "src/index.ts" } }';
  const source = (from: string) =>
    `import { value } from '${from}';\nimport { Invite, Siplet } from '@siplet/sdk';\nexport const number: number = value;\nvoid [Invite, Siplet];\n`;

  test.each<[string, Record<string, string>, string]>([
    ['paths', { 'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./src/lib/*"] } } }' }, '@lib/b'],
    [
      'paths of what it extends, and a comment',
      {
        'tsconfig.json': '{ /* shared */ "extends": "./config/base.json", }',
        'config/base.json': '{ "compilerOptions": { "paths": { "@lib/*": ["../src/lib/*"] } } }',
      },
      '@lib/b',
    ],
    [
      'baseUrl alone, which TypeScript 7 has no more',
      { 'tsconfig.json': '{ "compilerOptions": { "baseUrl": "src" } }' },
      'lib/b',
    ],
    [
      'baseUrl and paths',
      { 'tsconfig.json': '{ "compilerOptions": { "baseUrl": "src", "paths": { "@lib/*": ["lib/*"] } } }' },
      '@lib/b',
    ],
  ])('%s', async (_title, files, from) => {
    const root = folder({
      'package.json': pkg,
      ...files,
      'src/index.ts': source(from),
      'src/lib/b.ts': 'export const value = 7;',
    });
    expect(await typeCheck(deployableAt(root))).toEqual({ faults: [] });
    write(root, { 'src/lib/b.ts': "export const value = 'text';" });
    expect((await typeCheck(deployableAt(root))).faults).toEqual([
      expect.stringMatching(/^src\/index\.ts\(3,14\): error TS2322: /),
    ]);
  });
});

test('D-02 a type error that keeps an application from loading is named with what came of it', async () => {
  const text = `import { Invite, Siplet } from '@siplet/sdk';
const settings: { phones?: string[] } = {};
const first = settings.phone.length;
@Siplet() export class A { @Invite() ring(): number { return first; } }`;
  const { deployments } = registry({ typeCheck: 'warn' });
  const failure = await deployments.deploy(`${folder({ 'a.ts': text })}/a.ts`).catch((error: Error) => error.message);
  expect(failure).toMatch(/^its module failed while it was loaded: TypeError: Cannot read properties of undefined/);
  expect(failure).toMatch(
    /\nIts types have errors, which may be the cause:\n\S*a\.ts\(3,24\): error TS2551: .*Did you mean 'phones'\?\n/,
  );
});
