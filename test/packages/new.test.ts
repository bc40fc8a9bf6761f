// `siplet new`, `npm install`, `npm test`, `npx siplet run .`, a call: as they are printed, inside a checkout and
// outside of it.
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { datagrams } from '../running/wire.js';
import { ENVIRONMENT, execute, packInto, ROOT } from './packed.js';
import { answer, finalTo, Running, request } from './project.js';

const env = { ...ENVIRONMENT, npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
const folders: string[] = [];

/** `siplet` as the newcomer has it in each place, and the directory where it is typed. */
const places: Record<string, { siplet: readonly string[]; cwd: string }> = {};

beforeAll(async () => {
  mkdirSync(join(ROOT, '.siplet'), { recursive: true });
  const inside = mkdtempSync(join(ROOT, '.siplet/new-'));
  const { folder, sdk, container } = await packInto('siplet-new-');
  folders.push(inside, folder);
  places['inside the checkout'] = { siplet: [process.execPath, join(ROOT, 'container/bin/siplet.js')], cwd: inside };
  const outside = join(folder, 'project');
  mkdirSync(outside);
  writeFileSync(join(outside, 'package.json'), '{ "name": "project", "version": "1.0.0", "private": true }');
  await execute('npm', ['install', '--loglevel', 'error', sdk, container], { cwd: outside, env });
  places['outside, from the tarballs'] = { siplet: ['npx', '--yes=false', 'siplet'], cwd: outside };
}, 300_000);
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
}, 120_000);

/** What a newcomer may write without thinking of it. */
const GLOBALS = `
export async function report(): Promise<void> {
  setTimeout(() => console.log(process.pid, Buffer.from('x')), 1);
  await fetch(new URL('http://127.0.0.1'));
}
`;

describe.each(['inside the checkout', 'outside, from the tarballs'])('D-01 siplet new %s', (place) => {
  test('the steps that it prints work, one after the other, and the call rings', { timeout: 300_000 }, async () => {
    const { siplet, cwd } = present(places[place]);
    const [program, ...words] = siplet as [string, ...string[]];
    const { stdout } = await execute(program, [...words, 'new', 'hunt'], { cwd, env });
    const steps = [...stdout.matchAll(/^ {2}((?:cd|npm|npx) .*)$/gm)].map((match) => present(match[1]));
    expect(steps).toEqual(['cd hunt', 'npm install', 'npm test', 'npx siplet run .']);
    const project = join(cwd, 'hunt');
    const phone = await datagrams('127.0.0.1');
    const caller = await datagrams('127.0.0.1');
    onTestFinished(() => phone.close());
    onTestFinished(() => caller.close());
    // Ports that are free, and what the author adds.
    const source = readFileSync(join(project, 'index.ts'), 'utf8');
    writeFileSync(join(project, 'siplet.yaml'), 'listen: [udp:127.0.0.1:0]\nadmin: "off"\n');
    appendFileSync(join(project, 'index.ts'), GLOBALS);

    const shell = async (line: string) => (await execute('sh', ['-c', line], { cwd: project, env })).stdout;
    await shell(present(steps[1]));
    expect(await shell(present(steps[2]))).toMatch(/2 passed/);
    const container = new Running(project, 'sh', '-c', present(steps[3]));
    const port = await container.port();
    const deployments = () => container.lines.filter(({ msg }) => msg.endsWith(' deployed')).map(({ msg }) => msg);
    expect(deployments()).toEqual(['hunt 0.1.0 deployed']);

    // What is saved is deployed.
    writeFileSync(join(project, 'index.ts'), source.replace('127.0.0.1:5070', `127.0.0.1:${phone.port}`));
    await expect.poll(deployments, { timeout: 20_000 }).toEqual(['hunt 0.1.0 deployed', 'hunt 0.1.0 deployed']);
    const uri = `sip:hunt@127.0.0.1:${port}`;
    caller.send(request({ method: 'INVITE', uri, cseq: 1, to: '<sip:hunt@127.0.0.1>', from: caller.port }), port);
    const ringing = await phone.inbox.take(({ raw }) => raw.method === 'INVITE', 10_000);
    ringing.reply(answer(ringing, '200 OK', `sip:desk@127.0.0.1:${phone.port}`));
    expect((await caller.inbox.take(finalTo('INVITE'), 10_000)).raw.start).toBe('SIP/2.0 200 OK');
    expect(container.lines.filter(({ level }) => level > 30)).toEqual([]);
    await container.terminate();
  });
});
