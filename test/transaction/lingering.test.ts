// The user of transactions whose request has been dealt with (proxy/lingering.ts).
import { expect, test } from 'vitest';
import type { Response } from '../../container/message/index.js';
import { Lingering } from '../../container/proxy/lingering.js';
import type { ProxyServices } from '../../container/proxy/services.js';
import type { ServerTransaction } from '../../container/transaction/user.js';
import { response, responseOf } from '../message/samples.js';

function lingering(state?: ServerTransaction['state']) {
  const told: unknown[] = [];
  const sent: [way: string, response: Response][] = [];
  const services = {
    problem: (_text: string, error: unknown) => void told.push(error),
    respondByVia: (one: Response) => void sent.push(['by Via', one]),
  } as unknown as ProxyServices;
  const server = { state, respond: (one: Response) => void sent.push(['transaction', one]) };
  const accepted = state === undefined ? undefined : (server as unknown as ServerTransaction);
  return { told, sent, user: new Lingering(services, accepted) };
}

const OURS = 'Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKours';
const THEIRS = 'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtheirs';

test('§16.7 RFC 6026 §8.9 a 2xx to INVITE that comes again goes upstream, without our Via', () => {
  const { sent, user } = lingering('accepted');
  user.response(responseOf(response(200, { Via: [OURS, THEIRS] })));
  expect(sent.map(([way, one]) => [way, one.via?.branch, one.vias().length])).toEqual([
    ['transaction', 'z9hG4bKtheirs', 1],
  ]);
});

test('§16.7 RFC 6026 §8.9 when the caller’s transaction has ended, it goes by its Via', () => {
  const { sent, user } = lingering('terminated');
  user.response(responseOf(response(200, { Via: [OURS, THEIRS] })));
  expect(sent.map(([way]) => way)).toEqual(['by Via']);
});

test.each([
  ['a provisional one', 180, [OURS, THEIRS]],
  ['a failure', 486, [OURS, THEIRS]],
  ['one for nobody but us', 200, OURS],
])('RFC 6026 §8.9 nothing else does: %s', (_what, status, via) => {
  const { sent, user } = lingering('accepted');
  user.response(responseOf(response(status, { Via: via })));
  expect(sent).toEqual([]);
});

test('RFC 6026 §8.9 no 2xx follows another final response', () => {
  const { sent, user } = lingering();
  user.response(responseOf(response(200, { Via: [OURS, THEIRS] })));
  expect(sent).toEqual([]);
});

test('§16.9 a response that cannot be sent again is told to operators, one that timed out is not', () => {
  const { told, user } = lingering();
  const error = new Error('unreachable');
  user.failed({ cause: 'timeout' });
  user.failed({ cause: 'transport', error });
  expect(told).toEqual([error]);
});
