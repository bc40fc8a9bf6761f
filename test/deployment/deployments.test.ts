// From sources to a running application: RULES.md sections 1 and 7.
import { renameSync } from 'node:fs';
import { DeploymentError } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { DeploymentEvent } from '../../container/deployment/deployments.js';
import { folder, siplet, write } from './folder.js';
import { registry } from './registry.js';

const manifest = (name: string, more: object = {}) => JSON.stringify({ name, version: '1.0.0', ...more });

describe('RULES.md section 1, what can be deployed', () => {
  test('a package directory, TypeScript, several files, its own dependency', async () => {
    const root = folder({
      'package.json': manifest('@example/hunt'),
      'index.ts': `
        import { Siplet, Invite, type SipRequest } from '@siplet/sdk';
        import { greeting } from './greeting';
        import excited from 'excited';
        @Siplet({ name: 'greeter', proxyTimeout: '20s' })
        export class Greeter {
          @Invite() ring(_request: SipRequest): string { return excited(greeting); }
        }`,
      'greeting.ts': `export const greeting: string = 'hello';`,
      'node_modules/excited/package.json': '{"name":"excited","version":"1.0.0","main":"main.js"}',
      'node_modules/excited/main.js': `module.exports = (text) => text + '!';`,
    });
    const { deployments, lines } = registry();
    const application = await deployments.deploy(root);
    expect(application).toMatchObject({ name: 'hunt', version: '1.0.0' });
    expect(present(application.table.initial('INVITE')).invoke({})).toBe('hello!');
    expect(application.siplets[0]).toMatchObject({ name: 'greeter', className: 'Greeter' });
    expect(present(application.siplets[0]).options).toEqual({
      supervised: true,
      stateless: false,
      sessionTimeout: 180000,
      proxyTimeout: 20000,
    });
    const deployed = lines.find(({ msg }) => msg === 'hunt 1.0.0 deployed');
    expect(deployed).toMatchObject({ app: 'hunt', version: '1.0.0', handlers: ['initial INVITE → Greeter.ring'] });
  });

  test.each([
    ['a.ts', siplet('A')],
    ['a.mts', siplet('A')],
    ['a.js', siplet('A').replace(': string', '')],
    ['a.mjs', siplet('A').replace(': string', '')],
  ])('one file, %s', async (file, text) => {
    const { deployments } = registry();
    const application = await deployments.deploy(`${folder({ [file]: text })}/${file}`);
    expect(application).toMatchObject({ name: 'a', version: '0.0.0' });
    expect(present(application.table.initial('INVITE')).invoke({})).toBe('A');
  });

  const plain = `
    class A { ring() { return 'plain'; } }
    sdk.Invite()(A.prototype, 'ring', Object.getOwnPropertyDescriptor(A.prototype, 'ring'));
    sdk.Siplet({ name: 'a' })(A);`;
  test.each([
    ['CommonJS: exports.A', `const sdk = require('@siplet/sdk'); ${plain} exports.A = A;`],
    ['CommonJS: module.exports = A', `const sdk = require('@siplet/sdk'); ${plain} module.exports = A;`],
    ['CommonJS: module.exports = { A }', `const sdk = require('@siplet/sdk'); ${plain} module.exports = { A };`],
    ['ESM: export { A }', `import * as sdk from '@siplet/sdk'; ${plain} export { A };`],
    ['ESM: export default A', `import * as sdk from '@siplet/sdk'; ${plain} export default A;`],
    ['ESM: both', `import * as sdk from '@siplet/sdk'; ${plain} export { A }; export default A;`],
    ['ESM: export default { A }', `import * as sdk from '@siplet/sdk'; ${plain} export default { A };`],
    ['ESM: export default [A]', `import * as sdk from '@siplet/sdk'; ${plain} export default [A];`],
  ])('JavaScript without decorator syntax, %s', async (_title, text) => {
    const { deployments } = registry();
    const application = await deployments.deploy(`${folder({ 'a.js': text })}/a.js`);
    expect(application.siplets).toHaveLength(1);
    expect(present(application.table.initial('INVITE')).invoke({})).toBe('plain');
  });

  test('the application gets the container’s own @siplet/sdk, inversify and reflect-metadata', async () => {
    const root = folder({
      'a.ts': `
        import { Siplet, Invite, DeploymentError } from '@siplet/sdk';
        import { Container } from 'inversify';
        import 'reflect-metadata';
        @Siplet() export class A { @Invite() ring() { return { DeploymentError, Container }; } }`,
      'node_modules/@siplet/sdk/package.json': '{"name":"@siplet/sdk","version":"9.9.9","main":"index.js"}',
      'node_modules/@siplet/sdk/index.js': `throw new Error('not this one');`,
    });
    const { deployments } = registry();
    const application = await deployments.deploy(`${root}/a.ts`);
    const shared = present(application.table.initial('INVITE')).invoke({}) as { DeploymentError: unknown };
    expect(shared.DeploymentError).toBe(DeploymentError);
  });

  test('files beside the entry are found by import.meta and __dirname', async () => {
    const root = folder({
      'package.json': manifest('files', { type: 'module' }),
      'src/index.ts': `
        import { readFileSync } from 'node:fs';
        import { Siplet, Invite } from '@siplet/sdk';
        @Siplet() export class A { @Invite() ring() { return readFileSync(new URL('./words.txt', import.meta.url), 'utf8'); } }`,
      'src/words.txt': 'well read',
    });
    const { deployments } = registry();
    expect(present((await deployments.deploy(root)).table.initial('INVITE')).invoke({})).toBe('well read');
  });
});

