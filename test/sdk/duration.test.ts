// RULES.md section 1: durations are milliseconds or a text with a unit.
import { milliseconds, timeLimit } from '@siplet/sdk';
import { expect, test } from 'vitest';

test.each([
  [0, 0],
  [1, 1],
  [20_000, 20_000],
  [0.5, 0.5],
  ['500ms', 500],
  ['20s', 20_000],
  ['1.5s', 1500],
  ['3m', 180_000],
  ['1h', 3_600_000],
  ['0s', 0],
])('RULES.md section 1 %j is %d ms', (duration, expected) => {
  expect(milliseconds(duration)).toBe(expected);
});

test.each([
  '',
  '20',
  's',
  '-1s',
  '20 s',
  '20S',
  '1d',
  '1s1ms',
  '1e3s',
  '.5s',
  ' 1s',
  '1s\n',
  -1,
  Number.NaN,
  null,
  {},
  true,
])('RULES.md section 1 %j is not a duration', (duration) => {
  expect(() => milliseconds(duration as string, 'setExpires')).toThrow(RangeError);
  expect(() => milliseconds(duration as string, 'setExpires')).toThrow(
    "setExpires: write milliseconds, 0 or more, or a text such as '500ms', '20s', '3m' or '1h', not ",
  );
});

test.each([1, 20, 999])(
  'RULES.md section 1 a time limit of %d as a number was meant in seconds, and is refused',
  (limit) => {
    expect(() => timeLimit(limit, 'the timeout of a proxy')).toThrow(
      new RangeError(
        `the timeout of a proxy: ${limit} means ${limit} milliseconds; write '${limit}s' for seconds, or '${limit}ms'`,
      ),
    );
  },
);

test.each([
  [1000, 1000],
  ['1ms', 1],
  ['999ms', 999],
  ['20s', 20_000],
])('RULES.md section 1 %j is a time limit of %d ms', (limit, expected) => {
  expect(timeLimit(limit, 'x')).toBe(expected);
});

test.each([0, '0s', '0ms', Number.POSITIVE_INFINITY, -5, 'soon'])(
  'RULES.md section 1 %j is not a time limit',
  (limit) => {
    expect(() => timeLimit(limit, 'x')).toThrow(RangeError);
  },
);
