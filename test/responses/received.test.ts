// Response processing (§16.7 steps 1 to 5 and 9): what happens to one response that has come.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, count, finals, finalsOf, requests, responsesTo, times } from '../world/arrivals.js';
import { proxies, scripted, watch } from '../world/script.js';
import { BOB, CAROL } from '../world/stage.js';
import { drafted, TIMER_C, withoutTopVia } from './drafted.js';

describe('§16.7 step 2, Timer C', () => {
  test.each([101, 180, 183, 199])('PRS-01 a %i on an INVITE branch restarts Timer C', async (status) => {
    const s = await scripted({ invite: proxies(BOB, { timeout: '100000s' }) });
    s.bob.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    for (let i = 0; i < 3; i++) {
      invite.reply(status);
      await s.world.run(180_000);
    }
    expect(requests(s.bob)).toEqual(['INVITE']);
    invite.reply(status);
    const at = s.world.clock.now();
    await call.response(408, TIMER_C + 1000);
    expect(times(s.bob, 'CANCEL')).toEqual([at + 1 + TIMER_C + 1]);
    expect(TIMER_C).toBeGreaterThan(180_000);
    await s.ends();
  });

  test('PRS-02 a 100 on an INVITE branch does not restart Timer C, and is not forwarded', async () => {
    const s = await scripted({ invite: proxies(BOB, { timeout: '100000s' }), provisional: watch });
    s.bob.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    for (let i = 0; i < 4; i++) {
      invite.reply(100, i === 3 ? { toTag: 'even-with-a-tag' } : {});
      await s.world.run(60_000 - (i === 3 ? 10_000 : 0));
    }
    expect(times(s.bob, 'CANCEL')).toEqual([1 + TIMER_C + 1]);
    expect(s.seen).toEqual(['invite']);
    expect(call.responses.map(({ status }) => status)).toEqual([100, 408]); // the 100 is the container's own
    expect(present(responsesTo(s.alice, 'INVITE', 100)[0]).message.list('Via')).toHaveLength(1);
    await s.ends();
  });
});

describe('§16.7 step 3, Via', () => {
  test.each(['UDP', 'TCP'] as const)('PRS-03 our Via is removed and nothing else over %s', async (transport) => {
    const s = await scripted({ invite: proxies(transport === 'TCP' ? `${BOB};transport=tcp` : BOB) });
    const call = s.call({
      transport,
      headers: {
        Via: [
          `SIP/2.0/${transport} 10.0.0.1:5060;branch=z9hG4bK-top;rport;x="a;b,c"`,
          'SIP/2.0/UDP 10.0.0.77:5077;branch=z9hG4bK-77;received=192.0.2.77;rport=7777',
          'SIP / 2.0 / TLS  pc33.example.com ; branch=z9hG4bK-33;ttl=5,SIP/2.0/UDP last.example.com;maddr=224.0.0.1',
        ],
      },
    });
    const invite = await s.bob.receive('INVITE');
    const sent = invite.reply(180, { headers: { 'X-Odd': '  kept as  written', v2: 'x' } });
    await s.world.run(10);
    const { wire } = present(responsesTo(s.alice, 'INVITE', 180)[0]);
    expect(invite.list('Via')).toHaveLength(5);
    expect(wire).toBe(withoutTopVia(sent));
    expect(call.message.list('Via').length).toBe(4);
    invite.reply(486);
    await s.world.run(10);
    expect(finalsOf(s.alice)).toEqual([486]);
    await s.ends();
  });

  test('PRS-03 of a Via with several values only the first is taken off', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const response = drafted(invite, 180);
    response.set('Via', invite.list('Via').join(' , '));
    s.bob.send(response, 'siplet');
    const received = await call.response(180);
    expect(received.list('Via')).toEqual([invite.list('Via')[1]]);
    invite.reply(486);
    await call.response(486);
    await s.ends();
  });

  test.each([180, 200, 486])('PRS-04 a %i whose only Via is ours is consumed, not forwarded', async (status) => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), provisional: watch, success: watch, branch: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const other = await s.carol.receive('INVITE');
    other.reply(180);
    await call.response(180);
    s.bob.send(drafted(invite, status, { Via: present(invite.list('Via')[0]) }), 'siplet');
    await s.world.run(1000);
    expect(s.seen).toEqual(['invite', 'provisional 180']);
    expect(responsesTo(s.alice, 'INVITE').map(({ message }) => message.status)).toEqual([100, 180]);
    other.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([200]);
  });

  test('PRS-04 the answer to our CANCEL is consumed', async () => {
    const s = await scripted({ invite: proxies(BOB), success: watch });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    call.cancel();
    await call.response(487);
    await s.ends();
    expect(finals(s.alice)).toEqual([200, 487]); // the one 200 is ours, to her own CANCEL
    expect(s.seen).toEqual(['invite']);
  });

  test.each([
    ['of another host', (via: string) => via.replace('10.0.0.9', '10.0.0.99')],
    ['of another port', (via: string) => via.replace('10.0.0.9:5060', '10.0.0.9:5099')],
    ['of a name', (via: string) => via.replace('10.0.0.9:5060', 'siplet.example.com')],
  ])('PRS-05 a response whose top Via is %s is dropped', async (_, spoil) => {
    const s = await scripted({ invite: proxies(BOB), provisional: watch, success: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const [top = '', ...below] = invite.list('Via');
    expect(spoil(top)).not.toBe(top);
    for (const status of [180, 200, 486])
      s.bob.send(drafted(invite, status, { Via: [spoil(top), ...below] }), 'siplet');
    await s.world.run(400);
    expect([s.seen, requests(s.bob), finalsOf(s.alice)]).toEqual([['invite'], ['INVITE'], []]);
    invite.reply(404);
    await call.response(404);
    await s.ends();
  });
});

