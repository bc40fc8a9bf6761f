// What `siplet run` tells V8, beside what the operator has told it.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { V8_FLAGS, v8FlagsBeside } from '../../container/cli/v8-flags.js';

test('this Node knows each of them, and takes them while it runs', () => {
  const flags = JSON.stringify(V8_FLAGS);
  const script = `for (const flag of ${flags}) require('node:v8').setFlagsFromString(flag); process.stdout.write('goes on')`;
  for (const words of [V8_FLAGS, []]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...words, '-e', script], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'goes on', stderr: '' });
  }
});

test('all of them where nothing was said', () => {
  expect(v8FlagsBeside([])).toEqual(V8_FLAGS);
  expect(v8FlagsBeside(['--inspect', '--max-semi-space-size=32'])).toEqual(V8_FLAGS);
});

test.each([
  ['--heap-growing-percent=50', '--heap-growing-percent'],
  ['--heap_growing_percent=50', '--heap-growing-percent'],
  ['--max-inlined-bytecode-size-cumulative=920', '--max-inlined-bytecode-size-cumulative'],
  ['--allocation-site-pretenuring', '--no-allocation-site-pretenuring'],
  ['--no-allocation-site-pretenuring', '--no-allocation-site-pretenuring'],
  ['--noallocation_site_pretenuring', '--no-allocation-site-pretenuring'],
])('what was said stands: %s', (said, flag) => {
  const left = v8FlagsBeside([said]);
  expect(left).toEqual(V8_FLAGS.filter((one) => !one.startsWith(flag)));
  expect(left).toHaveLength(V8_FLAGS.length - 1);
});
