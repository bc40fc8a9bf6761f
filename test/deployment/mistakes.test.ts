// D-04: what authors get wrong, one row each. A message names file and line, what is wrong, and what to write instead.
import { DeploymentError } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import type { DeployedApplication } from '../../container/application/application.js';
import { bundle } from '../../container/deployment/bundle.js';
import { compile } from '../../container/deployment/compile.js';
import { deployableAt } from '../../container/deployment/deployable.js';
import { here } from '../../container/deployment/stage.js';
import { folder } from './folder.js';
import { registry } from './registry.js';

type Files = Readonly<Record<string, string>>;
type Row = readonly [title: string, source: string | Files, message: RegExp];

const PACKAGE = { name: 'app', version: '1.0.0', type: 'module', siplet: {} };
const pkg = (more: object) => JSON.stringify({ ...PACKAGE, ...more });
const installed = (name: string, more: object, files: Files = {}): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', ...more }),
  ...Object.fromEntries(Object.entries(files).map(([file, text]) => [`node_modules/${name}/${file}`, text])),
});

/** As a container does it, without the child process that compiles. */
async function deploy(files: Files, isArchive = false): Promise<DeployedApplication> {
  const root = folder({ 'package.json': pkg({}), ...files });
  const deployable = { ...deployableAt(root), ...(isArchive ? { path: `${root}.tgz` } : {}) };
  const { services } = registry({ configs: {} });
  return here(services, 50).start(
    deployable,
    1,
    await compile(deployable, 1, (order) => bundle(order) as Promise<never>),
  );
}

async function mistake(files: Files, isArchive = false): Promise<string> {
  const error = await deploy(files, isArchive).then(
    () => new Error('it was deployed'),
    (fault: unknown) => fault as Error,
  );
  expect(error).toBeInstanceOf(DeploymentError);
  return error.message;
}

/** The first line imports what nearly every row needs. */
const S = "import { Invite, Siplet } from '@siplet/sdk';\n";
/** A siplet of one method, on line 2. */
const A = '@Siplet() export class A { @Invite() ring() {} }';
const line2 = (text: string) => `${S}${text}`;

