// The published packages in a project that has nothing else: npm installs them, and the application on the container's
// npm page takes a call.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { datagrams } from '../running/wire.js';
import { ENVIRONMENT, execute, packInto, ROOT } from './packed.js';
import { finalTo, Running, request } from './project.js';

const LISTEN = ['--listen', 'udp:127.0.0.1:0', '--admin', 'off'];

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

  const NONE =
    /no TypeScript compiler was found: run 'npm install --save-dev typescript' in the application, or set deploy\.typeCheck to off/;

  test('D-02 where no TypeScript compiler is installed, siplet check says so, and --strict fails', async () => {
    const { stderr } = await execute('npx', ['siplet', 'check', 'apps/hello.ts'], { cwd: project, env: ENVIRONMENT });
    expect(stderr).toMatch(new RegExp(`^warning: types are not checked: ${NONE.source}\n$`));
    const strict = execute('npx', ['siplet', 'check', '--strict', 'apps/hello.ts'], { cwd: project, env: ENVIRONMENT });
    const failure = await strict.then(
      () => undefined,
      (error: { code: number; stderr: string }) => error,
    );
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringMatching(NONE) });
  });

  test.each<[string, number, RegExp]>([
    ['warn', 40, /^types of hello are not checked: /],
    ['strict', 50, /^hello 0\.0\.0 is not deployed: its types cannot be checked, and deploy\.typeCheck is strict: /],
  ])('D-02 deploy.typeCheck: %s says so in the log', async (how, level, message) => {
    writeFileSync(join(project, 'types.yaml'), `deploy: { typeCheck: ${how} }\n`);
    const bin = join(project, 'node_modules/.bin/siplet');
    const container = new Running(project, bin, 'run', 'apps', ...LISTEN, '--config', 'types.yaml');
    await container.said('ready');
    const told = () => container.lines.filter((line) => line.level >= 40);
    await expect.poll(told).toMatchObject([{ level, msg: expect.stringMatching(message) }]);
    expect(told()[0]?.msg).toMatch(NONE);
    expect((await container.terminate()).status).toBe(0);
  });

  test('the application on the npm page answers a call, and SIGTERM ends the container with status 0', async () => {
    writeFileSync(join(project, 'off.yaml'), 'deploy: { typeCheck: off }\n');
    const container = new Running(
      project,
      join(project, 'node_modules/.bin/siplet'),
      'run',
      'apps',
      ...LISTEN,
      '--config',
      'off.yaml',
    );
    const port = await container.port();
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
