// Request validation (§16.3): what is refused before anybody sees it, and what is none of a proxy's business.
import type { SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { requestsOf } from '../world/arrivals.js';
import type { Transport } from '../world/phone-wire.js';
import { proxies } from '../world/script.js';
import { BOTH, established, SIPLET } from '../world/stage.js';
import { TextMessage } from '../world/text-message.js';
import { expectForwarded, expectRefusal, linesOf, statuses } from './expected.js';
import { type ForwardingStage, forwarding, inviteText, uriOver } from './forwarding.js';

/** Each item over both transports. */
const overBoth = <T extends readonly unknown[]>(rows: readonly T[]) =>
  BOTH.flatMap((transport) => rows.map((row) => [transport, ...row] as const));

/** Faults in what a proxy reads: the correct line, and the line that is sent. */
const FAULTS: [what: string, right: RegExp, wrong: string][] = [
  ['Request-URI in angle brackets', /^INVITE \S+/, 'INVITE <sip:bob@10.0.0.2>'],
  ['Request-URI without a host', /^INVITE \S+/, 'INVITE sip:bob@'],
  ['Request-URI with headers', /^INVITE \S+/, 'INVITE sip:bob@10.0.0.2?Route=%3Csip:x%3E'],
  ['two blanks in the request line', /^INVITE /, 'INVITE  '],
  ['empty parameters in Via (badinv01)', /(branch=\S+)/, '$1;;,;,,'],
  ['Max-Forwards that is not a number', /Max-Forwards: 70/, 'Max-Forwards: seventy'],
  ['negative Max-Forwards', /Max-Forwards: 70/, 'Max-Forwards: -1'],
  ['From without a URI', /From: .*;/, 'From: alice;'],
  ['an open quote in To (quotbal)', /To: .*/, 'To: "Mr. J. User <sip:bob@10.0.0.2>'],
  ['a blank in Call-ID', /Call-ID: .*/, 'Call-ID: r aw@10.0.0.1'],
  ['CSeq that is not a number', /CSeq: 1/, 'CSeq: one'],
  ['CSeq beyond 32 bits', /CSeq: 1/, 'CSeq: 4294967296'],
  ['Route without angle brackets', /CSeq/, 'Route: sip:10.0.0.3;lr\r\nCSeq'],
  ['Route that is not a URI', /CSeq/, 'Route: <sip:>\r\nCSeq'],
];

describe('§16.3 step 1, reasonable syntax', () => {
  test.each(overBoth(FAULTS))('PRV-01 §16.3.1 400, over %s: %s', async (transport, _what, right, wrong) => {
    const s = await forwarding({}, { transport });
    s.alice.strict = false; // what it wrote itself comes back
    const text = inviteText(s);
    const spoilt = text.replace(right, wrong);
    expect(spoilt).not.toBe(text);
    const sent = new TextMessage('', TextMessage.read(spoilt.replace(/^.*/, 'INVITE sip:x SIP/2.0')).headers);
    expectRefusal(await s.answersTo(spoilt), sent, 400);
    expect(s.bob.received).toEqual([]);
    await s.works();
  });

  test.each(BOTH)(
    'PRV-02 §16.3.1 what a proxy does not read may be as wrong as it likes, over %s',
    async (transport) => {
      const s = await forwarding({}, { transport });
      const odd = [
        'Date: Fri, 32 Foo 2010 25:61:61 EST',
        `Contact: "Al <${s.uri('alice')}>;expires=;;=x,`,
        'Warning: 1812 overture',
        'Expires: 0 0l@sip.example.com',
        'Content-Disposition: ;;;',
        'X-Unknown: =;;,"<\\ \x80\xff',
        'Accept:',
        'Subject: tab\tand  blanks',
        'Via: SIP/2.0/FOO <<<,;=',
      ];
      const text = inviteText(s).replace(/Contact: .*/, odd.join('\r\n'));
      s.alice.send(text, SIPLET);
      const invite = await s.bob.receive('INVITE');
      const lines = linesOf(invite.arrival.wire);
      expect(lines.slice(1)).toEqual([
        ...linesOf(text.replace('Max-Forwards: 70', 'Max-Forwards: 69')),
        'Max-Breadth: 60',
      ]);
      expect(lines[0]).toMatch(/^Via: SIP\/2\.0\/(UDP|TCP) 10\.0\.0\.9:5060;branch=z9hG4bK/);
    },
  );

  test.each(BOTH)('PRV-03 §16.3.1 an unknown method is forwarded as any non-INVITE, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const foobar = s.request('FOOBAR', { body: 'what\r\never' });
    const received = await s.bob.receive('FOOBAR');
    expectForwarded(received.message, foobar.message);
    received.reply(299, { reason: 'Whatever' });
    const response = await foobar.response('final');
    expect(response.startLine).toBe('SIP/2.0 299 Whatever');
    expect(response.list('Via')).toEqual(foobar.message.list('Via'));
    expect(statuses(foobar)).toEqual([299]);
  });

  test.each(BOTH)(
    'PRV-04 §16.3.1 unknown headers, parameters and option tags pass unchanged, over %s',
    async (transport) => {
      const s = await forwarding({}, { transport });
      const call = s.call(
        {
          from: '"A. L." <sip:alice@10.0.0.1;new=1>;odd="a;b,c";flag',
          to: '<sip:bob@10.0.0.2;new=%41>;odd=1',
          contact: `<${s.uri('alice')};+sip.foo="<x>">;q=0.7;unheard-of`,
          headers: { 'X-New': ['a, b', 'c;d=e'], Supported: 'foo, bar', 'P-Odd': '<&>', Require2: 'x' },
        },
        `${s.uri('bob')};unheard-of=%42;flag`,
      );
      expectForwarded((await s.bob.receive('INVITE')).message, call.message);
    },
  );

  test.each(BOTH)('PRV-20 §8.1.1.5 CSeq of another method: 400, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    s.alice.strict = false;
    const text = inviteText(s).replace('CSeq: 1 INVITE', 'CSeq: 1 OPTIONS');
    expectRefusal(await s.answersTo(text), TextMessage.read(text), 400);
    expect(s.bob.received).toEqual([]);
  });

  test.each(BOTH)('PRV-21 §7.1 another version: 505, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const text = inviteText(s);
    expectRefusal(await s.answersTo(text.replace('SIP/2.0\r\n', 'SIP/7.0\r\n')), TextMessage.read(text), 505);
    expect(s.bob.received).toEqual([]);
  });

  const TWICE = [
    'To: <sip:carol@10.0.0.3>',
    't: <sip:carol@10.0.0.3>',
    'From: <sip:mallory@10.0.0.3>;tag=m',
    'f: <sip:mallory@10.0.0.3>;tag=m',
    'Call-ID: other@10.0.0.1',
    'i: raw@10.0.0.1',
    'CSeq: 2 INVITE',
    'cseq: 1 INVITE',
    'Max-Forwards: 70',
    'MAX-forwards: 5',
  ];
  test.each(overBoth(TWICE.map((line) => [line] as const)))(
    'PRV-22 §7.3.1 one value too many: 400, over %s: %s',
    async (transport, line) => {
      const s = await forwarding({}, { transport });
      s.alice.strict = false;
      const text = inviteText(s);
      const responses = await s.answersTo(text.replace('Content-Length', `${line}\r\nContent-Length`));
      expectRefusal(responses, TextMessage.read(text), 400);
      expect(s.bob.received).toEqual([]);
    },
  );

  test.each(overBoth(['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => [name] as const)))(
    'PRV-19 §16.3 400 or silence, over %s, without %s',
    async (transport, name) => {
      const s = await forwarding({}, { transport });
      s.alice.strict = false;
      const text = inviteText(s).replace(new RegExp(`${name}: .*\r\n`), '');
      const responses = await s.answersTo(text);
      expect(responses.map(({ status }) => status)).toEqual(name === 'Via' ? [] : responses.length > 0 ? [400] : []);
      expect(s.bob.received).toEqual([]);
      await s.works();
      expect(s.container.problems()).toEqual([]);
    },
  );
});

