// The log: JSON lines, or text for people.
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog, textOf } from '../../container/observe/log.js';

function written(format: 'json' | 'text', write: (log: ReturnType<typeof createLog>) => void, level = 'info'): string {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  write(createLog({ level, format }, stream));
  return text;
}

test('JSON lines carry level, time and what was said', () => {
  const text = written('json', (log) => log.child({ app: 'a' }).info({ n: 1 }, 'said'));
  expect(JSON.parse(text)).toMatchObject({ level: 30, app: 'a', n: 1, msg: 'said' });
  expect(text.endsWith('\n')).toBe(true);
});

test('text: one line, keys behind the message, lists and stacks below it', () => {
  const text = written('text', (log) => log.warn({ app: 'a', on: ['x', 'y'], handlers: ['one', 'two'] }, 'said'));
  expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}said app=a on=x,y\n {4}one\n {4}two\n$/);
  expect(written('text', (log) => log.error({ err: new Error('why') }, 'failed'))).toMatch(
    /error failed\n {4}Error: why\n {4} {4}at /,
  );
});

test('below the level nothing is written', () => {
  expect(written('json', (log) => log.info('said'), 'warn')).toBe('');
});

test('A22 control characters of a peer do not steer the terminal', () => {
  const text = written('text', (log) => log.info({ agent: 'a\u001b[2Jb\r\nforged' }, 'from \u001b[31mpeer'));
  expect(text.split('\n')).toHaveLength(2);
  expect(text).toContain('from \\x1b[31mpeer');
  expect(text).toContain('agent=a\\x1b[2Jb\\x0d\\x0aforged');
});

test('text that is not JSON is passed on unchanged', () => {
  expect(textOf('plain\n', false)).toBe('plain\n');
});
