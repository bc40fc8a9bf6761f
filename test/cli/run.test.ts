// `siplet run` as a process: RULES.md section 8. Needs the build, which `npm test` makes first.
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { folder, siplet } from '../deployment/folder.js';
import type { LogLine } from '../deployment/registry.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = fileURLToPath(new URL('../../container/dist/cli/siplet.js', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly lines: LogLine[];
  readonly ended: Promise<{ status: number | null; err: string }>;
  /** The first line with this message. */
  said(message: string): Promise<LogLine>;
}

function run(directory: string, ...words: string[]): Run {
  const options = ['--listen', 'udp:127.0.0.1:0', '--listen', 'tcp:127.0.0.1:0', '--admin', 'off', '--no-watch'];
  const all = [BIN, 'run', directory, ...(words.length > 0 ? words : options)];
  return followed(spawn(process.execPath, all, { cwd: directory, detached: true }));
}

/** A process whose log is read. It is ended with what it started. */
function followed(child: ChildProcessWithoutNullStreams): Run {
  onTestFinished(() => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  });
  const lines: LogLine[] = [];
  const waiting: { message: string; resolve: (line: LogLine) => void }[] = [];
  let rest = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const complete = (rest + text).split('\n');
    rest = present(complete.pop());
    for (const each of complete) {
      const line = JSON.parse(each) as LogLine;
      lines.push(line);
      for (const one of waiting) if (line.msg === one.message) one.resolve(line);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<{ status: number | null; err: string }>((resolve) => {
    child.once('close', (status) => resolve({ status, err }));
  });
  const said = (message: string) =>
    new Promise<LogLine>((resolve, reject) => {
      const already = lines.find(({ msg }) => msg === message);
      if (already) resolve(already);
      else waiting.push({ message, resolve });
      void ended.then(({ err: why }) => reject(new Error(`it ended without '${message}': ${why}`)));
    });
  return { child, lines, ended, said };
}