describe('RULES.md section 1, dependency injection', () => {
  test('tokens, services by class, and an exported ContainerModule', async () => {
    const root = folder({
      'a.ts': `
        import { Config, Invite, Logger, SipFactory, Siplet } from '@siplet/sdk';
        import { ContainerModule, inject, injectable } from 'inversify';
        @injectable() export class Clock { now() { return 7; } }
        @injectable() class Book { constructor(readonly clock: Clock) {} }
        export const services = new ContainerModule(({ bind }) => { bind('answer').toConstantValue(42); bind(Book).toSelf().inSingletonScope(); });
        @Siplet() export class A {
          constructor(
            private readonly book: Book,
            @inject('answer') private readonly answer: number,
            @Config() private readonly config: unknown,
            @inject(SipFactory) private readonly factory: { of: string },
            @inject(Logger) private readonly log: { info(text: string): void },
          ) {}
          @Invite() ring() {
            this.log.info('ringing');
            return [this.book.clock.now(), this.answer, this.config, this.factory.of];
          }
        }`,
    });
    const { deployments, lines } = registry({ configs: { a: { target: 'sip:b@c' } } });
    const application = await deployments.deploy(`${root}/a.ts`);
    expect(present(application.table.initial('INVITE')).invoke({})).toEqual([7, 42, { target: 'sip:b@c' }, 'a']);
    expect(lines.find(({ msg }) => msg === 'ringing')).toMatchObject({ app: 'a', version: '0.0.0' });
  });

  test('a siplet class is a singleton, made at deployment, once; two siplets share what is bound as one', async () => {
    const root = folder({
      'a.ts': `
        import { Invite, Message, Siplet } from '@siplet/sdk';
        import { ContainerModule, injectable } from 'inversify';
        @injectable() class Shared { count = 0; }
        export const services = new ContainerModule(({ bind }) => { bind(Shared).toSelf().inSingletonScope(); });
        @Siplet() export class A { constructor(readonly shared: Shared) {} @Invite() a() { return ++this.shared.count; } }
        @Siplet() export class B { constructor(readonly shared: Shared, readonly a: A) {} @Message() b() { return [++this.shared.count, this.a]; } }`,
    });
    const { deployments } = registry();
    const application = await deployments.deploy(`${root}/a.ts`);
    expect(present(application.table.initial('INVITE')).invoke({})).toBe(1);
    const [count, a] = present(application.table.initial('MESSAGE')).invoke({}) as [number, unknown];
    expect(count).toBe(2);
    expect(a).toBe(present(application.siplets.find(({ className }) => className === 'A')).instance);
  });

  test('@PostConstruct and @PreDestroy run, awaited', async () => {
    const root = folder({
      'a.ts': `
        import { Invite, Siplet } from '@siplet/sdk';
        import { postConstruct, preDestroy } from 'inversify';
        const steps: string[] = [];
        @Siplet() export class A {
          @postConstruct() async open() { await Promise.resolve(); steps.push('open'); }
          @preDestroy() async close() { await Promise.resolve(); steps.push('close'); }
          @Invite() ring() { return steps; }
        }`,
    });
    const { deployments } = registry();
    const application = await deployments.deploy(`${root}/a.ts`);
    const steps = present(application.table.initial('INVITE')).invoke({});
    expect(steps).toEqual(['open']);
    await application.dispose();
    await application.dispose();
    expect(steps).toEqual(['open', 'close']);
  });
});

