// Descriptors for threads, by way of another process: as many as are asked for, each one of the same socket; and none
// where something fails. Needs the build.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';

const built = (file: string) => JSON.stringify(new URL(`../../container/dist/${file}`, import.meta.url).href);

/**
 * Runs the text with two sockets that are bound, and as many descriptors as `limit` leaves. What it wrote, by lines.
 */
async function run(text: string, limit: number, isGroup = false): Promise<string[]> {
  const script = `
    import { openSync, closeSync, readdirSync } from 'node:fs';
    import { duplicates } from ${built('workers/duplicates.js')};
    import { handleOfUdp, bindUdp } from ${built('transport/udp.js')};
    const sockets = [await bindUdp('127.0.0.1', 0, { receive() {} }), await bindUdp('127.0.0.1', 0, { receive() {} })];
    const handles = sockets.map(handleOfUdp);
    const open = () => readdirSync('/proc/self/fd').length;
    ${text}
    process.exit();`;
  const words = ['-c', `ulimit -n ${limit}; exec "$0" --input-type=module -e "$1"`, process.execPath, script];
  const child = spawn('sh', words, { stdio: ['ignore', 'pipe', 'pipe'], detached: isGroup });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
    // As a terminal does with ^C: all of the group.
    if (isGroup && out.endsWith('ready\n')) process.kill(-present(child.pid), 'SIGINT');
  });
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  await new Promise((resolve) => child.once('close', resolve));
  if (err !== '') throw new Error(err);
  return out.trim().split('\n');
}

test.runIf(existsSync('/proc/self/fd'))('each is another descriptor', async () => {
  const [found] = await run('console.log(JSON.stringify(await duplicates(handles, 3)));', 1024);
  const all = JSON.parse(present(found)) as number[][];
  expect(all.map(({ length }) => length)).toEqual([2, 2, 2]);
  expect(new Set(all.flat()).size).toBe(6);
});

test.runIf(existsSync('/proc/self/fd'))('where descriptors run out it rejects, and leaves none behind', async () => {
  const text = `
    // The descriptors that a first child process leaves in Node are not sockets.
    await duplicates(handles, 1);
    const eaten = [];
    try { for (;;) eaten.push(openSync('/dev/null')); } catch {}
    for (const one of eaten.splice(0, 14)) closeSync(one);
    const before = open();
    await duplicates(handles, 12).then(() => console.log('all'), () => console.log('rejected'));
    // What was on its way ends with the helper.
    for (let i = 0; i < 100 && open() > before; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    console.log(open() - before);`;
  expect(await run(text, 64)).toEqual(['rejected', '0']);
});

test.runIf(existsSync('/proc/self/fd'))(
  'a signal for the container, typed at a terminal, does not end the helper',
  async () => {
    const text = `
    process.on('SIGINT', () => {});
    const asked = duplicates(handles, 2);
    console.log('ready');
    console.log((await asked).flat().length);`;
    expect(await run(text, 1024, true)).toEqual(['ready', '4']);
  },
);
