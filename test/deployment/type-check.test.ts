// Type errors of applications: `deploy.typeCheck`, D-1.
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { deployableAt } from '../../container/deployment/deployable.js';
import { typeCheck } from '../../container/deployment/type-check.js';
import { TypeWarnings } from '../../container/deployment/type-warnings.js';
import { createLog } from '../../container/observe/log.js';
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
  const log = createLog({ level: 'silent', format: 'json' });
  expect(await typeCheck(deployableAt(`${root}/a.ts`), log)).toEqual([]);
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
  const { lines, services } = registry();
  const deployable = deployableAt(`${root}/gone/a.ts`);
  const checked = typeCheck(deployable, services.log);
  rmSync(`${root}/gone`, { recursive: true });
  expect(await checked).toEqual([]);
  expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
});