describe('RULES.md section 8, siplet run', () => {
  test('D-07 SIGTERM to npm start reaches the container, which stops in its own time', async () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
    const applications = folder({ 'hunt.ts': siplet('Hunt') });
    const start = scripts.start
      .replace('container/dist/cli/siplet.js', BIN)
      .replace('run apps --config apps/siplet.yaml', `run ${applications} --listen udp:127.0.0.1:0 --admin off`);
    expect(start).toContain(applications);
    const root = folder({ 'package.json': JSON.stringify({ name: 'a', version: '1.0.0', scripts: { start } }) });
    const { child, lines, ended, said } = followed(spawn('npm', ['start', '--silent'], { cwd: root, detached: true }));
    await said('ready');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 0 });
    expect(lines.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  test('CNT-41 one ready line with addresses, applications and milliseconds; SIGTERM ends it with 0', async () => {
    const { child, lines, ended, said } = run(folder({ 'hunt.ts': siplet('Hunt'), 'bad.ts': 'export const x = ;' }));
    const ready = await said('ready');
    expect(ready.listening).toEqual([
      expect.stringMatching(/^udp:127\.0\.0\.1:[1-9]\d*$/),
      expect.stringMatching(/^tcp:127\.0\.0\.1:[1-9]\d*$/),
    ]);
    expect(ready.applications).toEqual(['hunt 0.0.0']);
    expect(ready.ms).toBeGreaterThan(0);
    expect(present(lines.find(({ msg }) => msg === 'hunt 0.0.0 deployed')).handlers).toEqual([
      'initial INVITE → Hunt.ring',
    ]);
    // D-1: the application that fails is told of, with its place, and leaves the other in service.
    expect(present(lines.find(({ level }) => level === 50)).msg).toMatch(
      /^bad 0\.0\.0 is not deployed: bad\.ts:1:18: /,
    );
    child.kill('SIGTERM');
    expect(await ended).toEqual({ status: 0, err: '' });
    expect(lines.filter(({ msg }) => msg === 'ready')).toHaveLength(1);
  });

  test('SIGINT ends it with 0, also when an application left a timer behind', async () => {
    const text = `${siplet('Hunt')}\nsetInterval(() => {}, 1000);\n`;
    const { child, ended, said } = run(folder({ 'hunt.ts': text }));
    await said('ready');
    child.kill('SIGINT');
    expect((await ended).status).toBe(0);
  });

  /** A container that an INVITE keeps busy: its application never answers. */
  async function busy(yaml = '') {
    const text = siplet('Hunt').replace(/ring\(\).*\}/, 'ring(): void {}');
    const root = folder({ 'hunt.ts': text, 'siplet.yaml': `listen: [udp:127.0.0.1:0]\nadmin: off\n${yaml}` });
    const container = run(root, '--config', `${root}/siplet.yaml`, '--no-watch');
    const ready = await container.said('ready');
    const port = Number(
      present((ready.listening as string[])[0])
        .split(':')
        .at(-1),
    );
    const phone = createSocket('udp4');
    onTestFinished(() => void phone.close());
    await new Promise<void>((resolve) => phone.bind(0, '127.0.0.1', resolve));
    const trying = new Promise((resolve) =>
      phone.once('message', (octets) => resolve(String(octets).split('\r\n')[0])),
    );
    const lines = [
      `INVITE sip:bob@127.0.0.1:${port} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${phone.address().port};branch=z9hG4bKbusy`,
      'Max-Forwards: 70',
      'From: <sip:alice@127.0.0.1>;tag=1',
      'To: <sip:bob@127.0.0.1>',
      'Call-ID: busy',
      'CSeq: 1 INVITE',
      'Content-Length: 0',
    ];
    phone.send(`${lines.join('\r\n')}\r\n\r\n`, port, '127.0.0.1');
    expect(await trying).toBe('SIP/2.0 100 Trying');
    return container;
  }

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'a call in progress keeps it; a second signal, %s, ends it at once with 1, and the log says so',
    async (second) => {
      const { child, ended, said, lines } = await busy();
      child.kill('SIGTERM');
      await said('1 calls in progress may end within shutdown.timeout');
      // What the loop that waits would have noticed.
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(child.exitCode).toBeNull();
      const began = performance.now();
      child.kill(second);
      expect(await ended).toEqual({ status: 1, err: '' });
      expect(performance.now() - began).toBeLessThan(1000);
      expect(lines.at(-1)).toMatchObject({ level: 40, msg: 'ended at once by a second signal', signal: second });
    },
  );

  test('shutdown.timeout: it ends with 0 all the same, and the log says how many calls are given up', async () => {
    const { child, ended, lines } = await busy('shutdown: { timeout: 500ms }\n');
    const began = performance.now();
    child.kill('SIGTERM');
    expect(await ended).toEqual({ status: 0, err: '' });
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(performance.now() - began).toBeLessThan(3000);
    expect(lines.filter(({ level }) => level >= 40).map(({ msg }) => msg)).toEqual([
      '1 calls in progress are ended or abandoned after shutdown.timeout',
    ]);
  });

  test('an address that is taken: status 1 and one line', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    onTestFinished(() => void socket.close());
    const { port } = socket.address();
    const { status, err } = await run(folder({}), '--listen', `udp:127.0.0.1:${port}`, '--admin', 'off').ended;
    expect(status).toBe(1);
    expect(err).toMatch(new RegExp(`^siplet: .*udp:127\\.0\\.0\\.1:${port}.*\\n$`));
  });

  test('a directory that is not there: status 1 and one line', async () => {
    const root = folder({});
    const { status, err } = await run(root, `${root}/none`, '--admin', 'off').ended;
    // Two directories are wrong usage; one that is not there has failed.
    expect(status).toBe(2);
    expect(err).toContain('too many arguments');
    const child = spawn(process.execPath, [
      BIN,
      'run',
      `${root}/none`,
      '--listen',
      'udp:127.0.0.1:0',
      '--admin',
      'off',
    ]);
    let said = '';
    child.stderr.on('data', (text) => {
      said += String(text);
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    expect(said).toMatch(/^siplet: .*none: there is no such directory\n$/);
  });

  test('SIGHUP reads the configuration again: what can change changes, the rest is named, and a fault changes nothing', async () => {
    const file = (text: string) => `listen: [udp:127.0.0.1:0]\nadmin: off\n${text}`;
    const root = folder({ 'hunt.ts': siplet('Hunt'), 'siplet.yaml': file('') });
    const { child, ended, said } = run(root, '--config', `${root}/siplet.yaml`, '--no-watch');
    await said('ready');
    writeFileSync(`${root}/siplet.yaml`, file('timers: { t1: soon }\n'));
    child.kill('SIGHUP');
    const refused = await said(
      `the configuration is not reloaded: ${root}/siplet.yaml:3:11: timers.t1: must be milliseconds or a text such as '500ms', '10s', '3m', '1h', not "soon"`,
    );
    expect(refused.level).toBe(50);
    writeFileSync(`${root}/siplet.yaml`, file('apps: { hunt: { a: 1 } }\ntimers: { t1: 250 }\n'));
    child.kill('SIGHUP');
    const reloaded = await said(
      'the configuration is reloaded: apps.hunt changed; timers.t1 will change when the container is restarted',
    );
    expect(reloaded).toMatchObject({ changed: ['apps.hunt'], restart: ['timers.t1'], failed: [] });
    child.kill('SIGTERM');
    expect((await ended).status).toBe(0);
  });

  test('SIGHUP without a configuration file stops the container as SIGTERM does', async () => {
    const root = folder({ 'hunt.ts': siplet('Hunt') });
    const { child, ended, said } = run(root, '-l', 'udp:127.0.0.1:0', '--admin', 'off', '--no-watch');
    await said('ready');
    child.kill('SIGHUP');
    await said('stopping; a second signal ends it at once');
    expect((await ended).status).toBe(0);
  });
});
