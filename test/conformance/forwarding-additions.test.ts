// Request forwarding (§16.6): what is added to the copy, and what is said upstream and kept meanwhile. The copy itself
// is in request-forwarding.test.ts.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { parse, type Request } from '../../container/message/index.js';
import { addRecordRoute } from '../../container/proxy/forwarding.js';
import { requestsOf } from '../world/arrivals.js';
import { proxies } from '../world/script.js';
import { BOTH, SIPLET } from '../world/stage.js';
import { parameter, type TextMessage, uriIn } from '../world/text-message.js';
import { expectForwarded, statuses } from './expected.js';
import { type ForwardingStage, forwarding, inviteText, transit, uriOver } from './forwarding.js';

/** Our Record-Route value for this transport, without what makes it this dialog's. */
const OURS = { UDP: '<sip:10.0.0.9:5060;lr>', TCP: '<sip:10.0.0.9:5060;transport=tcp;lr>' };
const plain = (value: string | undefined) => value?.replace(/;sid=[^;>]*/, '');

describe('§16.6 step 3, Max-Forwards', () => {
  test.each([
    ['70', '69'],
    ['255', '254'],
    ['2', '1'],
    ['0070', '69'],
  ])('PFW-06 §16.6 step 3 %s becomes %s', async (hops, left) => {
    for (const transport of BOTH) {
      const s = await forwarding({}, { transport });
      const call = s.call({ headers: { 'Max-Forwards': hops } });
      expectForwarded((await s.bob.receive('INVITE')).message, call.message, { headers: { 'Max-Forwards': [left] } });
    }
  });
});

describe('§16.6 step 4, Record-Route', () => {
  test.each(BOTH)(
    'PFW-07 §16.6 step 4 a SIP URI of ours with lr, by which we are reached, over %s',
    async (transport) => {
      const s = await forwarding({ initial: proxies(uriOver(transport, 'bob'), { recordRoute: true }) }, { transport });
      const call = s.call();
      const received = await s.bob.receive('INVITE');
      expectForwarded(received.message, call.message, { recordRoute: true });
      expect(received.list('Record-Route').map(plain)).toEqual([OURS[transport]]);
      received.reply(200);
      const response = await call.response(200);
      expect(response.list('Record-Route')).toEqual(received.list('Record-Route'));
      // A request to that URI reaches us, and through us the other side.
      const at = s.bob.destination(uriIn(present(received.list('Record-Route')[0])));
      expect(at).toEqual({ address: SIPLET, port: 5060, transport });
      const info = received.dialog.request('INFO');
      (await s.alice.receive('INFO')).reply(200);
      await info.response(200);
    },
  );

  test('PFW-08 §16.6 step 4 sips in the Request-URI or on top of the Route: so is ours', () => {
    const flow = { sentBy: '10.0.0.9:5061', transport: 'TLS' } as Parameters<typeof addRecordRoute>[3];
    const inbound = { sentBy: '10.0.0.9:5060', transport: 'UDP' } as typeof flow;
    const added = (uri: string, route: string): string[] => {
      const s = { uri: () => uri, transport: 'TLS' } as unknown as ForwardingStage;
      const request = parse(inviteText(s).replace('CSeq', `${route}CSeq`), 'datagram') as Request;
      addRecordRoute(request, '', undefined, inbound, flow);
      return request.values('record-route');
    };
    const secure = ['<sips:10.0.0.9:5061;lr>'];
    expect(added('sips:bob@example.com', '').slice(0, 1)).toEqual(secure);
    expect(
      added('sip:bob@example.com', 'Route: <sips:p.example.com;lr>, <sip:q.example.com;lr>\r\n').slice(0, 1),
    ).toEqual(secure);
    expect(added('sip:bob@example.com', 'Route: <sip:p.example.com;lr>, <sips:q.example.com;lr>\r\n')).toEqual([
      '<sip:10.0.0.9:5061;transport=tls;lr>',
      '<sip:10.0.0.9:5060;lr>',
    ]);
  });

  test.each(BOTH)('PFW-09 §16.6 step 4 ours is above those that are there, over %s', async (transport) => {
    const s = await forwarding({ initial: proxies(uriOver(transport, 'bob'), { recordRoute: true }) }, { transport });
    const before = ['<sip:p2.example.com;lr>, "P1" <sip:p1.example.com;lr;x=1>;y', '<sip:p0.example.com>'];
    const call = s.call({ headers: { 'Record-Route': before } });
    const received = await s.bob.receive('INVITE');
    expectForwarded(received.message, call.message, { recordRoute: true });
    expect(received.list('Record-Route').map(plain)).toEqual([
      OURS[transport],
      '<sip:p2.example.com;lr>',
      '"P1" <sip:p1.example.com;lr;x=1>;y',
      '<sip:p0.example.com>',
    ]);
  });

  test.each(BOTH)('PFW-10 §16.6 step 4 C-38 never on REGISTER, over %s', async (transport) => {
    const s = await forwarding({ initial: proxies(uriOver(transport, 'bob'), { recordRoute: true }) }, { transport });
    const register = s.request('REGISTER', { contact: s.uri('alice') });
    const received = await s.bob.receive('REGISTER');
    expectForwarded(received.message, register.message);
    expect(received.header('Record-Route')).toBeUndefined();
  });

  test('PFW-11 §16.6 step 4 a spiral passes us twice: a value for each pass, and both for each request in the dialog', async () => {
    const s = await forwarding({
      initial: (request) =>
        request
          .proxy({ recordRoute: true })
          .proxyTo(request.uri.toString() === 'sip:bob@example.com' ? `sip:bob@${SIPLET}` : uriOver('UDP', 'bob')),
    });
    const call = s.call({}, 'sip:bob@example.com');
    const received = await s.bob.receive('INVITE');
    const values = received.list('Record-Route');
    expect(values.map(plain)).toEqual([OURS.UDP, OURS.UDP]);
    expect(new Set(values).size).toBe(2);
    received.reply(200);
    await call.response(200);
    call.ack();
    await received.ack();
    for (const [sender, receiver] of [[call, s.bob] as const, [received, s.alice] as const]) {
      const info = sender.dialog.request('INFO');
      const arrivedInfo = await receiver.receive('INFO');
      expect(
        arrivedInfo
          .list('Via')
          .map((via) => via.replace(/^\S+ ([^;]*).*/, '$1'))
          .slice(0, 2),
      ).toEqual(['10.0.0.9:5060', '10.0.0.9:5060']);
      expect([arrivedInfo.list('Via').length, arrivedInfo.list('Route').length]).toEqual([3, 0]);
      arrivedInfo.reply(200);
      await info.response(200);
    }
  });

  test.each([
    ['UDP', 'UDP', [OURS.UDP]],
    ['TCP', 'TCP', [OURS.TCP]],
    ['UDP', 'TCP', [OURS.TCP, OURS.UDP]],
  ] as const)('PFW-12 §16.6 step 4 a transport only where we know it: from %s to %s', async (from, to, values) => {
    const s = await forwarding({ initial: proxies(uriOver(to, 'bob'), { recordRoute: true }) }, { transport: from });
    s.call();
    expect((await s.bob.receive('INVITE')).list('Record-Route').map(plain)).toEqual(values);
  });

  test('PFW-12 §16.6 step 4 a transport that we do not listen on is not named', async () => {
    const s = await forwarding(
      { initial: proxies(uriOver('TCP', 'bob'), { recordRoute: true }) },
      { listen: ['udp:10.0.0.9:5060'] },
    );
    s.call();
    expect((await s.bob.receive('INVITE')).list('Record-Route').map(plain)).toEqual([OURS.UDP]);
  });
});