describe('§16.7 step 5, provisional responses', () => {
  test('PRS-13 180, 183 and 199 of any branch are forwarded at once, from every branch', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]) });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    const expected: string[] = [];
    for (const [i, status] of [180, 183, 199, 180].entries()) {
      for (const invite of [bobs, carols]) {
        invite.reply(status, i === 1 ? { body: 'v=0\r\n' } : {});
        expected.push(`${s.world.clock.now() + 2} ${status}`);
        await s.world.run(100);
      }
    }
    expect(arrivals(s.alice).slice(1)).toEqual(expected);
    bobs.reply(486);
    carols.reply(486);
    await call.response(486);
    await s.ends();
  });

  test('PRS-43 provisional responses with To tags of their own, also of one branch, are forwarded as they are', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), provisional: watch });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    const sent = [
      bobs.reply(180, { toTag: 'fork-1' }),
      bobs.reply(183, { toTag: 'fork-2', body: 'v=0\r\n' }),
      carols.reply(180, { toTag: 'fork-3' }),
      bobs.reply(180, { toTag: 'fork-2' }),
    ];
    await s.world.run(10);
    const came = s.alice.received.filter(({ message }) => message.status > 100).map(({ wire }) => wire);
    expect(came).toEqual(sent.map(withoutTopVia));
    bobs.reply(486);
    carols.reply(486);
    await call.response(486);
    await s.ends();
  });

  test('PRS-44 a reliable 1xx is forwarded unchanged, and its PRACK goes by the Route set as any request', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), provisional: watch });
    const call = s.call({ headers: { Supported: '100rel' } });
    const invite = await s.bob.receive('INVITE');
    const sent = invite.reply(183, { headers: { Require: '100rel', RSeq: '4711' }, body: 'v=0\r\n' });
    const response = await call.response(183);
    expect(present(responsesTo(s.alice, 'INVITE', 183)[0]).wire).toBe(withoutTopVia(sent));
    const prack = call.dialogOf(response).request('PRACK', { headers: { RAck: '4711 1 INVITE' } });
    const received = await s.bob.receive('PRACK');
    expect([received.uri, received.header('RAck'), received.list('Route'), received.list('Via').length]).toEqual([
      'sip:bob@10.0.0.2:5060',
      '4711 1 INVITE',
      [],
      2,
    ]);
    received.reply(200);
    await prack.response(200);
    expect(responsesTo(s.alice, 'PRACK').map(({ message }) => message.status)).toEqual([200]);
    invite.reply(486);
    await call.response(486);
    await s.ends();
  });
});

