// Text of a hostile peer costs time in proportion to its length (§16.3: a proxy reads before it trusts).
import { Address, parseUri } from '@siplet/sdk';
import * as grammar from '@siplet/sdk/grammar';
import { describe, expect, test } from 'vitest';
import { isWithin } from '../world/cpu-time.js';
import { runs } from '../world/runs.js';

const KIB = runs(16, 64);
/**
 * Milliseconds. A scanner that is quadratic takes 4·10⁹ steps for 64 KiB, which is seconds, and a sixteenth of that for
 * 16.
 */
const BOUND = 1000 * (KIB / 64) ** 2;
const UNITS = [
  '"',
  '\\',
  ';',
  '%',
  '<',
  '>',
  ',',
  ':',
  '@',
  '[',
  '=',
  '?',
  '&',
  '.',
  '-',
  ' ',
  '\t',
  '1',
  'a',
  '%41',
  ';a',
  ';a=b',
  '<>',
  '"",',
  '\\"',
  'a.',
  '1.',
  ';%41',
  ':a',
  'é',
];
const STARTS = [
  '',
  'sip:',
  'sip:a@',
  'sip:h',
  'sip:[',
  'sip:h;a=',
  'sip:h?a=',
  'tel:',
  'tel:+1',
  'tel:1;phone-context=',
  'x:',
  '"',
  '<sip:',
  '<sip:h>',
  '<sip:h>;a="',
  'a <sip:h>;',
];
const SCANNERS: [string, (text: string) => unknown][] = [
  ['scanUri', grammar.scanUri],
  ['scanAddress', grammar.scanAddress],
  ['scanParameters', grammar.scanParameters],
  ['parameterOf', (text) => grammar.parameterOf(text, 'tag')],
  ['uriParameterOf', (text) => grammar.uriParameterOf(text, 'tag')],
  ['splitList', grammar.splitList],
  ['isToken', grammar.isToken],
  ['isHost', grammar.isHost],
  ['unescape', grammar.unescape],
  ['unquote', grammar.unquote],
  ['quote', grammar.quote],
];

/** Made once: what is measured is the scanner. */
const TEXTS = STARTS.flatMap((start) =>
  UNITS.map((unit) => ({ name: `${start}${unit}…`, text: start + unit.repeat(Math.ceil((1024 * KIB) / unit.length)) })),
);

describe(`${KIB} KiB of hostile text`, () => {
  test.each(SCANNERS)('%s takes no more than its length allows', (_, scan) => {
    expect(TEXTS.find(({ text }) => !isWithin(BOUND, () => scan(text)))?.name).toBeUndefined();
  });

  test.each([
    ['parseUri', parseUri],
    ['Address.parse', Address.parse],
  ])('%s, with its error messages, too', (_, parse) => {
    for (const { name, text } of TEXTS) {
      let message = '';
      const read = () => {
        try {
          parse(text);
        } catch (error) {
          message = (error as Error).message;
        }
      };
      expect(isWithin(BOUND, read), name).toBe(true);
      expect(message.length).toBeLessThan(1000);
    }
  });
});