const DECORATORS: readonly Row[] = [
  [
    '@Siplet without parentheses',
    line2(A.replace('@Siplet()', '@Siplet')),
    /index\.ts:2:1: @Siplet is written without parentheses: write @Siplet\(\)/,
  ],
  [
    'a method decorator without parentheses',
    line2(A.replace('@Invite()', '@Invite')),
    /index\.ts:2:28: @Invite is written without parentheses: write @Invite\(\)/,
  ],
  [
    'a misspelt decorator',
    "import { Invit, Siplet } from '@siplet/sdk';\n@Siplet() export class A { @Invit() ring() {} }",
    /index\.ts:2:29: @siplet\/sdk exports no value 'Invit': did you mean 'Invite'\?/,
  ],
  [
    'a misspelt decorator of a namespace',
    "import * as sip from '@siplet/sdk';\n@sip.Siplet() export class A { @sip.Bey() ring() {} }",
    /index\.ts:2:33: @siplet\/sdk exports no value 'Bey': did you mean 'Bye'\?/,
  ],
  [
    'a decorator of inversify, from the SDK',
    "import { Inject, Invite, Siplet } from '@siplet/sdk';\n@Siplet() export class A { constructor(@Inject('x') readonly x: string) {} @Invite() ring() {} }",
    /index\.ts:2:41: @siplet\/sdk exports no value 'Inject': write 'import \{ inject \} from 'inversify''/,
  ],
  [
    'a decorator that is not imported',
    line2('@Siplet() export class A { @Bye() ring() {} }'),
    /ReferenceError: Bye is not defined: write 'import \{ Bye \} from '@siplet\/sdk''\n.*index\.ts:2:\d+/,
  ],
  [
    'import type of a decorator',
    `import type { Invite } from '@siplet/sdk';\nimport { Siplet } from '@siplet/sdk';\n${A}`,
    /index\.ts:3:29: 'Invite' is imported as a type, .*: write 'import \{ Invite \}' without 'type'/,
  ],
  [
    'a decorator among type imports',
    `import { type Invite, Siplet } from '@siplet/sdk';\n${A}`,
    /index\.ts:2:29: 'Invite' is imported as a type/,
  ],
  [
    'a module that the SDK does not have',
    `import { SipUri } from '@siplet/sdk/uris';\n${S}${A}\nnew SipUri();`,
    /index\.ts:1:24: @siplet\/sdk has no module 'uris': import from '@siplet\/sdk'/,
  ],
  [
    'a decorator on a # method',
    line2('@Siplet() export class A { @Invite() #ring() {} }'),
    /index\.ts:2:28: A\.#ring \(@Invite\(\)\): .*: write 'private ring' or 'ring'/,
  ],
  [
    'a decorator on a static method',
    line2('@Siplet() export class A { @Invite() static ring() {} }'),
    /index\.ts:2:28: A\.ring \(@Invite\(\)\): the method is static; .*: remove 'static'/,
  ],
  [
    'a decorator on a getter',
    line2('@Siplet() export class A { @Invite() get ring() { return 1; } }'),
    /index\.ts:2:28: A\.ring \(@Invite\(\)\): it is an accessor, .*: write 'ring\(request\)'/,
  ],
  [
    'a decorator on a property that is not a method',
    line2('@Siplet() export class A { @Invite() ring = 7; }'),
    /index\.ts:2:28: A\.ring \(@Invite\(\)\): there is no such method: write 'ring\(request\)/,
  ],
  [
    'a decorator on the constructor',
    line2('@Siplet() export class A { @Invite() constructor() {} }'),
    /index\.ts:2:28: A\.constructor \(@Invite\(\)\): a constructor takes no messages: put it above a method/,
  ],
  [
    'a decorator on a method that is not there',
    {
      'index.ts': `${S}@Siplet() export class A { @Invite() ring() {} }\nInvite()(A.prototype, 'rings' as never, {});`,
    },
    /index\.ts:2:1[18]: A\.rings \(@Invite\(\)\): there is no such method: write 'rings\(request\)/,
  ],
  [
    '@Siplet() on a method',
    line2('export class A { @Siplet() ring() {} }'),
    /index\.ts:2:18: A\.ring \(@Siplet\(\)\): .* is for classes: put it above the class/,
  ],
  [
    'a method decorator on the class',
    line2('@Invite() export class A { ring() {} }'),
    /index\.ts:2:1: @Invite\(\) stands on the class A, and is for methods: put it above one/,
  ],
  [
    'a class that is decorated twice',
    line2("@Siplet() @Siplet({ name: 'b' }) export class A { @Invite() ring() {} }"),
    /index\.ts:2:11: A is decorated with @Siplet\(\) twice: remove one of them/,
  ],
  [
    'an abstract class',
    line2('@Siplet() export abstract class A { @Invite() ring() {} }'),
    /index\.ts:2:1: A is abstract, .*: decorate the class that extends it, or remove 'abstract'/,
  ],
  [
    'two equal handlers',
    line2('@Siplet() export class A { @Invite() a() {}\n@Invite() b() {} }'),
    /index\.ts:2:28: A\.a \(@Invite\(\)\) and A\.b \(@Invite\(\)\) are equally specific .*; remove one, or name/,
  ],
  [
    'handlers of two classes that are equal',
    line2(`${A}\n@Siplet() export class B { @Invite() ring() {} }`),
    /index\.ts:2:28: A\.ring \(@Invite\(\)\) and B\.ring \(@Invite\(\)\) are equally specific/,
  ],
  [
    'a handler with two arguments',
    line2(
      '@Siplet() export class A { @Invite() ring(request: unknown, response: unknown) { void [request, response]; } }',
    ),
    /index\.ts:2:28: A\.ring \(@Invite\(\)\): it takes 2 arguments, and the container gives it one/,
  ],
  [
    'a SIP method in lower case',
    "import { Initial, Siplet } from '@siplet/sdk';\n@Siplet() export class A { @Initial('invite') ring() {} }",
    /index\.ts:2:28: A\.ring \(@Initial\('invite'\)\): .*: write 'INVITE'/,
  ],
  [
    'an unknown SIP method',
    "import { Initial, Siplet } from '@siplet/sdk';\n@Siplet() export class A { @Initial('Foo') ring() {} }",
    /index\.ts:2:28: A\.ring \(@Initial\('Foo'\)\): .*: write 'FOO'/,
  ],
  [
    'an invalid SIP method',
    "import { Initial, Siplet } from '@siplet/sdk';\n@Siplet() export class A { @Initial('IN VITE') ring() {} }",
    /index\.ts:2:28: A\.ring .*"IN VITE" is not a SIP method name/,
  ],
  [
    'a status that no response has',
    "import { Siplet, Status } from '@siplet/sdk';\n@Siplet() export class A { @Status(4860) ring() {} }",
    /index\.ts:2:28: A\.ring \(@Status\(4860\)\): 4860 is not a response status/,
  ],
  [
    'a range of statuses that is upside down',
    "import { Siplet, Status } from '@siplet/sdk';\n@Siplet() export class A { @Status([489, 480]) ring() {} }",
    /index\.ts:2:28: A\.ring .*the range ends before it begins/,
  ],
  [
    'decorated methods of a class without @Siplet()',
    line2('export class A { @Invite() ring() {} }'),
    /index\.ts:2:8: A has decorated methods but is not decorated with @Siplet\(\): write '@Siplet\(\)' above the class/,
  ],
  [
    'a siplet without decorated methods',
    line2('void Invite;\n@Siplet() export class A { ring() {} }'),
    /index\.ts:3:\d+: A is a siplet, but none of its methods is decorated: .*write '@Invite\(\)'/,
  ],
  [
    '@SessionKey that is not static',
    "import { Invite, SessionKey, Siplet } from '@siplet/sdk';\n@Siplet() export class A { @Invite() ring() {}\n@SessionKey() key() { return 'a'; } }",
    /index\.ts:3:1: A\.key \(@SessionKey\(\)\): .*must be static: write 'static key'/,
  ],
  [
    'a @StatelessRoute that is asynchronous',
    "import { Siplet, StatelessRoute } from '@siplet/sdk';\n@Siplet({ stateless: true }) export class A { @StatelessRoute() async route() { return 'sip:a@b'; } }",
    /index\.ts:2:47: A\.route \(@StatelessRoute\(\)\): it must give its answer at once: remove 'async'/,
  ],
  [
    'a stateless siplet with other handlers',
    "import { Invite, Siplet, StatelessRoute } from '@siplet/sdk';\n@Siplet({ stateless: true }) export class A { @StatelessRoute() route() { return 'sip:a@b'; } @Invite() ring() {} }",
    /index\.ts:2:37: A is stateless, so only its @StatelessRoute\(\) would ever be called: A\.ring/,
  ],
  [
    '@Authenticated alone',
    "import { Authenticated, Siplet, Invite } from '@siplet/sdk';\n@Siplet() export class A { @Invite() ring() {}\n@Authenticated({ realm: 'r', users: () => undefined }) other() {} }",
    /index\.ts:3:1: A\.other \(@Authenticated\(\)\): the method takes no requests: add @Invite\(\)/,
  ],
  [
    '@Authenticated without users',
    "import { Authenticated, Siplet, Invite } from '@siplet/sdk';\n@Siplet() export class A { @Invite() @Authenticated({ realm: 'r' } as never) ring() {} }",
    /index\.ts:2:28: A\.ring \(@Authenticated\(\)\): users is missing: give a function, or the name of the method/,
  ],
  [
    'a predicate that is not a function',
    line2('@Siplet() export class A { @Invite({ when: true as never }) ring() {} }'),
    /index\.ts:2:28: A\.ring \(@Invite\(\{ when \}\)\): `when` is not a function: write \{ when: \(request\) => … \}/,
  ],
  [
    'two siplets of one name',
    line2(
      "@Siplet({ name: 'a' }) export class A { @Invite() ring() {} }\n@Siplet({ name: 'a' }) export class B { ring() {} }",
    ),
    /index\.ts:2:31: A and B are both named 'a'/,
  ],
];