describe('§16.3 step 2, URI scheme', () => {
  test.each(
    overBoth([
      ['nobodyKnowsThisScheme:totallyopaquecontent'],
      ['mailto:bob@example.com'],
      ['soap.beep://192.0.2.103:3002'],
    ]),
  )('PRV-05 §16.3.2 416, over %s: %s', async (transport, uri) => {
    const s = await forwarding({}, { transport });
    const call = s.call({ to: '<sip:bob@example.com>' }, uri);
    await s.nothingReaches(s.bob);
    expectRefusal(call.responses, call.message, 416);
  });
});

describe('§16.3 step 3, Max-Forwards', () => {
  test.each(BOTH)('PRV-06 §16.3.3 none: the copy has 70, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const call = s.call({ headers: { 'Max-Forwards': undefined } });
    expect(call.message.header('Max-Forwards')).toBeUndefined();
    expectForwarded((await s.bob.receive('INVITE')).message, call.message);
  });

  test.each(overBoth([['INVITE'], ['MESSAGE'], ['FOOBAR']]))(
    'PRV-07 §16.3.3 none left: 483, over %s to %s',
    async (transport, method) => {
      const s = await forwarding({}, { transport });
      const call = s.request(method, { headers: { 'Max-Forwards': '0' } });
      await s.nothingReaches(s.bob);
      expectRefusal(call.responses, call.message, 483);
    },
  );

  test.each(overBoth([['OPTIONS'], ['REGISTER']]))(
    'PRV-08 §16.3.3 none left: never forwarded, over %s: %s',
    async (transport, method) => {
      let seen = 0;
      const bob = uriOver(transport, 'bob');
      const initial = (request: SipRequest) => {
        seen++; // it may answer as the final recipient (§11)
        request.proxy().proxyTo(bob);
      };
      const s = await forwarding({ initial }, { transport });
      const call = s.request(method, { headers: { 'Max-Forwards': '0' } });
      await s.nothingReaches(s.bob);
      expectRefusal(call.responses, call.message, 483);
      expect(seen).toBe(1);
    },
  );

  test.each(BOTH)('PRV-09 §16.3.3 the last hop: 1 becomes 0, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const call = s.call({ headers: { 'Max-Forwards': '1' } });
    const invite = await s.bob.receive('INVITE');
    expectForwarded(invite.message, call.message);
    expect(invite.header('Max-Forwards')).toBe('0');
  });

  test.each(overBoth([['256'], ['300'], ['4294967366'], ['99999999999999999999']]))(
    'PRV-10 RFC 4475 scalar02 more than 255: 400, over %s: %s',
    async (transport, hops) => {
      const s = await forwarding({}, { transport });
      const text = inviteText(s).replace('Max-Forwards: 70', `Max-Forwards: ${hops}`);
      expectRefusal(await s.answersTo(text), TextMessage.read(text), 400);
      expect(s.bob.received).toEqual([]);
    },
  );
});