describe('§16.6 step 5, further header fields', () => {
  test.each(BOTH)(
    'PFW-30 §16.6 step 5 what an application adds is where it was asked for, over %s',
    async (transport) => {
      const targets = (['bob', 'carol', 'dave'] as const).map((name) => uriOver(transport, name));
      const s = await forwarding(
        {
          initial(request) {
            request.headers.set('X-All', 'every branch');
            const proxy = request.proxy();
            const [bob, carol] = proxy.createBranches(targets);
            present(bob).request.headers.set('P-Asserted-Identity', '"Alice" <sip:alice@example.com>');
            present(bob).request.headers.add('X-Some', 'bob');
            present(carol).request.headers.add('X-Some', 'carol');
            proxy.start();
          },
        },
        { transport },
      );
      const call = s.call();
      const fields = {
        bob: { 'P-Asserted-Identity': ['"Alice" <sip:alice@example.com>'], 'X-Some': ['bob'] },
        carol: { 'X-Some': ['carol'] },
        dave: {},
      };
      for (const phone of [s.bob, s.carol, s.dave]) {
        const { message } = await phone.receive('INVITE');
        const added = message.headers.filter(([name]) => /^(X-|P-)/.test(name));
        const expected = { 'X-All': ['every branch'], ...fields[phone.name as keyof typeof fields] };
        expect(Object.fromEntries(added.map(([name, value]) => [name, [value]]))).toEqual(expected);
        for (const [name] of added) message.set(name);
        expectForwarded(message, call.message, {
          uri: s.uri(phone.name),
          maxBreadth: present(message.header('Max-Breadth')),
        });
      }
    },
  );
});