const OPTIONS: readonly Row[] = [
  [
    'an unknown option of @Siplet',
    line2(A.replace('@Siplet()', "@Siplet({ proxyTimeot: '3s' } as never)")),
    /index\.ts:2:\d+: A \(@Siplet\(\)\): the option 'proxyTimeot' does not exist: did you mean 'proxyTimeout'\?/,
  ],
  [
    'an option of the wrong kind',
    line2(A.replace('@Siplet()', "@Siplet({ supervised: 'no' } as never)")),
    /index\.ts:2:\d+: A \(@Siplet\(\)\): the option 'supervised' is "no": write a boolean/,
  ],
  [
    'an invalid duration',
    line2(A.replace('@Siplet()', "@Siplet({ proxyTimeout: '3 seconds' })")),
    /index\.ts:2:\d+: A: proxyTimeout of @Siplet: write milliseconds.*'20s'.*not '3 seconds'/,
  ],
  [
    'seconds in place of milliseconds',
    line2(A.replace('@Siplet()', '@Siplet({ proxyTimeout: 20 })')),
    /index\.ts:2:\d+: A: proxyTimeout of @Siplet: 20 means 20 milliseconds; write '20s'/,
  ],
];

const INJECTION: readonly Row[] = [
  [
    'an interface injected without @inject',
    line2(
      'interface Book { title: string }\n@Siplet() export class A { constructor(readonly book: Book) {} @Invite() ring() {} }',
    ),
    /index\.ts:3:40: A: the parameter 'book' of the constructor has the type Book, which is an interface .*: write '@inject\(TOKEN\)'/,
  ],
  [
    'a type alias injected',
    line2(
      'type Book = { title: string };\n@Siplet() export class A { constructor(book: Book) { void book; } @Invite() ring() {} }',
    ),
    /index\.ts:3:40: A: the parameter 'book' .* has the type Book, which is a type and gone/,
  ],
  [
    'a text injected without @inject',
    line2('@Siplet() export class A { constructor(readonly target: string) {} @Invite() ring() {} }'),
    /index\.ts:2:40: A: the parameter 'target' .* a type that is not a class.*: write '@inject\(TOKEN\)'/,
  ],
  [
    'a class imported as a type',
    {
      'index.ts': `${S}import type { Book } from './book.js';\n@Siplet() export class A { constructor(readonly book: Book) {} @Invite() ring() {} }`,
      'book.ts': 'export class Book {}',
    },
    /index\.ts:3:40: A: the parameter 'book' .* is imported as a type: write 'import \{ Book \}' without 'type'/,
  ],
  [
    'an interface of the SDK',
    "import { Invite, Siplet, type SipSession } from '@siplet/sdk';\n@Siplet() export class A { constructor(readonly session: SipSession) {} @Invite() ring() {} }",
    /index\.ts:2:40: A: the parameter 'session' .*interface of @siplet\/sdk.*: inject SipFactory, Sessions/,
  ],
  [
    'an interface of another module',
    {
      'index.ts': `${S}import { Book } from './book.js';\n@Siplet() export class A { constructor(readonly book: Book) {} @Invite() ring() {} }`,
      'book.ts': 'export interface Book { title: string }',
    },
    /index\.ts:2:10: "Book" is not exported by "\S*book\.ts": export it there, .*'import type'/,
  ],
  [
    'the same in a class that is injected, and no siplet',
    `import { injectable } from 'inversify';\n${S}@injectable() class Book { constructor(readonly title: string) {} }\n@Siplet() export class A { constructor(readonly book: Book) {} @Invite() ring() {} }`,
    /index\.ts:3:1: a parameter of the constructor of Book has a type that is gone at run time: write '@inject\(TOKEN\)'/,
  ],
  [
    '@Config without parentheses',
    "import { Config, Invite, Siplet } from '@siplet/sdk';\n@Siplet() export class A { constructor(@Config readonly config: object) {} @Invite() ring() {} }",
    /index\.ts:2:40: @Config is written without parentheses: write @Config\(\)/,
  ],
  [
    'a token that nothing is bound to',
    `import { inject } from 'inversify';\n${S}@Siplet() export class A { constructor(@inject('book') readonly book: object) {} @Invite() ring() {} }`,
    /index\.ts:3:18: A needs 'book', and nothing is bound to it: bind it in a ContainerModule/,
  ],
  [
    'a token that two things are bound to',
    `import { ContainerModule, inject } from 'inversify';\n${S}export const m = new ContainerModule(({ bind }) => { bind('x').toConstantValue(1); bind('x').toConstantValue(2); });\n@Siplet() export class A { constructor(@inject('x') readonly x: number) {} @Invite() ring() {} }`,
    /index\.ts:4:18: A needs one 'x', and several are bound: remove all but one/,
  ],
  [
    'classes that need each other',
    `import { ContainerModule, inject, injectable } from 'inversify';\n${S}@injectable() class B { constructor(@inject('C') readonly c: unknown) {} }\n@injectable() class C { constructor(readonly b: B) {} }\nexport const m = new ContainerModule(({ bind }) => { bind('C').to(C); });\n@Siplet() export class A { constructor(readonly b: B) {} @Invite() ring() {} }`,
    /index\.ts:6:18: A needs classes that need each other, in a circle: one of them takes the other/,
  ],
  [
    'a class that is used before it is defined',
    `import { injectable } from 'inversify';\n${S}@injectable() class B { constructor(readonly c: C) {} }\n@injectable() class C {}\n@Siplet() export class A { constructor(readonly b: B) {} @Invite() ring() {} }`,
    /Cannot access 'C' before initialization: move C above what uses it.*\n.*index\.ts:3:\d+/,
  ],
  [
    'a ContainerModule that throws',
    `import { ContainerModule } from 'inversify';\n${S}${A}\nexport const m = new ContainerModule(() => { throw new Error('no database'); });`,
    /a ContainerModule that it exports failed: Error: no database\n.*index\.ts:4:\d+/,
  ],
  [
    'a constructor that throws',
    line2("@Siplet() export class A { constructor() { throw new Error('no licence'); } @Invite() ring() {} }"),
    /A could not be made: Error: no licence\n.*index\.ts:2:\d+/,
  ],
  [
    'a @PostConstruct that throws',
    "import { Invite, PostConstruct, Siplet } from '@siplet/sdk';\n@Siplet() export class A { @Invite() ring() {}\n@PostConstruct() open() { throw new Error('no database'); } }",
    /A could not be made: Error: no database\n.*index\.ts:3:\d+/,
  ],
  [
    'a @PostConstruct that never settles',
    "import { Invite, PostConstruct, Siplet } from '@siplet/sdk';\n@Siplet() export class A { @Invite() ring() {}\n@PostConstruct() open() { return new Promise(() => {}); } }",
    /index\.ts:3:1: it has not started in 0\.05 s: @PostConstruct does not settle: give what it waits for a time limit/,
  ],
];

