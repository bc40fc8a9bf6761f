// `siplet run DIR` as an operator runs it: it watches (D-1) unless it is told not to, and ends with 0. Needs the build,
// which `npm test` makes first.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { folder, siplet, write } from './folder.js';
import { packed } from './pack.js';
import { type LogLine, registry } from './registry.js';

const BIN = fileURLToPath(new URL('../../container/dist/cli/siplet.js', import.meta.url));
const WAIT = { timeout: 15_000, interval: 30 };

function run(directory: string, ...words: string[]) {
  const options = ['--listen', 'udp:127.0.0.1:0', '--admin', 'off', ...words];
  const child = spawn(process.execPath, [BIN, 'run', directory, ...options], { cwd: directory });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: LogLine[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => void lines.push(JSON.parse(line) as LogLine));
  const messages = () => lines.map(({ msg }) => msg);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    return ended;
  };
  return { lines, messages, stop };
}

test('CNT-38 CNT-39 D-1 D-4 siplet run watches its directory: changed, broken, an archive put in, removed; SIGTERM ends it with 0', async () => {
  const root = folder({ 'hunt.ts': siplet('Hunt', 'one') });
  const { messages, lines, stop } = run(root);
  await expect.poll(messages, WAIT).toContain('ready');
  write(root, { 'hunt.ts': siplet('Hunt', 'two') });
  // Nobody called the version before: it is gone at once.
  await expect.poll(messages, WAIT).toContain('hunt 0.0.0 unloaded');
  write(root, { 'hunt.ts': 'export const x = ;' });
  const failed = /^hunt 0\.0\.0 is not deployed; 0\.0\.0 stays in service: hunt\.ts:1:18: /;
  await expect.poll(() => messages().some((text) => failed.test(text)), WAIT).toBe(true);
  const archive = packed({ 'package.json': '{"name":"sent","version":"1.2.3"}', 'index.ts': siplet('Sent') });
  writeFileSync(join(root, 'sent.tgz'), archive);
  await expect.poll(messages, WAIT).toContain('sent 1.2.3 deployed');
  expect(lines.filter(({ level }) => level >= 40)).toHaveLength(1);
  expect(await stop()).toBe(0);
});

test('D-1 --no-watch: what changes is not looked at', async () => {
  const root = folder({ 'hunt.ts': siplet('Hunt', 'one') });
  const { messages, stop } = run(root, '--no-watch');
  await expect.poll(messages, WAIT).toContain('ready');
  write(root, { 'hunt.ts': siplet('Hunt', 'two') });
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(messages().filter((text) => text.endsWith('deployed'))).toHaveLength(1);
  expect(await stop()).toBe(0);
});

test('D-3 packages that stay in the application’s node_modules are loaded again when no version has them any more', async () => {
  const package_ = (mark: string) => ({
    'node_modules/native/package.json': '{"name":"native","version":"1.0.0","main":"main.js","gypfile":true}',
    'node_modules/native/main.js': `exports.mark = '${mark}';`,
  });
  const root = folder({
    'package.json': '{"name":"app","version":"1.0.0"}',
    'index.ts': `import { Siplet, Invite } from '@siplet/sdk';
      import { mark } from 'native';
      @Siplet() export class A { @Invite() ring() { return mark; } }`,
    ...package_('one'),
  });
  const { deployments } = registry();
  deployments.sessions = { of: () => 0 };
  const says = () => present(present(deployments.get('app')).table.initial('INVITE')).invoke({});
  await deployments.deploy(root);
  expect(says()).toBe('one');
  deployments.undeploy('app');
  await expect.poll(() => deployments.records(), WAIT).toEqual([]);
  write(root, package_('two'));
  await deployments.deploy(root);
  expect(says()).toBe('two');
});