describe('§16.3 step 4 and RFC 5393, loops', () => {
  /** A request that bob got, sent back by him as a proxy would, with another Request-URI. */
  async function back(
    s: ForwardingStage,
    uri: string,
    change: (text: TextMessage) => void = () => {},
  ): Promise<TextMessage> {
    const { message } = await s.bob.receive('INVITE');
    const again = new TextMessage(`INVITE ${uri} SIP/2.0`, [...message.headers], message.body);
    again.set('Via', `SIP/2.0/${s.transport} 10.0.0.2:5060;branch=z9hG4bK-back`, ...message.list('Via'));
    again.set('Max-Forwards', '60');
    change(again);
    s.bob.send(again, SIPLET);
    await s.world.run(100); // nobody has sent anything again yet
    return again;
  }
  const forks = (transport: Transport) =>
    forwarding({ initial: proxies([uriOver(transport, 'bob'), uriOver(transport, 'carol')]) }, { transport });
  const responsesTo = (s: ForwardingStage, sent: TextMessage) =>
    s.bob.received.map(({ message }) => message).filter((each) => !each.isRequest && each.branch === sent.branch);

  test.each(BOTH)('PRV-11 RFC 5393 §4.2.2 a request that came back unchanged: 482, over %s', async (transport) => {
    const s = await forks(transport);
    const call = s.call({}, 'sip:bob@example.com');
    const again = await back(s, call.message.uri);
    expectRefusal(responsesTo(s, again), again, 482);
    expect([requestsOf(s.bob, 'INVITE').length, requestsOf(s.carol, 'INVITE').length]).toEqual([1, 1]);
  });

  test.each(overBoth([['Request-URI'], ['Route'], ['Proxy-Authorization'], ['CSeq']]))(
    'PRV-12 RFC 5393 §4.2.2 a spiral is forked again, over %s: another %s',
    async (transport, what) => {
      const s = await forks(transport);
      const call = s.call({}, 'sip:bob@example.com');
      const uri = what === 'Request-URI' ? 'sip:robert@example.com' : call.message.uri;
      const again = await back(s, uri, (message) => {
        if (what === 'Route') message.add('Route', s.route('dave'));
        if (what === 'CSeq') message.set('CSeq', '2 INVITE');
        if (what === 'Proxy-Authorization') message.add('Proxy-Authorization', 'Digest username="bob", response="0"');
      });
      expect(responsesTo(s, again).map(({ status }) => status)).toEqual([100]);
      const got = what === 'Route' ? requestsOf(s.dave, 'INVITE').length : requestsOf(s.bob, 'INVITE').length - 1;
      expect(got).toBe(what === 'Route' ? 2 : 1);
    },
  );

  test.each(BOTH)('PRV-13 RFC 5393 §4.2.4 odd Vias of others do no harm, over %s', async (transport) => {
    const s = await forks(transport);
    const vias = [
      'SIP/2.0/UDP host;branch',
      'SIP/2.0/UDP host;branch=""',
      'SIP / 2.0 / UDP host;odd="a,;branch=z9hG4bK-x";flag',
      'SIP/2.0/SCTP [::1]:9;branch=z9hG4bK-',
      'SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK',
      'nonsense',
    ];
    const top = `SIP/2.0/${transport} 10.0.0.1:5060;branch=z9hG4bK-odd`;
    s.alice.send(inviteText(s).replace(/Via: .*/, [top, ...vias].map((via) => `Via: ${via}`).join('\r\n')), SIPLET);
    const invite = await s.bob.receive('INVITE');
    expect(
      linesOf(invite.arrival.wire)
        .filter((line) => line.startsWith('Via:'))
        .slice(1),
    ).toEqual([top, ...vias].map((via) => `Via: ${via}`));
    await s.carol.receive('INVITE');
  });
});

