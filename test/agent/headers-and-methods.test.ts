// W-07, W-08: names that cannot be SIP methods, the first value of a list, and parameters of the URI by which a request
// came.
import { IllegalStateError, Invite, SipFactory, Siplet, type SipRequest } from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { parse, type Request } from '../../container/message/index.js';
import { ReadonlySipRequest } from '../../container/servlet/readonly-request.js';
import { proxies, scripted, thrown } from '../world/script.js';
import { BOB, stage } from '../world/stage.js';

test.each(['A B', '', 'INFO\r\nX: y', 'ÄÖ'])('W-07 §7.1 session.createRequest(%j) throws', async (method) => {
  const errors: unknown[] = [];
  const s = await scripted({
    invite(request) {
      request.createResponse(200).send();
      errors.push(thrown(() => request.session.createRequest(method as 'INFO')));
    },
  });
  const call = s.call();
  await call.response(200);
  call.ack();
  expect(errors).toEqual([new TypeError(`'${method}' cannot be a SIP method: write a token, such as 'INFO' (§7.1)`)]);
  await call.bye().response(200);
  await s.ends();
});

test('W-07 §7.1 SipFactory.createRequest throws the same', async () => {
  let error: unknown;
  @Siplet({ name: 'making' })
  class Making {
    constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

    @Invite()
    call(request: SipRequest) {
      error = thrown(() => this.factory.createRequest(request.applicationSession, 'A B' as 'INFO', BOB, BOB));
      request.createResponse(486).send();
    }
  }
  const s = await stage({ making: { Making } });
  await s.call().response(486);
  expect(error).toEqual(new TypeError("'A B' cannot be a SIP method: write a token, such as 'INFO' (§7.1)"));
  await s.ends();
});

test('W-08 §7.3.1 headers.get gives the first value of a list, getAll all of them', async () => {
  const read: unknown[] = [];
  const s = await scripted({
    register({ headers }) {
      read.push(headers.get('Contact'), headers.getAll('Contact'), headers.get('m'));
      read.push(headers.get('X-Text'), headers.get('Subject'), headers.get('Require'), headers.get('WWW-Authenticate'));
    },
    message: () => {},
  });
  s.request('REGISTER', {
    headers: {
      Contact: ['"Bob, at home" <sip:bob@10.0.0.2;x=1,2>;q=0.5, <sip:bob@10.0.0.3>', 'sip:bob@10.0.0.4'],
      'X-Text': 'one, two',
      Subject: 'hello, world',
      'WWW-Authenticate': 'Digest realm="a", nonce="b"',
    },
  });
  await s.world.deliver();
  expect(read).toEqual([
    '"Bob, at home" <sip:bob@10.0.0.2;x=1,2>;q=0.5',
    ['"Bob, at home" <sip:bob@10.0.0.2;x=1,2>;q=0.5', '<sip:bob@10.0.0.3>', 'sip:bob@10.0.0.4'],
    '"Bob, at home" <sip:bob@10.0.0.2;x=1,2>;q=0.5',
    'one', // an unregistered header may be a list, too
    'hello, world',
    undefined,
    'Digest realm="a", nonce="b"',
  ]);
});

test('W-08 request.parameter gives those of the Request-URI when no Route of ours brought the request', async () => {
  const read: unknown[] = [];
  const s = await scripted({
    invite(request) {
      read.push(request.parameter('line'), request.parameter('FLAG'), request.parameter('none'));
      request.uri = 'sip:other@10.0.0.2;line=9';
      read.push(request.parameter('line'));
      request.createResponse(486).send();
    },
  });
  await s.call({}, 'sip:bob@example.com;Line=3%204;flag').response(486);
  expect(read).toEqual(['3 4', true, undefined, '3 4']);
  await s.ends();
});

test('W-08 C-35 a Route of ours that brought it comes before the Request-URI', async () => {
  const read: unknown[] = [];
  const s = await scripted({
    invite(request) {
      read.push(request.parameter('line'), request.parameter('uri'));
      request.createResponse(486).send();
    },
  });
  await s.call({ route: ['<sip:10.0.0.9;lr;line=1>'] }, 'sip:bob@example.com;line=2;uri=3').response(486);
  expect(read).toEqual(['1', '3']);
  await s.ends();
});

test('W-08 the request of a branch has the parameters of the request that is proxied', async () => {
  const read: unknown[] = [];
  const s = await scripted({
    invite(request) {
      const [branch] = request.proxy().createBranches(`${BOB};line=2`);
      read.push(branch?.request.parameter('line'));
      request.proxy().start();
    },
  });
  const call = s.call({}, 'sip:bob@example.com;line=1');
  (await s.bob.receive('INVITE')).reply(486);
  await call.response(486);
  expect(read).toEqual(['1']);
  await s.ends();
});

test('W-08 a request to read has the same parameters', () => {
  const text =
    'MESSAGE sip:bob@example.com;line=1 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKa\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: e\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n';
  const request = new ReadonlySipRequest(parse(text, 'datagram') as Request, undefined, undefined);
  expect([request.parameter('line'), request.parameter('none')]).toEqual(['1', undefined]);
});

test('C-29 a CANCEL has been answered: a header that a handler sets in it throws', async () => {
  let error: unknown;
  const s = await scripted({
    invite: proxies(BOB),
    cancel(request) {
      error = thrown(() => request.headers.set('Reason', 'SIP;cause=200'));
    },
  });
  s.bob.answerCancel = true;
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(180);
  await call.response(180);
  call.cancel();
  await call.response(487);
  expect(error).toBeInstanceOf(IllegalStateError);
  await s.ends();
});
