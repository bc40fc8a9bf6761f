// RULES.md section 3: `request.proxyTo` and `request.forward`, and where a message came from.
import {
  IllegalStateError,
  Invite,
  Message,
  Siplet,
  type SipProxy,
  type SipRequest,
  SuccessResponse,
} from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requests } from '../world/arrivals.js';
import { scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, stage } from '../world/stage.js';

test('RULES.md section 3 proxyTo sets the options, starts the branches and gives the proxy of the transaction', async () => {
  const read: unknown[] = [];
  const s = await scripted({
    invite(request) {
      const proxy = request.proxyTo([BOB, CAROL], { parallel: false, timeout: '5s' });
      read.push(proxy === request.proxy(), proxy.parallel, proxy.timeout, proxy.branches.length);
    },
    best: watch,
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(486);
  (await s.carol.receive('INVITE')).reply(404);
  await call.response(486);
  expect(read).toEqual([true, false, 5000, 2]);
  expect(s.seen).toEqual(['invite', 'best 486']);
  await s.ends();
});

test('RULES.md section 3 forward sends the request where its Request-URI says, and no response is seen', async () => {
  const proxies: SipProxy[] = [];
  const s = await scripted(
    { invite: (request) => void proxies.push(request.forward()), best: watch, provisional: watch, success: watch },
    { callee: BOB },
  );
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect([invite.uri, invite.header('Record-Route')]).toEqual([BOB, undefined]);
  invite.reply(180);
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  expect(s.seen).toEqual(['invite']);
  expect(proxies[0]?.supervised).toBe(false);
  await s.ends();
});

test('RULES.md section 3 forward passes it to the next application', async () => {
  const seen: string[] = [];
  const application = (name: string) => {
    @Siplet({ name })
    class Passing {
      @Message()
      pass(request: SipRequest) {
        seen.push(name);
        request.forward();
      }
    }
    return { Passing };
  };
  const s = await stage({ first: application('first'), second: application('second') }, { callee: BOB });
  const sent = s.request('MESSAGE');
  (await s.bob.receive('MESSAGE')).reply(200);
  await sent.response(200);
  expect(seen).toEqual(['first', 'second']);
  await s.ends();
});

test('C-34 forward and proxyTo throw inside a dialog', async () => {
  const errors: unknown[] = [];
  const s = await scripted({
    invite: (request) => request.proxyTo(BOB, { recordRoute: true }),
    info(request) {
      errors.push(
        thrown(() => request.forward()),
        thrown(() => request.proxyTo(CAROL)),
      );
    },
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  const info = call.dialog.request('INFO');
  (await s.bob.receive('INFO')).reply(200);
  await info.response(200);
  expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true]);
  expect(requests(s.carol)).toEqual([]);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

/** Applications in a row: each notes where its request came from, and goes on in its own way. */
async function inARow(goesOn: (request: SipRequest) => unknown, transport: 'UDP' | 'TCP' = 'UDP') {
  const seen: unknown[] = [];
  const application = (name: string) => {
    @Siplet({ name })
    class Noting {
      @Invite()
      call(request: SipRequest) {
        const { remote, initialRemote, isSecure } = request;
        seen.push([name, remote?.address, remote?.transport, initialRemote, isSecure]);
        return goesOn(request);
      }

      @SuccessResponse('INVITE')
      answered(response: { request: SipRequest; initialRemote: unknown; isSecure: boolean }) {
        seen.push([`${name} answered`, response.initialRemote, response.isSecure]);
      }
    }
    return { Noting };
  };
  const s = await stage({ a: application('a'), b: application('b'), c: application('c') }, { transport });
  const call = s.call({}, BOB);
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  return { seen };
}

const ALICE = { address: '10.0.0.1', port: 5060, transport: 'udp' };

test('RULES.md section 3 initialRemote is the same for each application that a request is proxied through', async () => {
  const { seen } = await inARow((request) => request.proxyTo(request.uri));
  expect(seen).toEqual([
    ['a', '10.0.0.1', 'udp', ALICE, false],
    ['b', '10.0.0.9', 'udp', ALICE, false],
    ['c', '10.0.0.9', 'udp', ALICE, false],
    ['c answered', ALICE, false],
    ['b answered', ALICE, false],
    ['a answered', ALICE, false],
  ]);
});

test('RULES.md section 3 W-15 and for each that a B2BUA’s leg goes through: the container itself is not it', async () => {
  const { seen } = await inARow((request) => request.b2bua().bridge({ to: BOB }));
  expect(seen).toEqual([
    ['a', '10.0.0.1', 'udp', ALICE, false],
    ['b', '10.0.0.9', 'udp', ALICE, false],
    ['c', '10.0.0.9', 'udp', ALICE, false],
    ['c answered', ALICE, false],
    ['b answered', ALICE, false],
    ['a answered', ALICE, false],
  ]);
});

test('W-08 RULES.md section 3 a transport is named in lower case; TCP is not secure', async () => {
  const { seen } = await inARow((request) => request.forward(), 'TCP');
  expect(seen.slice(0, 2)).toEqual([
    ['a', '10.0.0.1', 'tcp', { ...ALICE, port: expect.any(Number), transport: 'tcp' }, false],
    ['b', '10.0.0.9', 'tcp', { ...ALICE, port: expect.any(Number), transport: 'tcp' }, false],
  ]);
});

test('RULES.md section 3 remote and local of a request and of a response', async () => {
  const read: unknown[] = [];
  const s = await scripted({
    invite(request) {
      read.push(request.remote, request.local);
      request.proxyTo(BOB);
    },
    best: ({ remote, local }) => void read.push(remote, local),
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(486);
  await call.response(486);
  const own = { address: '10.0.0.9', port: 5060, transport: 'udp' };
  expect(read).toEqual([ALICE, own, { ...ALICE, address: '10.0.0.2' }, own]);
  await s.ends();
});

test('RULES.md section 3 headers are iterable: entries, keys; lists are divided, and names are as they were written', async () => {
  const read: unknown[] = [];
  const s = await scripted({
    invite(request) {
      const { headers } = request;
      const all: [string, string][] = [];
      for (const [name, value] of headers) all.push([name, value]);
      read.push(all.filter(([name]) => /^(x-|allow|subject)/i.test(name)));
      read.push(JSON.stringify([...headers.entries()]) === JSON.stringify(all));
      read.push(JSON.stringify([...headers.keys()]) === JSON.stringify(headers.names()));
      read.push(Object.fromEntries(headers)['X-Last']);
      request.createResponse(486).send();
    },
  });
  await s
    .call({ headers: { Allow: ['INVITE, ACK', 'BYE'], Subject: 'one, two', 'x-lower': '1', 'X-Last': 'end' } })
    .response(486);
  expect(read).toEqual([
    [
      ['Allow', 'INVITE'],
      ['Allow', 'ACK'],
      ['Allow', 'BYE'],
      ['Subject', 'one, two'],
      ['x-lower', '1'],
      ['X-Last', 'end'],
    ],
    true,
    true,
    'end',
  ]);
  await s.ends();
});

test('RULES.md section 3 what is iterated is a copy: headers may be removed meanwhile', async () => {
  const s = await scripted({
    invite(request) {
      for (const [name] of request.headers) if (name.startsWith('X-')) request.headers.delete(name);
      request.proxyTo(BOB);
    },
  });
  const call = s.call({ headers: { 'X-1': '1', 'X-2': '2', 'X-3': '3' } });
  const invite = await s.bob.receive('INVITE');
  expect(present(invite).message.headers.filter(([name]) => name.startsWith('X-'))).toEqual([]);
  invite.reply(486);
  await call.response(486);
  await s.ends();
});
