// Versions that were replaced: draining (D-2), and gone (D-3).
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { DeployedApplication } from '../../container/application/application.js';
import { present } from '../../container/base/present.js';
import { Belongings } from '../../container/deployment/belongings.js';
import type { DeploymentEvent } from '../../container/deployment/deployments.js';
import { folder, siplet, write } from './folder.js';
import { registry } from './registry.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const WAIT = { timeout: 10_000, interval: 20 };

/** An application that tells what becomes of it, and that uses the process by every name that there is. */
const TELLING = (mark: string) => `
  import { readFile, watch, watchFile } from 'node:fs';
  import timers from 'node:timers';
  import { setTimeout as pause } from 'node:timers/promises';
  import { promisify } from 'node:util';
  import process2 from 'node:process';
  import { Invite, Siplet } from '@siplet/sdk';
  import { preDestroy } from 'inversify';
  const told: string[] = [];
  const tell = (what: string) => () => { told.push(what); };
  setInterval(tell('interval'), 20);
  timers.setInterval(tell('node:timers'), 20);
  globalThis.setInterval(tell('globalThis'), 20);
  const again = setTimeout(() => { tell('refreshed')(); again.refresh(); }, 20);
  const stopped = setTimeout(tell('stopped'), 20);
  clearTimeout(stopped);
  void pause(20, 'x').then(tell('promise'));
  void promisify(setTimeout)(20).then(tell('promisified'));
  setImmediate(tell('immediate'));
  process.on('siplet-test' as never, tell('process.on'));
  process2.once('siplet-test' as never, tell('process.once'));
  const removed = tell('removed');
  process.on('siplet-test' as never, removed);
  process.off('siplet-test' as never, removed);
  watch(__dirname, tell('watch'));
  watchFile(__filename, tell('watchFile'));
  @Siplet() export class A {
    @preDestroy() close() { told.push('closed'); }
    @Invite() ring() { return { told, mark: '${mark}', readFile, pid: process.pid }; }
  }`;

interface Told {
  readonly told: string[];
  readonly mark: string;
  readonly pid: number;
}
const ask = (application: DeployedApplication) => present(application.table.initial('INVITE')).invoke({}) as Told;

describe('D-2 a replaced version drains', () => {
  test('its sessions keep it; when the last has ended it is unloaded', async () => {
    const root = folder({ 'a.ts': siplet('A', 'one') });
    const { deployments } = registry();
    const sessions = new Map<DeployedApplication, number>();
    deployments.sessions = { of: (application) => sessions.get(application) ?? 0 };
    const events: DeploymentEvent[] = [];
    deployments.listen((event) => events.push(event));
    const one = await deployments.deploy(join(root, 'a.ts'));
    sessions.set(one, 2);
    write(root, { 'a.ts': siplet('A', 'two') });
    const two = await deployments.deploy(join(root, 'a.ts'));
    const states = () => deployments.records().map(({ state }) => state);
    await pause(50);
    expect(states()).toEqual(['active', 'draining']);
    expect(present(one.table.initial('INVITE')).invoke({})).toBe('one');
    // One that is in service does not care.
    deployments.idle(two);
    sessions.set(one, 0);
    deployments.idle(one);
    // Its last handlers may still be running.
    expect(states()).toEqual(['active', 'draining']);
    await expect.poll(states, WAIT).toEqual(['active']);
    expect(events.at(-1)).toEqual({ kind: 'unloaded', name: 'a', version: '0.0.0', revision: one.revision });
  });

  test('a session that begins while it settles keeps it', async () => {
    const root = folder({ 'a.ts': siplet('A') });
    const { deployments } = registry();
    let sessions = 1;
    deployments.sessions = { of: () => sessions };
    const one = await deployments.deploy(join(root, 'a.ts'));
    expect(deployments.undeploy('a')).toBe(true);
    sessions = 0;
    deployments.idle(one);
    sessions = 1;
    await pause(1200);
    expect(deployments.records()).toMatchObject([{ state: 'draining' }]);
  });

  test('after deploy.drainTimeout it is unloaded with its sessions, and the log says so', async () => {
    const root = folder({ 'a.ts': TELLING('one') });
    const { deployments, lines } = registry({ drainTimeout: 100 });
    const ended: DeployedApplication[] = [];
    deployments.sessions = { of: () => 3, end: (application) => void ended.push(application) };
    const one = await deployments.deploy(join(root, 'a.ts'));
    deployments.undeploy('a');
    expect(deployments.records()).toMatchObject([{ name: 'a', state: 'draining', path: join(root, 'a.ts') }]);
    await expect.poll(() => deployments.records(), WAIT).toEqual([]);
    expect(ended).toEqual([one]);
    expect(ask(one).told).toContain('closed');
    const warning = lines.find(({ level }) => level === 40);
    expect(warning).toMatchObject({ app: 'a', sessions: 3 });
    expect(present(warning).msg).toBe('a 0.0.0 is unloaded after deploy.drainTimeout, with calls in progress');
  });

  test('undeployed while it is being deployed: it does not come into service', async () => {
    const root = folder({ 'a.ts': siplet('A') });
    const { deployments } = registry();
    const deployed = deployments.deploy(join(root, 'a.ts'));
    await pause(20);
    deployments.undeploy('a');
    await expect(deployed).rejects.toThrow('it was undeployed meanwhile');
    expect(deployments.active).toEqual([]);
  });
});