describe('D-1 what fails says why, with the position in the author’s source', () => {
  async function failure(text: string, file = 'a.ts', more: Record<string, string> = {}): Promise<string> {
    const { deployments, lines } = registry();
    const error = await deployments.deploy(`${folder({ ...more, [file]: text })}/${file}`).then(
      () => new Error('it was deployed'),
      (fault: unknown) => fault,
    );
    expect(error).toBeInstanceOf(DeploymentError);
    expect(lines.at(-1)).toMatchObject({ level: 50, msg: `a 0.0.0 is not deployed: ${(error as Error).message}` });
    expect(deployments.active).toEqual([]);
    expect(deployments.records()).toMatchObject([{ name: 'a', state: 'failed', error: (error as Error).message }]);
    return (error as Error).message;
  }

  test('a syntax error: file, line and a frame', async () => {
    const message = await failure(`const fine = 1;\nexport const broken = ;\n`);
    expect(message).toMatch(/a\.ts:2:23: /);
    expect(message).toContain('export const broken = ;');
  });

  test('an import that is not there', async () => {
    const message = await failure(`import { x } from 'no-such-package';\nexport default x;\n`);
    expect(message).toMatch(/a\.ts:1:19: Could not resolve 'no-such-package'/);
  });

  test('a name that is not exported', async () => {
    const message = await failure(`import { x } from './b';\nexport default x;\n`, 'a.ts', {
      'b.ts': 'export const y = 1;',
    });
    expect(message).toMatch(/a\.ts:1:10: "x" is not exported by "b\.ts"/);
  });

  test('a module that throws while it is loaded', async () => {
    const message = await failure(
      `// first\n\nconst shape: { a?: { b: number } } = {};\nexport const b = shape.a!.b;\n`,
    );
    expect(message).toContain("Cannot read properties of undefined (reading 'b')");
    expect(message).toMatch(/a\.ts:4:\d+/);
  });

  test('a constructor that throws', async () => {
    const message = await failure(`
      import { Invite, Siplet } from '@siplet/sdk';
      @Siplet() export class A {
        constructor() {
          throw new Error('no licence');
        }
        @Invite() ring() {}
      }`);
    expect(message).toContain('A could not be made: Error: no licence');
    expect(message).toMatch(/a\.ts:5:\d+/);
  });

  test('a @PostConstruct that rejects', async () => {
    const message = await failure(`
      import { Invite, Siplet } from '@siplet/sdk';
      import { postConstruct } from 'inversify';
      @Siplet() export class A {
        @postConstruct() async open() { throw new Error('no database'); }
        @Invite() ring() {}
      }`);
    expect(message).toContain('no database');
  });

  test('an injection that nobody provides', async () => {
    const message = await failure(`
      import { Invite, Siplet } from '@siplet/sdk';
      import { inject } from 'inversify';
      @Siplet() export class A {
        constructor(@inject('nothing') readonly nothing: string) {}
        @Invite() ring() {}
      }`);
    expect(message).toMatch(/a\.ts:4:\d+: A needs 'nothing', and nothing is bound to it: /);
  });

  test('decorators that contradict each other', async () => {
    const message = await failure(`
      import { Invite, Siplet } from '@siplet/sdk';
      @Siplet() export class A { @Invite() a() {} @Invite() b() {} }`);
    expect(message).toContain('A.a (@Invite()) and A.b (@Invite()) are equally specific');
  });

  test('an entry module without a siplet', async () => {
    expect(await failure('export const a = 1;')).toMatch(
      /a\.ts:1:1: its entry module exports no class that is decorated with @Siplet\(\)/,
    );
  });
});

test('D-1 a fault of a handler is told at the author’s line', async () => {
  const root = folder({
    'package.json': manifest('thrower'),
    'index.ts': `import { Siplet, Invite } from '@siplet/sdk';
import { fail } from './lib/fail';

interface Unused { a: number }

@Siplet()
export class Thrower {
  @Invite()
  ring(): void {
    fail();
  }
}
`,
    'lib/fail.ts': `type Nothing = never;\n\nexport function fail(): Nothing {\n  throw new Error('boom');\n}\n`,
  });
  const { deployments } = registry();
  const application = await deployments.deploy(root);
  // A second version beside the first one must not take its source map.
  write(root, { 'lib/fail.ts': `\n\n\n\n\n\n\nexport function fail() {\n  throw new Error('bang');\n}\n` });
  const second = await deployments.deploy(root);
  const stackOf = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return (error as Error).stack ?? '';
    }
    return '';
  };
  const first = stackOf(() => present(application.table.initial('INVITE')).invoke({}));
  expect(first).toMatch(/fail\.ts:4:9/);
  expect(first).toMatch(/index\.ts:10:5/);
  expect(stackOf(() => present(second.table.initial('INVITE')).invoke({}))).toMatch(/fail\.ts:9:9/);
});