describe('§16.6 step 8, Via', () => {
  test.each(BOTH)(
    'PFW-18 §16.6 step 8 ours is on top, with a branch of its own, and is where we are reached, over %s',
    async (transport) => {
      const s = await forwarding({}, { transport });
      const branches = new Set<string | undefined>();
      for (const method of ['INVITE', 'MESSAGE', 'OPTIONS', 'INVITE']) {
        const request = s.request(method);
        const received = await s.bob.receive(method);
        const via = expectForwarded(received.message, request.message);
        expect(via).toMatch(new RegExp(`^SIP/2\\.0/${transport} 10\\.0\\.0\\.9:5060;branch=z9hG4bK`));
        branches.add(parameter(via, 'branch'));
        received.reply(200); // by that Via (§18.2.2)
        await request.response(200);
      }
      expect(branches.size).toBe(4);
    },
  );

  test.each(BOTH)('PFW-19 §16.6 step 8 three branches have three values, over %s', async (transport) => {
    const targets = (['bob', 'carol', 'dave'] as const).map((name) => uriOver(transport, name));
    const s = await forwarding({ initial: proxies(targets) }, { transport });
    s.call();
    const branches: (string | undefined)[] = [];
    for (const phone of [s.bob, s.carol, s.dave]) branches.push((await phone.receive('INVITE')).message.branch);
    for (const branch of branches) expect(branch).toMatch(/^z9hG4bK./);
    expect(new Set(branches).size).toBe(3);
  });

  test.each(BOTH)(
    'PFW-20 §9.1 §17.1.1.3 CANCEL and the ACK to a non-2xx have the Via of their INVITE, over %s',
    async (transport) => {
      const s = await forwarding({}, { transport });
      s.bob.answerCancel = true;
      const call = s.call();
      const invite = await s.bob.receive('INVITE');
      invite.reply(180);
      await call.response(180);
      call.cancel();
      await call.response(487);
      await s.world.deliver();
      const via = present(invite.list('Via')[0]);
      const sent = s.bob.received.map(({ message }) => message);
      expect(sent.map(({ method }) => method)).toEqual(['INVITE', 'CANCEL', 'ACK']);
      for (const message of sent.slice(1)) {
        expect(message.list('Via')).toEqual([via]);
        expect(message.uri).toBe(invite.uri);
        expect(message.callId).toBe(invite.message.callId);
        expect(message.header('CSeq')).toBe(`1 ${message.method}`);
        expect(message.header('From')).toBe(invite.header('From'));
      }
    },
  );

  test('PFW-26 §18.2.1 RFC 3581 where the request really came from is added before it is forwarded', async () => {
    const s = await forwarding({}, {});
    const vias: [string, string][] = [
      ['alice.example.com;branch=z9hG4bK-a', 'alice.example.com;branch=z9hG4bK-a;received=10.0.0.1'],
      ['10.0.0.77:5060;branch=z9hG4bK-b', '10.0.0.77:5060;branch=z9hG4bK-b;received=10.0.0.1'],
      ['10.0.0.1:5060;branch=z9hG4bK-c', '10.0.0.1:5060;branch=z9hG4bK-c'],
      ['10.0.0.1:5060;rport;branch=z9hG4bK-d', '10.0.0.1:5060;rport=5060;branch=z9hG4bK-d;received=10.0.0.1'],
      ['alice.example.com;received=10.0.0.66;branch=z9hG4bK-e', 'alice.example.com;branch=z9hG4bK-e;received=10.0.0.1'],
    ];
    for (const [via, stamped] of vias) {
      s.alice.send(inviteText(s).replace(/10\.0\.0\.1:5060;branch=z9hG4bK-raw/, via), SIPLET);
      const received = await s.bob.receive('INVITE');
      expect(received.list('Via').slice(1)).toEqual([`SIP/2.0/UDP ${stamped}`]);
      received.reply(486);
      await s.world.run(10);
      expect(s.alice.received.at(-1)?.message.list('Via')).toEqual([`SIP/2.0/UDP ${stamped}`]);
    }
  });

  test.each(BOTH)(
    'PFW-29 §7.3.1 Vias in one line are as Vias in lines: one is added, one is taken off, over %s',
    async (transport) => {
      const s = await forwarding({}, { transport });
      const top = `SIP/2.0/${transport} 10.0.0.1:5060;branch=z9hG4bK-1`;
      const below = [
        'SIP/2.0/UDP b.example.com:5062;branch=z9hG4bK-2;received=192.0.2.2',
        'SIP/2.0/UDP c.example.com;branch=z9hG4bK-3',
      ];
      const joined = inviteText(s).replace(/Via: .*/, `Via: ${top} , ${below[0]},\r\n  ${below[1]}`);
      s.alice.send(joined, SIPLET);
      const received = await s.bob.receive('INVITE');
      const [own, ...others] = received.list('Via');
      expect(own).toMatch(/ 10\.0\.0\.9:5060;branch=z9hG4bK/);
      expect(others).toEqual([top, ...below]);
      for (const status of [180, 200]) {
        received.reply(status);
        await s.world.run(10);
        const { message } = present(s.alice.received.at(-1));
        expect([message.status, message.list('Via')]).toEqual([status, [top, ...below]]);
      }
    },
  );
});

