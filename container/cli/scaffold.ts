// `siplet new DIR`: a package with a small application and a test of it.
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { DeploymentError } from '@siplet/sdk';
import { type Origin, originFor } from './origin.js';
import type { Terminal } from './terminal.js';

export function scaffold(directory: string, terminal: Terminal): void {
  const root = resolve(directory);
  const name = basename(root);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 100)
    throw new DeploymentError(
      `'${name}' is not a name for an application: write small letters and digits, words separated by '-', for example reach-me`,
    );
  try {
    const there = statSync(root, { throwIfNoEntry: false });
    if (there !== undefined && !there.isDirectory()) throw new DeploymentError(`${directory}: is a file`);
    if (there !== undefined && readdirSync(root).length > 0) throw new DeploymentError(`${directory}: is not empty`);
    mkdirSync(root, { recursive: true });
    const files = filesOf(name, originFor(root));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text);
    terminal.out(`${name}: ${Object.keys(files).join(', ')}\n`);
  } catch (error) {
    if (error instanceof DeploymentError) throw error;
    throw new DeploymentError(`${directory}: cannot be written: ${(error as Error).message}`);
  }
  for (const line of nextSteps(directory, root)) terminal.out(line === '' ? '\n' : `  ${line}\n`);
}

/** The commands to type next, from the working directory, and their purpose. */
function nextSteps(directory: string, root: string): string[] {
  const there = /^[\w./~-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", "'\\''")}'`;
  const steps = ['npm install', 'npm test', 'npx siplet run .'];
  if (root !== process.cwd()) steps.unshift(`cd ${there}`);
  return [
    '',
    ...steps,
    '',
    `Then call sip:${basename(root)}@127.0.0.1:5060: the phones that ring are named in index.ts.`,
  ];
}

function filesOf(name: string, origin: Origin): Record<string, string> {
  const type = name.replace(/(?:^|-)([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
  const manifest = {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    siplet: { entry: 'index.ts' },
    files: ['index.ts'],
    scripts: { check: 'siplet check .', test: 'tsc --noEmit && vitest run' },
    dependencies: { '@siplet/sdk': origin.sdk },
    devDependencies: { '@siplet/container': origin.container, ...TOOLS },
  };
  return {
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'index.ts': index(name, type),
    'index.test.ts': test(type),
    'tsconfig.json': TSCONFIG,
    'vitest.config.ts': VITEST,
    'README.md': readme(name, type),
    '.gitignore': 'node_modules/\n.siplet/\n',
    ...(origin.areDirectories ? { '.npmrc': NPMRC } : {}),
  };
}

function index(name: string, type: string): string {
  return `// Rings a desk and then a mobile phone; when neither answers, the caller gets voicemail.
import { BestResponse, Invite, type ProxiedResponse, Siplet, type SipRequest } from '@siplet/sdk';

export const PHONES = ['sip:desk@127.0.0.1:5070', 'sip:mobile@127.0.0.1:5071'];
export const VOICEMAIL = 'sip:voicemail@127.0.0.1:5072';

@Siplet({ name: '${name}' })
export class ${type} {
  @Invite()
  ring(request: SipRequest): void {
    request.proxyTo(PHONES, { recordRoute: true, parallel: false, timeout: '20s' });
  }

  /** The best answer of all phones. A 6xx speaks for the person, so the caller gets it (§16.7). */
  @BestResponse('INVITE')
  voicemail({ status, proxy }: ProxiedResponse): void {
    if (status < 600) proxy.proxyTo(VOICEMAIL);
  }
}
`;
}

function test(type: string): string {
  return `import type { ProxiedResponse, SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { PHONES, ${type}, VOICEMAIL } from './index.js';

/** Records where the call is to go. */
function recorder() {
  const calls: unknown[][] = [];
  return { calls, proxyTo: (...args: unknown[]) => void calls.push(args) };
}

test('rings the phones one after the other, and stays on the path', () => {
  const request = recorder();
  new ${type}().ring(request as unknown as SipRequest);
  expect(request.calls).toEqual([[PHONES, expect.objectContaining({ parallel: false, recordRoute: true })]]);
});

test('goes to voicemail when nobody answers, and not when somebody declines', () => {
  const busy = recorder();
  new ${type}().voicemail({ status: 486, proxy: busy } as unknown as ProxiedResponse);
  expect(busy.calls).toEqual([[VOICEMAIL]]);
  const declined = recorder();
  new ${type}().voicemail({ status: 603, proxy: declined } as unknown as ProxiedResponse);
  expect(declined.calls).toEqual([]);
});
`;
}

/** The packages that the tests of an application need, in this repository's versions. */
const TOOLS = { '@types/node': '20.19.0', typescript: '7.0.2', vite: '8.3.8', vitest: '4.1.12' };

const NPMRC = `# The packages of Siplet are directories: npm copies them, and what they depend on is installed here.
install-links=true
`;

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2022",
    "lib": ["es2023"],
    "module": "nodenext",
    "moduleResolution": "nodenext",
    "strict": true,
    "experimentalDecorators": true,
    "emitDecoratorMetadata": true,
    "noEmit": true,
    "skipLibCheck": true,
    "types": ["node"]
  },
  "include": ["*.ts"],
  "exclude": ["vitest.config.ts"]
}
`;

const VITEST = `import { defineConfig } from 'vitest/config';

// The decorators are TypeScript's own, and constructor parameters are injected by their types.
export default defineConfig({ oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } } });
`;

function readme(name: string, type: string): string {
  return `# ${name}

A SIP application for [Siplet](https://www.npmjs.com/package/@siplet/container). \`${type}\` in \`index.ts\` rings two phones in turn and takes the
call to voicemail when neither answers.

| | |
| --- | --- |
| \`npm test\` | types, then the tests of the handlers |
| \`npm run check\` | what a deployment would say, with the handler table |
| \`npx siplet run .\` | a container with this application, at 127.0.0.1:5060; what you save is deployed |
| \`npx siplet deploy .\` | deploys it to a container that runs already |
`;
}
