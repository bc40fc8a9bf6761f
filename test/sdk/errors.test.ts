// RULES.md section 3: errors, all exported and all naming who did what.
import {
  CallFailedError,
  DeploymentError,
  IllegalStateError,
  SessionInvalidError,
  SipParseError,
  type SipResponse,
  TooManyHopsError,
} from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';

test('each error has its name', () => {
  const errors = [
    new IllegalStateError('m'),
    new SipParseError('a URI', 'x'),
    new TooManyHopsError('m'),
    new CallFailedError(486),
    new SessionInvalidError('m'),
    new DeploymentError('m'),
  ];
  expect(errors.map((error) => `${error}`)).toEqual([
    'IllegalStateError: m',
    'SipParseError: "x" is not a URI',
    'TooManyHopsError: m',
    'CallFailedError: the call failed with 486',
    'SessionInvalidError: m',
    'DeploymentError: m',
  ]);
  expect(errors.every((error) => error instanceof Error && present(error.stack).includes(error.message))).toBe(true);
  expect(errors[4]).toBeInstanceOf(IllegalStateError);
});

test('CallFailedError has status and response', () => {
  const response = { status: 603, reason: 'Decline' } as SipResponse;
  const error = new CallFailedError(603, response);
  expect([error.status, error.response, error.message]).toEqual([603, response, 'the call failed with 603 Decline']);
});

test('SipParseError shows what, where, and no more than 80 chars of a hostile text', () => {
  const error = new SipParseError('an address', `a\r\n\x1b[31m\x7f${'x'.repeat(1000)}`, 'it is strange', 7);
  expect(error).toMatchObject({ what: 'an address', fault: 'it is strange', position: 7 });
  expect(error.message).toMatch(/^"a\\r\\n\\u001b\[31m\\u007fx+…" is not an address: it is strange at character 7$/);
  expect(error.message.length).toBeLessThan(160);
});

test('DeploymentError lists what is wrong', () => {
  expect(new DeploymentError('two things', { problems: ['a', 'b'], cause: 1 })).toMatchObject({
    problems: ['a', 'b'],
    cause: 1,
  });
  expect(new DeploymentError('one thing').problems).toEqual(['one thing']);
});