describe('D-3 an unloaded version is gone', () => {
  test('timers, listeners and watchers that it left behind are released, and @PreDestroy has run', async () => {
    const root = folder({ 'a.ts': TELLING('one'), 'b.txt': '' });
    const { deployments, lines } = registry();
    deployments.sessions = { of: () => 0 };
    const one = await deployments.deploy(join(root, 'a.ts'));
    const { told, pid } = ask(one);
    expect(pid).toBe(process.pid);
    const count = (what: string) => told.filter((each) => each === what).length;
    await expect
      .poll(() => Math.min(count('interval'), count('refreshed'), count('globalThis')), WAIT)
      .toBeGreaterThan(2);
    process.emit('siplet-test' as never);
    writeFileSync(join(root, 'b.txt'), 'x');
    await expect.poll(() => count('watch'), WAIT).toBeGreaterThan(0);
    process.emit('siplet-test' as never);
    const expected = ['immediate', 'node:timers', 'process.on', 'process.once', 'promise', 'promisified'];
    expect(expected.filter((what) => !told.includes(what))).toEqual([]);
    expect([count('removed'), count('stopped'), count('process.once'), count('process.on')]).toEqual([0, 0, 1, 2]);
    deployments.undeploy('a');
    await expect.poll(() => lines.map(({ msg }) => msg), WAIT).toContain('a 0.0.0 unloaded');
    expect(told.at(-1)).toBe('closed');
    const length = told.length;
    process.emit('siplet-test' as never);
    writeFileSync(join(root, 'b.txt'), 'y');
    await pause(100);
    expect(told.slice(length)).toEqual([]);
    expect(process.listenerCount('siplet-test')).toBe(0);
  });

  test('also what a version had taken that never came into service', async () => {
    const root = folder({
      'a.ts': `process.on('siplet-test' as never, () => {});\nsetInterval(() => {}, 5);\nthrow new Error('no');\nexport {};`,
      'b.ts': `import { Siplet, Invite } from '@siplet/sdk';
        process.on('siplet-test' as never, () => {});
        @Siplet() export class B { constructor() { throw new Error('no'); } @Invite() ring() {} }`,
    });
    const { deployments } = registry();
    await expect(deployments.deploy(join(root, 'a.ts'))).rejects.toThrow('no');
    await expect(deployments.deploy(join(root, 'b.ts'))).rejects.toThrow('no');
    expect(process.listenerCount('siplet-test')).toBe(0);
  });

  test('a @PreDestroy that never settles is not waited for: the version is gone, and the log says so', async () => {
    const root = folder({
      'a.ts': `import { Siplet, Invite } from '@siplet/sdk';
        import { preDestroy } from 'inversify';
        process.on('siplet-test' as never, () => {});
        @Siplet() export class A { @Invite() ring() {} @preDestroy() close() { return new Promise(() => {}); } }`,
    });
    const { deployments, lines } = registry();
    deployments.sessions = { of: () => 0 };
    await deployments.deploy(join(root, 'a.ts'));
    deployments.undeploy('a');
    await expect.poll(() => lines.map(({ msg }) => msg), WAIT).toContain('a 0.0.0 unloaded');
    expect(present(lines.find(({ level }) => level === 40)).msg).toBe(
      'a 0.0.0: a @PreDestroy method has not settled in time, and is not waited for',
    );
    expect(process.listenerCount('siplet-test')).toBe(0);
  });

  test('an application cannot remove the listeners of the container and of others', () => {
    const listener = () => {};
    process.on('siplet-test' as never, listener);
    const belongings = new Belongings();
    const view = belongings.module('node:process') as NodeJS.Process;
    view.on('siplet-test', () => {});
    expect(view.listenerCount('siplet-test')).toBe(2);
    view.removeAllListeners('siplet-test');
    expect(process.listeners('siplet-test' as never)).toEqual([listener]);
    process.off('siplet-test' as never, listener);
    view.title = 'siplet test';
    expect(process.title).toBe('siplet test');
  });

  test('what has fired, was stopped or was closed is not kept; after the end nothing starts', async () => {
    const belongings = new Belongings();
    const timers = belongings.module('timers') as typeof import('node:timers');
    const promised = belongings.module('node:timers/promises') as typeof import('node:timers/promises');
    const files = belongings.module('fs') as typeof import('node:fs');
    for (let index = 0; index < 100; index++) {
      timers.clearTimeout(timers.setTimeout(() => {}, 1000));
      timers.setImmediate(() => {});
      files.watch(folder({})).close();
    }
    expect(await promised.setTimeout(5, 'value')).toBe('value');
    const ending = new AbortController();
    const waiting = promised.setTimeout(10_000, undefined, { signal: ending.signal });
    ending.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    for await (const each of promised.setInterval(2, 'turn')) {
      expect(each).toBe('turn');
      break;
    }
    expect(() => timers.setTimeout('no function' as never, 1)).toThrow(TypeError);
    await expect.poll(() => belongings.size, WAIT).toEqual({ timers: 0, listeners: 0, watchers: 0 });
    belongings.dispose();
    let fired = 0;
    timers.setInterval(() => fired++, 1);
    timers.setTimeout(() => fired++, 1);
    timers.setImmediate(() => fired++);
    await pause(20);
    expect(fired).toBe(0);
    expect(belongings.size).toEqual({ timers: 0, listeners: 0, watchers: 0 });
  });

  test.each([
    ['', []],
    ['D-03 with top-level await, ', ['await']],
  ])(
    '%sredeployed many times with 5 MB at module level, the heap stays where it was and every old version is collected',
    async (_title, more) => {
      const count = Number(process.env.REDEPLOYMENTS ?? 40);
      const script = fileURLToPath(new URL('./redeployments.mjs', import.meta.url));
      const words = ['--expose-gc', '--enable-source-maps', script, String(count), ...more];
      const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 10_000_000 });
      const found = JSON.parse(stdout) as Record<'before' | 'middle' | 'after', { heap: number; rss: number }> & {
        left: { versions: number; instances: number };
        handles: number;
        listeners: number;
      };
      expect(found.after.heap - found.before.heap).toBeLessThan(30);
      expect(found.after.rss - found.middle.rss).toBeLessThan(60);
      expect(found.left).toEqual({ versions: 0, instances: 0 });
      // Those of the one version in service.
      expect(found.handles).toBeLessThan(15);
      expect(found.listeners).toBeLessThan(8);
    },
    1_200_000,
  );

  test('versions that served calls, with timers, promises and handlers that were pending: all are collected once they are unloaded', async () => {
    const count = 3;
    const script = fileURLToPath(new URL('./served-versions.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, String(count)]);
    const found = JSON.parse(stdout) as {
      left: object;
      records: number;
      told: Record<string, number>;
      late: string[];
      faults: string[];
    };
    // Each had what would keep it: calls that ended, one that did not, one that rang, a message whose handler never
    // settled.
    expect(found.told).toMatchObject({ bye: count + 1, 'timer once': expect.any(Number) });
    // What still rang then had its final response without it.
    expect(found.late.filter((each) => each.includes('best'))).toEqual([]);
    expect(found.told.abort).toBe(3 * count + 1);
    expect(found.faults).toContain('served 0.0.0 is unloaded after deploy.drainTimeout, with calls in progress');
    expect(found).toMatchObject({ records: 1, left: { versions: 0, instances: 0, held: 0 } });
  }, 60_000);
});