describe('§16.6 steps 10 and 11, while it is under way', () => {
  test.each(BOTH)(
    'PFW-22 §16.2 C-5 100 at once to an INVITE, whatever the application waits for, over %s',
    async (transport) => {
      let go = () => {};
      const waiting = new Promise<void>((resolve) => {
        go = resolve;
      });
      const s = await forwarding({ initial: (request) => waiting.then(() => transit(request)) }, { transport });
      const call = s.call({ headers: { Timestamp: '54' } });
      await call.response(100, 20);
      await s.world.run(5000);
      expect(s.bob.received).toEqual([]);
      const [trying] = call.responses as [TextMessage];
      expect(trying.list('Via')).toEqual(call.message.list('Via'));
      expect(trying.header('To')).toBe(call.message.header('To'));
      expect(trying.header('Timestamp')).toMatch(/^54( |$)/);
      go();
      await s.bob.receive('INVITE');
      expect(statuses(call)).toEqual([100]);
    },
  );

  test.each(BOTH)('PFW-23 §16.2 RFC 4320 §4.1 no 100 to anything else before 3.5 s, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const message = s.request('MESSAGE');
    const received = await s.bob.receive('MESSAGE');
    received.reply(100);
    await s.world.run(3400);
    expect(statuses(message)).toEqual([]);
    received.reply(200);
    await message.response(200);
    expect(statuses(message)).toEqual([200]);
  });

  test.each(BOTH)(
    'PFW-24 §16.6 step 11 §16.8 each branch has a Timer C of more than three minutes, over %s',
    async (transport) => {
      const targets = [uriOver(transport, 'bob'), uriOver(transport, 'carol')];
      const s = await forwarding({ initial: proxies(targets, { timeout: '1000s' }) }, { transport });
      for (const phone of [s.bob, s.carol]) phone.answerCancel = true;
      const call = s.call();
      const bob = await s.bob.receive('INVITE');
      bob.reply(100);
      (await s.carol.receive('INVITE')).reply(180);
      await s.world.run(100_000);
      bob.reply(183); // restarts bob's alone (§16.7 step 2)
      await call.response(408, 400_000);
      const at = (phone: typeof s.bob) =>
        phone.received.filter(({ message }) => message.method === 'CANCEL').map(({ time }) => Math.round(time / 1000));
      expect([at(s.carol), at(s.bob)]).toEqual([[185], [285]]);
      expect(statuses(call)).toEqual([100, 180, 183, 408]);
    },
  );

  test('PFW-28 §17.2.1 a retransmitted INVITE is absorbed, and gets the last provisional response again', async () => {
    const s = await forwarding();
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    call.resend();
    await s.world.run(100);
    invite.reply(180);
    await s.world.run(100);
    invite.reply(183);
    await s.world.run(100);
    call.resend();
    call.resend();
    await s.world.run(100);
    expect(statuses(call)).toEqual([100, 100, 180, 183, 183, 183]);
    expect(call.responses.at(-1)).toEqual(call.responses[3]);
    expect(requestsOf(s.bob, 'INVITE')).toHaveLength(1);
  });
});

describe('§16.6 the ACK to a 2xx', () => {
  test.each(BOTH)(
    'PFW-31 §13.2.2.4 is forwarded each time it comes, and never answered, over %s',
    async (transport) => {
      const s = await forwarding({ initial: proxies(uriOver(transport, 'bob'), { recordRoute: true }) }, { transport });
      const call = s.call();
      const invite = await s.bob.receive('INVITE');
      invite.reply(200);
      await call.response(200);
      const ack = call.ack({ body: 'v=0\r\no=answer\r\n', headers: { 'X-Ack': 'yes', 'Max-Forwards': '10' } });
      const received = await invite.ack();
      received.message.set('Max-Breadth', '60'); // it never forks: none is needed
      expectForwarded(received.message, ack.message, { headers: { Route: [] } });
      expect(received.message.branch).not.toBe(invite.message.branch);
      ack.resend();
      ack.resend();
      await s.world.run(40_000);
      const acks = requestsOf(s.bob, 'ACK');
      expect(acks.map(({ body }) => body)).toEqual(Array(3).fill('v=0\r\no=answer\r\n'));
      expect(s.alice.received.map(({ message }) => message.startLine)).toEqual([
        'SIP/2.0 100 Trying',
        'SIP/2.0 200 OK',
      ]);
    },
  );
});