describe('RULES.md section 7, the registry', () => {
  test('D-1 one application that fails leaves the others working', async () => {
    const root = folder({ 'bad.ts': 'export const x = ;', 'good.ts': siplet('Good'), 'also/package.json': '{' });
    const { deployments } = registry();
    await deployments.deployAll(root);
    expect(deployments.active.map(({ name }) => name)).toEqual(['good']);
    expect(
      deployments
        .records()
        .map(({ name, state }) => `${name.split('/').at(-1)} ${state}`)
        .sort(),
    ).toEqual(['also failed', 'bad failed', 'good active']);
  });

  test('active applications are in alphabetical order, and the list is never changed in place', async () => {
    const root = folder({ 'b.ts': siplet('B'), 'c.ts': siplet('C'), 'a.ts': siplet('A') });
    const { deployments } = registry();
    await deployments.deployAll(root);
    const before = deployments.active;
    expect(before.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(deployments.undeploy('b')).toBe(true);
    expect(deployments.undeploy('b')).toBe(false);
    expect(before.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(deployments.active.map(({ name }) => name)).toEqual(['a', 'c']);
  });

  test('D-5 two deployables with one name: the second is refused', async () => {
    const root = folder({
      'a/package.json': manifest('same'),
      'a/index.ts': siplet('First'),
      'b/package.json': manifest('@other/same'),
      'b/index.ts': siplet('Second'),
    });
    const { deployments, lines } = registry();
    await deployments.deployAll(root);
    expect(deployments.active.map(({ table }) => present(table.initial('INVITE')).label)).toEqual(['First.ring']);
    expect(present(lines.find(({ level }) => level === 50)).msg).toMatch(
      /^same 1\.0\.0 is not deployed: .*b: the name 'same' belongs to .*a already: give one of them another$/,
    );
    await expect(deployments.deploy(`${root}/b`)).rejects.toThrow(DeploymentError);
    expect(deployments.records()).toHaveLength(2);
  });

  test('D-1 a new version beside the old one; the old one drains until it is released', async () => {
    const root = folder({ 'package.json': manifest('app'), 'index.ts': siplet('A', 'one') });
    const { deployments } = registry();
    const events: DeploymentEvent[] = [];
    deployments.listen((event) => events.push(event));
    const one = await deployments.deploy(root);
    write(root, { 'index.ts': siplet('A', 'two'), 'package.json': JSON.stringify({ name: 'app', version: '2.0.0' }) });
    const two = await deployments.deploy(root);
    expect(present(one.table.initial('INVITE')).invoke({})).toBe('one');
    expect(present(two.table.initial('INVITE')).invoke({})).toBe('two');
    expect(deployments.get('app')).toBe(two);
    expect(deployments.records().map(({ version, state }) => `${version} ${state}`)).toEqual([
      '2.0.0 active',
      '1.0.0 draining',
    ]);
    await deployments.release(one);
    expect(deployments.records().map(({ version, state }) => `${version} ${state}`)).toEqual(['2.0.0 active']);
    expect(events).toMatchObject([
      { kind: 'deployed', application: one, replaced: undefined },
      { kind: 'deployed', application: two, replaced: one },
      { kind: 'unloaded', name: 'app', version: '1.0.0' },
    ]);
  });

  test('D-1 failure leaves the old version in service and says why', async () => {
    const root = folder({ 'package.json': manifest('app'), 'index.ts': siplet('A', 'one') });
    const { deployments, lines } = registry();
    const one = await deployments.deploy(root);
    write(root, { 'index.ts': 'export const x = ;' });
    await expect(deployments.deploy(root)).rejects.toThrow(/index\.ts:1:18/);
    expect(deployments.get('app')).toBe(one);
    expect(present(lines.at(-1)).msg).toMatch(/^app 1\.0\.0 is not deployed; 1\.0\.0 stays in service: /);
    expect(deployments.records()).toMatchObject([
      { name: 'app', state: 'active', error: expect.stringContaining('index.ts') },
    ]);
  });

  test('a directory that is not there', async () => {
    const root = folder({});
    renameSync(root, `${root}-gone`);
    await expect(registry().deployments.deployAll(root)).rejects.toThrow(/there is no such directory/);
    renameSync(`${root}-gone`, root);
  });
});
