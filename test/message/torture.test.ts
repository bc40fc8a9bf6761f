// RFC 4475: what a parser alone makes of each torture message, in both framings.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Malformed, parse, type Request, type Response } from '../../container/message/index.js';

const read = (name: string) => readFileSync(new URL(`../torture/rfc4475/${name}.dat`, import.meta.url), 'latin1');

type Verdict = 'request' | 'response' | 'drop' | number | 'unanswerable 400';
/** Name, section, verdict on a datagram, and on the head alone as a stream's framer hands it in where that differs. */
const TABLE: [name: string, section: string, datagram: Verdict, stream?: Verdict][] = [
  ['wsinv', '3.1.1.1', 'request'],
  ['intmeth', '3.1.1.2', 'request'],
  ['esc01', '3.1.1.3', 'request'],
  ['escnull', '3.1.1.4', 'request'],
  ['esc02', '3.1.1.5', 'request'],
  ['lwsdisp', '3.1.1.6', 'request'],
  ['longreq', '3.1.1.7', 'request'],
  ['dblreq', '3.1.1.8', 'request'],
  ['semiuri', '3.1.1.9', 'request'],
  ['transports', '3.1.1.10', 'request'],
  ['mpart01', '3.1.1.11', 'request'],
  ['unreason', '3.1.1.12', 'response'],
  ['noreason', '3.1.1.13', 'response'],
  ['badinv01', '3.1.2.1', 400],
  ['clerr', '3.1.2.2', 400, 'request'],
  ['ncl', '3.1.2.3', 400],
  ['scalar02', '3.1.2.4', 400],
  ['scalarlg', '3.1.2.5', 'drop'],
  ['quotbal', '3.1.2.6', 400],
  ['ltgtruri', '3.1.2.7', 400],
  ['lwsruri', '3.1.2.8', 400],
  ['lwsstart', '3.1.2.9', 400],
  ['trws', '3.1.2.10', 400],
  ['escruri', '3.1.2.11', 400],
  ['baddate', '3.1.2.12', 'request'],
  ['regbadct', '3.1.2.13', 'request'],
  ['badaspec', '3.1.2.14', 400],
  ['baddn', '3.1.2.15', 400],
  ['badvers', '3.1.2.16', 505],
  ['mismatch01', '3.1.2.17', 400],
  ['mismatch02', '3.1.2.18', 501],
  ['bigcode', '3.1.2.19', 'drop'],
  ['badbranch', '3.2.1', 'request'],
  ['insuf', '3.3.1', 'unanswerable 400'],
  ['unkscm', '3.3.2', 'request'],
  ['novelsc', '3.3.3', 'request'],
  ['unksm2', '3.3.4', 'request'],
  ['bext01', '3.3.5', 'request'],
  ['invut', '3.3.6', 'request'],
  ['regaut01', '3.3.7', 'request'],
  ['multi01', '3.3.8', 400],
  ['mcl01', '3.3.9', 400],
  ['bcast', '3.3.10', 'response'],
  ['zeromf', '3.3.11', 'request'],
  ['cparam01', '3.3.12', 'request'],
  ['cparam02', '3.3.13', 'request'],
  ['regescrt', '3.3.14', 'request'],
  ['sdp01', '3.3.15', 'request'],
  ['inv2543', '3.4.1', 'request', 400],
];

function verdictOf(message: Request | Response | Malformed): Verdict {
  if (!(message instanceof Malformed)) return message.isRequest ? 'request' : 'response';
  if (message.isResponse) return 'drop';
  return message.request === undefined ? (`unanswerable ${message.status}` as Verdict) : message.status;
}

describe('RFC 4475', () => {
  test('every message of the archive is in the table', () => {
    expect(TABLE.length).toBe(49);
  });
  for (const [name, section, datagram, stream = datagram] of TABLE) {
    test(`RFC 4475 §${section} ${name} as a datagram: ${datagram}`, () => {
      expect(verdictOf(parse(read(name), 'datagram'))).toBe(datagram);
    });
    test(`RFC 4475 §${section} ${name} as a stream: ${stream}`, () => {
      const wire = read(name);
      const head = wire.indexOf('\r\n\r\n');
      expect(verdictOf(parse(head < 0 ? wire : wire.slice(0, head + 4), 'stream'))).toBe(stream);
    });
  }
});