const MODULES: readonly Row[] = [
  [
    'a syntax error in TypeScript',
    line2('export const x = ;'),
    /index\.ts:2:18: Unexpected token\n[\s\S]*export const x = ;/,
  ],
  [
    'a syntax error in JSON',
    { 'index.ts': line2(`import words from './words.json';\nvoid words;\n${A}`), 'words.json': '{\n  "a": \n}' },
    /words\.json:3:1: expected value/,
  ],
  [
    'a dependency that is not installed, and not named',
    line2(`import x from 'nothing-here';\nvoid x;\n${A}`),
    /index\.ts:2:15: Could not resolve 'nothing-here': run 'npm install nothing-here', or correct the name/,
  ],
  [
    'a dependency that is named, and not installed',
    {
      'package.json': pkg({ dependencies: { '@acme/words': '1.0.0' } }),
      'index.ts': line2(`import x from '@acme/words/deep';\nvoid x;\n${A}`),
    },
    /index\.ts:2:15: Could not resolve '@acme\/words\/deep': .*not installed; run 'npm install'/,
  ],
  [
    'a path of a package that it does not export',
    {
      'index.ts': line2(`import { a } from 'words/lib/a.js';\nvoid a;\n${A}`),
      ...installed('words', { exports: { '.': './main.js', './b': './b.js' } }, { 'lib/a.js': 'export const a = 1;' }),
    },
    /index\.ts:2:19: Could not resolve 'words\/lib\/a\.js': the package exports no '\.\/lib\/a\.js'; it exports 'words', 'words\/b'/,
  ],
  [
    'a package that exports a file which is not there',
    { 'index.ts': line2(`import { a } from 'words';\nvoid a;\n${A}`), ...installed('words', { exports: './none.js' }) },
    /index\.ts:2:19: Could not resolve 'words': the package is installed, but has no file .*; run 'npm ci'/,
  ],
  [
    'a file that is not there',
    line2(`import { a } from './nowhere.js';\nvoid a;\n${A}`),
    /index\.ts:2:19: Could not resolve '\.\/nowhere\.js': there is no such file/,
  ],
  [
    'a file in a directory that is not there',
    line2(`import { a } from './lib/a.js';\nvoid a;\n${A}`),
    /index\.ts:2:19: Could not resolve '\.\/lib\/a\.js': there is no directory \.\/lib/,
  ],
  [
    'a file in other letters',
    { 'index.ts': line2(`import { a } from './Words.js';\nvoid a;\n${A}`), 'words.ts': 'export const a = 1;' },
    /index\.ts:2:19: Could not resolve '\.\/Words\.js': did you mean '\.\/words\.js'\?/,
  ],
  [
    'a file with another extension',
    { 'index.ts': line2(`import { a } from './words.mjs';\nvoid a;\n${A}`), 'words.ts': 'export const a = 1;' },
    /index\.ts:2:19: Could not resolve '\.\/words\.mjs': did you mean '\.\/words\.ts'\?/,
  ],
  [
    'a misspelt file',
    { 'index.ts': line2(`import { a } from './wrods.js';\nvoid a;\n${A}`), 'words.ts': 'export const a = 1;' },
    /index\.ts:2:19: Could not resolve '\.\/wrods\.js': did you mean '\.\/words\.js'\?/,
  ],
  [
    'a name that a module does not export',
    { 'index.ts': line2(`import { words } from './words.js';\nvoid words;\n${A}`), 'words.ts': 'export const a = 1;' },
    /index\.ts:2:10: "words" is not exported by "\S*words\.ts": export it there, correct the name/,
  ],
  [
    'require() of a module with top-level await',
    { 'index.ts': line2(`const a = require('./words.mjs');\nvoid a;\n${A}`), 'words.mjs': 'export const a = await 1;' },
    /index\.ts:2:11: This require call is not allowed .* top-level await: write 'import' instead of 'require'/,
  ],
  [
    'a native addon that was not built',
    {
      'index.ts': line2(`import native from 'native';\nvoid native;\n${A}`),
      ...installed(
        'native',
        { main: 'main.js', gypfile: true },
        { 'main.js': "module.exports = require('./build/Release/native.node');" },
      ),
    },
    /Cannot find module '\.\/build\/Release\/native\.node': a native addon is missing, .*: run 'npm rebuild'.*\n[\s\S]*native\/main\.js:1:\d+/,
  ],
  [
    'a top-level await that never settles',
    line2(`await new Promise(() => {});\n${A}`),
    /a top-level await has not settled \(\S*index\.ts:2:1\); await it in a @PostConstruct method, or give it a time limit/,
  ],
  [
    'a top-level await that rejects',
    line2(`await Promise.reject(new Error('no database'));\n${A}`),
    /its module failed while it was loaded: Error: no database\n.*index\.ts:2:\d+/,
  ],
  [
    'process.exit() while it is loaded',
    line2(`process.exit(3);\n${A}`),
    /process\.exit\(\) would end the container: throw an Error instead\n.*index\.ts:2:\d+/,
  ],
  ['a module that throws', line2(`throw new Error('not today');\n${A}`), /Error: not today\n.*index\.ts:2:\d+/],
];