describe('what a response may be', () => {
  test.each([
    [499, '4xx'],
    [599, '5xx'],
    [699, '6xx'],
    [399, '3xx'],
  ] as const)('PRS-37 a %i is treated as x00 of its class and forwarded with its own code', async (status, family) => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { recurse: false }), best: watch });
    const call = s.call();
    const bobs = await s.bob.receive('INVITE');
    const sent = bobs.reply(status, { reason: 'Something New' });
    (await s.carol.receive('INVITE')).reply(family === '5xx' ? 599 : family === '6xx' ? 400 : 500);
    const final = await call.response(family);
    expect([final.status, final.reason]).toEqual([status, 'Something New']);
    expect(present(responsesTo(s.alice, 'INVITE', status)[0]).wire).toBe(withoutTopVia(sent));
    expect([requests(s.bob), s.seen]).toEqual([
      ['INVITE', 'ACK'],
      ['invite', `best ${status}`],
    ]);
    await s.ends();
  });

  test.each([
    [299, 'INVITE'],
    [299, 'MESSAGE'],
    [199, 'INVITE'],
  ] as const)('PRS-37 a %i to %s is treated as its class and forwarded with its own code', async (status, method) => {
    const s = await scripted({
      invite: proxies([BOB, CAROL]),
      message: proxies(BOB),
      success: watch,
      provisional: watch,
    });
    const sent = s.alice.request(method, 'sip:bob@example.com', { via: 'siplet' });
    const received = await s.bob.receive(method);
    received.reply(status);
    await sent.response(status);
    if (status === 199) {
      received.reply(200);
      await sent.response(200);
    }
    if (method === 'INVITE') {
      sent.ack();
      (await s.carol.receive('INVITE')).reply(180);
      (await s.carol.receive('CANCEL')).reply(200);
    }
    expect(s.seen[1]).toMatch(status === 199 ? /^provisional 199/ : /^success 299/);
    await s.ends();
  });

  test.each([
    ['SIP/2.0 700 Too much', {}],
    ['SIP/2.0 4294967301 better not break the receiver', {}],
    ['SIP/2.0 099 Too little', {}],
    ['SIP/2.0 200 OK', { CSeq: '4294967297 INVITE' }],
    ['SIP/2.0 200 OK', { CSeq: '36893488147419103233 INVITE' }],
  ])('PRS-38 %s is dropped (%j)', async (startLine, headers) => {
    const s = await scripted({ invite: proxies(BOB), success: watch, provisional: watch, best: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const response = drafted(invite, 200, headers as Record<string, string>);
    response.startLine = startLine;
    s.bob.send(response, 'siplet');
    await s.world.run(400);
    expect([s.seen, requests(s.bob), finalsOf(s.alice)]).toEqual([['invite'], ['INVITE'], []]);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([200]);
  });

  test.each(['255.255.255.255', '224.0.0.1', '10.0.0.1;maddr=239.255.255.1', '10.0.0.1;received=255.255.255.255'])(
    'PRS-39 a response whose next Via is %s goes nowhere',
    async (sentBy) => {
      const s = await scripted({ invite: proxies(BOB) });
      const call = s.call();
      const invite = await s.bob.receive('INVITE');
      const [top = ''] = invite.list('Via');
      const before = s.world.network.record.length;
      s.bob.send(drafted(invite, 180, { Via: [top, `SIP/2.0/UDP ${sentBy};branch=${call.message.branch}`] }), 'siplet');
      await s.world.run(400);
      const sent = s.world.network.record.slice(before).filter(({ from }) => from.address === '10.0.0.9');
      expect(sent.map(({ to }) => to.address)).toEqual([]);
      invite.reply(486);
      await call.response(486);
      await s.ends(1);
    },
  );
});

test('PRS-33 the body of a response is the same octet by octet, and no header but our Via is removed', async () => {
  let octets = '';
  for (let i = 0; i < 256; i++) octets += String.fromCharCode(i);
  const s = await scripted({ invite: proxies(`${BOB};transport=tcp`), success: watch });
  const call = s.call({ transport: 'TCP' });
  const invite = await s.bob.receive('INVITE');
  const sent = invite.reply(200, {
    body: octets.repeat(200),
    contentType: 'application/octet-stream',
    headers: {
      'x-lower': 'a',
      'X-UPPER': ['1', '2,3', ''],
      Warning: '399 x "a\\"b, c"',
      Server: '\xc3\xbc',
      'Record-Route': ['<sip:p2.example.com;lr>', '<sip:p1.example.com>'],
      Supported: [],
      Via: invite.list('Via').map((via, i) => (i === 0 ? via : `${via};added=by-bob`)),
    },
  });
  await call.response(200);
  expect(present(responsesTo(s.alice, 'INVITE', 200)[0]).wire === withoutTopVia(sent)).toBe(true);
  expect(s.seen).toEqual(['invite', 'success 200']);
  await s.ends();
  expect(count(s.bob, 'INVITE')).toBe(1);
});