describe('§16.3 step 5, Proxy-Require', () => {
  test.each(overBoth([[['foo, bar']], [['foo', 'bar']], [['foo ,\r\n bar']]]))(
    'PRV-14 §16.3.5 420 with what we do not understand, over %s: %j',
    async (transport, required) => {
      const s = await forwarding({}, { transport });
      const call = s.call({ headers: { 'Proxy-Require': required } });
      await s.nothingReaches(s.bob);
      expect(expectRefusal(call.responses, call.message, 420).list('Unsupported')).toEqual(['foo', 'bar']);
    },
  );

  test.each(BOTH)('PRV-15 §16.3.5 Require is for the other end, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const call = s.call({ headers: { Require: 'foo' } });
    expectForwarded((await s.bob.receive('INVITE')).message, call.message);
  });

  test.each(BOTH)('PRV-16 §16.3.5 never asked of CANCEL and ACK, over %s', async (transport) => {
    const headers = { 'Proxy-Require': 'foo' };
    const s = await forwarding({ initial: proxies(uriOver(transport, 'bob'), { recordRoute: true }) }, { transport });
    s.alice.autoAck = false;
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    const cancel = call.cancel({ headers });
    await cancel.response(200);
    await call.response(487);
    call.ack({ headers });
    await s.world.run(40_000);
    expect(statuses(call)).toEqual([100, 180, 487]); // the ACK was taken: no retransmission
    const second = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await second.response(200);
    second.ack({ headers });
    expect((await invite.ack()).header('Proxy-Require')).toBe('foo');
    expect(statuses(second)).toEqual([100, 200]);
  });
});

describe('§16.3 step 6, Proxy-Authorization: an application that challenges', () => {
  const CHALLENGE = 'Digest realm="example.com", nonce="84a4cc6f3082121f32b42a2187831a9e"';
  const challenging = (transport: Transport) =>
    forwarding(
      {
        initial(request) {
          if (request.headers.has('Proxy-Authorization')) {
            request.proxy({ recordRoute: true }).proxyTo(uriOver(transport, 'bob'));
            return;
          }
          const response = request.createResponse(407);
          response.headers.set('Proxy-Authenticate', CHALLENGE);
          response.send();
        },
      },
      { transport },
    );
  const credentials = {
    headers: { 'Proxy-Authorization': 'Digest username="alice", realm="example.com", response="0"' },
  };

  test.each(BOTH)('PRV-17 §16.3.6 407 with a challenge, and nothing is forwarded, over %s', async (transport) => {
    const s = await challenging(transport);
    const call = s.request('MESSAGE');
    const response = await call.response(407);
    expect(response.list('Proxy-Authenticate').join(', ')).toBe(CHALLENGE);
    await s.nothingReaches(s.bob);
    expectRefusal(call.responses, call.message, 407);
    const again = s.request('MESSAGE', credentials);
    expectForwarded((await s.bob.receive('MESSAGE')).message, again.message, { recordRoute: true });
  });

  test.each(BOTH)('PRV-18 §22.1 CANCEL and ACK are never challenged, over %s', async (transport) => {
    const s = await challenging(transport);
    s.bob.answerCancel = true;
    const call = s.call(credentials);
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    const cancel = call.cancel();
    await call.response(487);
    expect(cancel.message.header('Proxy-Authorization')).toBeUndefined();
    const { call: second } = await established(s, credentials); // its ACK has no credentials and reaches bob
    await s.world.run(40_000);
    expect([statuses(cancel), statuses(call), statuses(second)]).toEqual([[200], [100, 180, 487], [100, 200]]);
  });
});
