// The published packages in a project that has nothing else: npm installs them, and the application on the container's
// npm page takes a call.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { LogLine } from '../running/process.js';
import { type Arrival, datagrams, Inbox } from '../running/wire.js';
import { ENVIRONMENT, execute, packInto, ROOT } from './packed.js';

let folder: string;
let project: string;
let page: string;

/** A program in the project; what it wrote to standard output. */
async function run(program: string, ...words: string[]): Promise<string> {
  return (await execute(program, words, { cwd: project, env: ENVIRONMENT })).stdout;
}

beforeAll(async () => {
  const made = await packInto('siplet-installed-');
  folder = made.folder;
  project = join(folder, 'project');
  mkdirSync(join(project, 'apps'), { recursive: true });
  writeFileSync(
    join(project, 'package.json'),
    '{ "name": "project", "version": "1.0.0", "private": true, "type": "module" }',
  );
  // Strict: npm refuses a package, ours or one that it depends on, whose `engines` does not admit this Node.
  const words = ['install', '--engine-strict', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error'];
  await run('npm', ...words, made.sdk, made.container);
  page = readFileSync(join(project, 'node_modules/@siplet/container/README.md'), 'utf8');
  writeFileSync(join(project, 'apps/hello.ts'), present(present(/```ts\n([\s\S]*?)```/.exec(page))[1]));
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `siplet run` as npx starts it. */
class Running {
  readonly lines: LogLine[] = [];
  readonly #log = new Inbox<LogLine>('the log');
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ status: number | null; err: string }>;

  constructor(...words: string[]) {
    const child = spawn(join(project, 'node_modules/.bin/siplet'), words, { cwd: project, env: ENVIRONMENT });
    onTestFinished(() => void child.kill('SIGKILL'));
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as LogLine;
      this.lines.push(line);
      this.#log.push(line);
    });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', (status) => resolve({ status, err })));
  }

  /** The line with this message; rejects with what it wrote to standard error when it ends without. */
  async said(message: string): Promise<LogLine> {
    const ended = this.#ended.then(({ err }) => Promise.reject(new Error(`it ended without '${message}': ${err}`)));
    return Promise.race([this.#log.take(({ msg }) => msg === message, 20_000), ended]);
  }

  terminate(): Promise<{ status: number | null; err: string }> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }
}

describe(`installed on Node ${process.version}`, () => {
  test('node and the commands of the packages run on the Node that runs the tests', async () => {
    expect(await run('node', '--version')).toBe(`${process.version}\n`);
  });

  test('npx finds the command, and it knows each command on the npm page', async () => {
    const help = await run('npx', '--yes=false', 'siplet', '--help');
    const named = [...page.matchAll(/npx siplet ([a-z]+)/g)].map((match) => present(match[1]));
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(help).toMatch(new RegExp(`^ +${name}\\b`, 'm'));
  });

  test('the declarations of the SDK are enough for the compiler, and depend on nothing that is not installed', async () => {
    const compilerOptions = {
      ...{ target: 'es2022', module: 'nodenext', strict: true, experimentalDecorators: true, noEmit: true },
      ...{ skipLibCheck: false, types: [] },
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['apps'] }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    await expect(run('node', tsc, '--project', project).catch((error) => error.stdout)).resolves.toBe('');
  });

  test('the application on the npm page answers a call, and SIGTERM ends the container with status 0', async () => {
    const container = new Running('run', 'apps', '--listen', 'udp:127.0.0.1:0', '--admin', 'off');
    const { listening } = await container.said('ready');
    const port = Number(
      present((listening as string[])[0])
        .split(':')
        .at(-1),
    );
    const caller = await datagrams('127.0.0.1');
    onTestFinished(() => caller.close());
    const send = (method: string, uri: string, cseq: number, to: string) =>
      caller.send(request({ method, uri, cseq, to, from: caller.port }), port);

    send('INVITE', `sip:hello@127.0.0.1:${port}`, 1, '<sip:hello@127.0.0.1>');
    const answer = (await caller.inbox.take(finalTo('INVITE'), 5000)).raw;
    expect(answer.start).toBe('SIP/2.0 200 OK');
    const contact = present(present(/<([^>]+)>/.exec(present(answer.value('contact'))))[1]);
    const to = present(answer.value('to'));
    send('ACK', contact, 1, to);
    send('BYE', contact, 2, to);
    expect((await caller.inbox.take(finalTo('BYE'), 5000)).raw.start).toBe('SIP/2.0 200 OK');

    expect(await container.terminate()).toEqual({ status: 0, err: '' });
    expect(container.lines.filter(({ level }) => level > 30)).toEqual([]);
  });
});

const finalTo =
  (method: string) =>
  ({ raw }: Arrival): boolean =>
    raw.status >= 200 && present(raw.value('cseq')).endsWith(` ${method}`);

interface Request {
  readonly method: string;
  readonly uri: string;
  readonly cseq: number;
  readonly to: string;
  /** The port of the caller. */
  readonly from: number;
}

function request({ method, uri, cseq, to, from }: Request): string {
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${from};branch=z9hG4bK-${method}-${cseq}`,
    'Max-Forwards: 70',
    'From: <sip:alice@127.0.0.1>;tag=alice',
    `To: ${to}`,
    'Call-ID: first-call@127.0.0.1',
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:alice@127.0.0.1:${from}>`,
    'Content-Length: 0',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
