// What a stateless siplet's container answers itself (§16.3, §8.2.7, RULES.md section 6): with the same To tag each
// time, and nothing kept.
import type { SipHeaders } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { statuses, wires } from '../world/arrivals.js';
import type { ServerRequest } from '../world/incoming.js';
import { BOTH, over, SIPLET, type StageOptions } from '../world/stage.js';
import { nothingHeld, old, switched, toBob } from './switch.js';

interface Fault {
  readonly status: number;
  readonly uri?: string;
  readonly headers?: Record<string, string>;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'Max-Forwards 0': { status: 483, headers: { 'Max-Forwards': '0' } },
  'a URI scheme of nobody': { status: 416, uri: 'gopher:x' },
  'Proxy-Require': { status: 420, headers: { 'Proxy-Require': 'foo, bar' } },
  'a broken Max-Forwards': { status: 400, headers: { 'Max-Forwards': 'many' } },
  'a broken CSeq': { status: 400, headers: { CSeq: '1 MESSAGE' } },
  'a Route that is not a URI': { status: 400, headers: { Route: '<x y>' } },
};

const tags = (s: { alice: { received: readonly { message: { toTag?: string | undefined } }[] } }) =>
  new Set(s.alice.received.map(({ message }) => message.toTag));

describe.each(BOTH)('over %s', (transport) => {
  test.each(Object.entries(FAULTS))(
    'SLP-11 SLP-12 §16.3 §8.2.7 %s: answered, its retransmissions with the same To tag, and nothing is kept',
    async (_name, { status, uri, headers = {} }) => {
      const s = await switched(toBob(transport), { transport });
      s.alice.autoAck = false;
      const call = s.call({ headers }, uri);
      for (let i = 0; i < 3; i++) call.resend();
      await s.world.deliver();
      expect(statuses(s.alice)).toEqual([status, status, status, status]);
      expect(tags(s).size).toBe(1);
      expect([...tags(s)][0]).toMatch(/^\w{8,}$/);
      expect(new Set(s.alice.received.map(({ wire }) => wire)).size).toBe(1);
      expect(s.bob.received).toEqual([]);
      if (status === 420) expect(present(s.alice.received[0]).message.header('Unsupported')).toBe('foo, bar');
      await nothingHeld(s);
    },
  );

  test.each(Object.keys(FAULTS).filter((name) => name !== 'a broken CSeq'))(
    'W-01 SLP-13 §8.2.7 the ACK to that answer is ignored: %s',
    async (name) => {
      const { status, uri, headers = {} } = present(FAULTS[name]);
      const s = await switched(toBob(transport), { transport });
      const call = s.call({ headers }, uri);
      await call.response(status);
      call.ack().resend();
      await s.world.deliver();
      expect(s.bob.received).toEqual([]);
      expect(statuses(s.alice)).toEqual([status]);
      await nothingHeld(s);
    },
  );
});

describe('RULES.md section 6, what the routing function returns', () => {
  const nothing: Record<string, () => unknown> = {
    undefined: () => undefined,
    null: () => null,
    'an empty text': () => '',
    'a text that is not a URI': () => 'not a uri',
    'a number': () => 7,
    'an object': () => ({}),
    'a promise': async () => 'sip:bob@10.0.0.2',
    'a promise that rejects': async () => {
      throw new Error('too late');
    },
    'what it throws': () => {
      throw new Error('no route');
    },
  };

  test.each(Object.entries(nothing))('404 without state: %s', async (name, route) => {
    const s = await switched(route);
    const call = s.call();
    await call.response(404);
    await s.world.deliver(); // its ACK
    call.resend();
    s.request('MESSAGE');
    call.cancel();
    await s.world.deliver();
    expect(statuses(s.alice)).toEqual([404, 404, 404, 404]);
    expect(s.bob.received).toEqual([]);
    await nothingHeld(s);
    expect(s.container.problems(50).length > 0).toBe(name !== 'undefined' && name !== 'null');
  });

  test('SLP-13 the ACK to the 404 is ignored, even when the function would send it somewhere', async () => {
    const s = await switched((request) => (request.method === 'ACK' ? 'sip:bob@10.0.0.2' : undefined));
    const call = s.call();
    await call.response(404);
    await s.world.deliver();
    expect(s.bob.received).toEqual([]);
  });

  test('an ACK that it sends nowhere is not answered', async () => {
    const s = await switched(() => undefined);
    s.alice.send(old('ACK', { branch: 'z9hG4bK1', toTag: 'x' }), SIPLET);
    await s.world.run(40_000);
    expect(s.alice.received).toEqual([]);
  });

  test.each(BOTH)('a SipUri or a text over %s; what a Request-URI must not contain is left out', async (transport) => {
    const { SipUri } = await import('@siplet/sdk');
    for (const target of [
      `sip:bob@10.0.0.2:5060${over(transport)}`,
      SipUri.parse(`sip:bob@10.0.0.2:5060${over(transport)};method=INVITE?Subject=x`),
    ]) {
      const s = await switched(() => target, { transport });
      s.call();
      const { uri }: ServerRequest = await s.bob.receive('INVITE');
      expect(uri).toBe(`sip:bob@10.0.0.2:5060${over(transport)}`);
    }
  });

  test('the function sees the message and can change nothing', async () => {
    const seen: unknown[] = [];
    const s = await switched((request) => {
      seen.push(request.method, `${request.uri}`, request.callId, request.maxForwards, request.headers.get('Subject'));
      seen.push(request.remote?.address, request.remote?.transport);
      const headers = request.headers as SipHeaders;
      expect(() => headers.set('Subject', 'other')).toThrow(/read/);
      expect(() => headers.add('X', 'y')).toThrow(/read/);
      expect(() => headers.delete('Subject')).toThrow(/read/);
      return 'sip:bob@10.0.0.2';
    });
    s.call({ callId: 'c@alice', headers: { Subject: 'hello' } });
    expect((await s.bob.receive('INVITE')).header('Subject')).toBe('hello');
    expect(seen).toEqual(['INVITE', 'sip:bob@example.com', 'c@alice', 70, 'hello', '10.0.0.1', 'udp']);
  });
});

test('RULES.md section 8, a container that stops: what is new is answered 503 with Retry-After; CANCEL and ACK go their way', async () => {
  const s = await switched(toBob());
  const before = s.call();
  const { uri } = await s.bob.receive('INVITE');
  s.container.engine.stopping = true;
  const refused = s.call();
  expect((await refused.response(503)).header('Retry-After')).toBe('10');
  await s.request('MESSAGE').response(503);
  before.cancel();
  expect((await s.bob.receive('CANCEL')).uri).toBe(uri);
  await s.world.deliver();
  expect(wires(s.bob, 'INVITE')).toHaveLength(1);
});

describe('§11 OPTIONS to the container itself', () => {
  const options: StageOptions = {};
  test('RULES.md section 5: 200, whatever the stateless siplet takes', async () => {
    const s = await switched(toBob(), options);
    const own = s.request('OPTIONS', {}, 'sip:10.0.0.9');
    const answer = await own.response(200);
    expect(answer.header('Allow')).toContain('INVITE');
    const other = s.request('OPTIONS', {}, 'sip:bob@10.0.0.9');
    (await s.bob.receive('OPTIONS')).reply(200);
    await other.response(200);
  });

  test('§16.3 step 3 Max-Forwards 0 for somebody else: 483', async () => {
    const s = await switched(toBob(), options);
    await s.request('OPTIONS', { headers: { 'Max-Forwards': '0' } }).response(483);
  });
});