const EXPORTS: readonly Row[] = [
  [
    'no class that is a siplet',
    'export class A {}',
    /index\.ts:1:8: its entry module exports no class that is decorated with @Siplet\(\): write '@Siplet\(\)' above the class A/,
  ],
  [
    'nothing at all',
    'export {};',
    /index\.ts:1:1: its entry module exports no class .*: write '@Siplet\(\)' above a class and export it/,
  ],
  [
    'a decorated class that is not exported',
    line2(A.replace('export ', '')),
    /index\.ts:2:1: A is decorated with @Siplet\(\), but \S*index\.ts does not export it: write 'export class A'/,
  ],
  [
    'a decorated class in another module',
    { 'index.ts': "import './hunt.js';", 'hunt.ts': `${S}${A}` },
    /hunt\.ts:2:18: A is decorated with @Siplet\(\), but \S*index\.ts does not export it: write 'export \{ A \} from/,
  ],
  [
    'a default export that is an instance',
    line2(`${A.replace('export ', '')}\nexport default new A();`),
    /index\.ts:2:1: A is decorated with @Siplet\(\), but \S*index\.ts does not export it: write 'export class A'/,
  ],
  ['a default export that is not a class', 'export default 7;', /index\.ts:1:1: its entry module exports no class/],
];

const MANIFESTS: readonly Row[] = [
  ['no JSON', { 'package.json': '{\n  "name": "app",\n}' }, /package\.json:3:1: the JSON is wrong: /],
  ['JSON that ends in the middle', { 'package.json': '{\n  "name": ' }, /package\.json:2:11: the JSON is wrong: /],
  ['a list', { 'package.json': '[]' }, /package\.json:1:1: is not an object: write \{ "name"/],
  ['no name', { 'package.json': '{ "version": "1.0.0" }' }, /package\.json:1:1: has no name: write "name": "my-app"/],
  [
    'an invalid name',
    { 'package.json': '{\n  "name": "my app",\n  "version": "1.0.0" }' },
    /package\.json:2:3: 'my app' is not a name of a package: write small letters/,
  ],
  [
    'no version',
    { 'package.json': '{ "name": "app" }' },
    /package\.json:1:1: has no version: write "version": "1\.0\.0"/,
  ],
  [
    'an invalid version',
    { 'package.json': '{ "name": "app",\n "version": "latest" }' },
    /package\.json:2:2: 'latest' is not a version: write for example "1\.0\.0"/,
  ],
  [
    'an entry that is not there',
    { 'package.json': '{ "name": "app", "version": "1.0.0",\n "main": "dist/index.js" }', 'src/index.ts': '' },
    /package\.json:2:2: main is 'dist\/index\.js', but there is no such file: write "siplet": \{ "entry": "src\/index\.ts" \}/,
  ],
  [
    'no entry',
    { 'package.json': '{ "name": "app", "version": "1.0.0" }' },
    /package\.json:1:1: names no entry .*: write "siplet": \{ "entry"/,
  ],
  [
    'a siplet key that is a text',
    { 'package.json': '{ "name": "app", "version": "1.0.0",\n "siplet": "index.ts" }' },
    /package\.json:2:2: siplet is "index\.ts": write "siplet": \{ "entry": "index\.ts" \}/,
  ],
  [
    'a misspelt key below siplet',
    { 'package.json': '{ "name": "app", "version": "1.0.0",\n "siplet": { "entri": "index.ts" } }' },
    /package\.json:2:14: siplet\.entri does not exist: did you mean 'entry'\?/,
  ],
];

describe.each<[string, readonly Row[]]>([
  ['decorators', DECORATORS],
  ['options', OPTIONS],
  ['injection', INJECTION],
  ['modules', MODULES],
  ['exports', EXPORTS],
  ['package.json', MANIFESTS],
])('D-04 %s', (_title, rows) => {
  test.each(rows)('%s', async (_row, source, expected) => {
    const message = await mistake(typeof source === 'string' ? { 'index.ts': source } : source);
    expect(message).toMatch(expected);
    // File and line, whatever it is.
    expect(message).toMatch(/\S\.(ts|js|json):\d+/);
  });
});

test('D-04 an archive that does not bring its dependency says how it would', async () => {
  const message = await mistake({ 'index.ts': line2(`import x from 'words';\nvoid x;\n${A}`) }, true);
  expect(message).toMatch(
    /index\.ts:2:15: .*the archive does not contain the package 'words'; name it in bundleDependencies/,
  );
});

describe('D-04 what only the types say: deploy.typeCheck strict', () => {
  test.each<Row>([
    [
      'a package without types',
      {
        'index.ts': line2(`import x from 'words';\nvoid x;\n${A}`),
        ...installed('words', { main: 'main.js' }, { 'main.js': 'module.exports = 1;' }),
      },
      /index\.ts\(2,15\): error TS7016: .*'words'/,
    ],
    [
      'a handler of another type',
      line2('@Siplet() export class A { @Invite() ring(text: string) { void text; } }'),
      /index\.ts\(2,29\): error TS1241: [\s\S]*'SipRequest' is not assignable to type 'string'/,
    ],
    [
      'options of another type',
      line2(A.replace('@Siplet()', '@Siplet({ supervised: 1 })')),
      /index\.ts\(2,11\): error TS2322: Type 'number' is not assignable to type 'boolean \| undefined'/,
    ],
  ])('%s', async (_title, source, expected) => {
    const files = typeof source === 'string' ? { 'index.ts': source } : source;
    const { deployments } = registry({ typeCheck: 'strict' });
    await expect(deployments.deploy(folder({ 'package.json': pkg({}), ...files }))).rejects.toThrow(expected);
  });
});

describe('D-04 what looks like a mistake, and is not one', () => {
  test.each<[string, Files]>([
    [
      'require() in an ES module',
      { 'index.ts': line2(`const a = require('./words.cjs');\nvoid a;\n${A}`), 'words.cjs': 'module.exports = 1;' },
    ],
    [
      'standard decorators in tsconfig.json',
      { 'index.ts': line2(A), 'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": false } }' },
    ],
    [
      'no tsconfig.json, and types imported without type',
      {
        'index.ts': `import { Invite, Siplet, SipRequest } from '@siplet/sdk';\n@Siplet() export class A { @Invite() ring(request: SipRequest) { void request; } }`,
      },
    ],
    [
      'parameters with defaults',
      {
        'index.ts': line2(
          '@Siplet() export class A { constructor(readonly target = 7) {} @Invite() ring(_request: unknown, more = 1) { void more; } }',
        ),
      },
    ],
    [
      'export = of a class',
      {
        'package.json': pkg({ type: 'commonjs' }),
        'index.ts':
          "import sdk = require('@siplet/sdk');\n@sdk.Siplet() class A { @sdk.Invite() ring() {} }\nexport = A;",
      },
    ],
    [
      'an injectable class that its application makes itself',
      {
        'index.ts': `import { ContainerModule, injectable } from 'inversify';\n${S}@injectable() class Book { constructor(readonly title: string) {} }\nexport const m = new ContainerModule(({ bind }) => { bind(Book).toConstantValue(new Book('a')); });\n@Siplet() export class A { constructor(readonly book: Book) {} @Invite() ring() {} }`,
      },
    ],
    ['a property that is a function', { 'index.ts': line2('@Siplet() export class A { @Invite() ring = () => 7; }') }],
  ])('%s', async (_title, files) => {
    await expect(deploy(files)).resolves.toMatchObject({ name: 'app' });
  });
});
