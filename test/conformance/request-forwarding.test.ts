// Request forwarding (§16.6): the copy, its Request-URI, its route and where it goes. What is added is in
// forwarding-additions.test.ts.
import type { SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requestsOf } from '../world/arrivals.js';
import { proxies } from '../world/script.js';
import { BOTH, SIPLET } from '../world/stage.js';
import { TextMessage } from '../world/text-message.js';
import { expectForwarded, linesOf, statuses } from './expected.js';
import { type ForwardingStage, forwarding, inviteText, transit, uriOver } from './forwarding.js';

/** Every octet there is, over and over. */
function octets(length: number): string {
  let all = '';
  for (let i = 0; i < 256; i++) all += String.fromCharCode(i);
  return all.repeat(Math.ceil(length / 256)).slice(0, length);
}

describe('§16.6 step 1, the copy', () => {
  const ASSORTED: Record<string, string | string[]> = {
    Subject: 'Ünïcode, as octets'.replace(/[^\x20-\x7e]/g, '\xc3\xbc'),
    'X-First': ['1', '2, 3', '4'],
    Supported: ['100rel', 'timer, replaces'],
    Allow: 'INVITE, ACK,CANCEL ,BYE',
    Accept: 'application/sdp;level=1, text/html',
    'Accept-Language': 'da, en-gb;q=0.8, en;q=0.7',
    'Alert-Info': '<http://www.example.com/sounds/moo.wav>',
    'Call-Info':
      '<http://wwww.example.com/alice/photo.jpg> ;purpose=icon, <http://www.example.com/alice/> ;purpose=info',
    Date: 'Sat, 13 Nov 2010 23:29:00 GMT',
    'Error-Info': '<sip:not-in-service-recording@atlanta.com>',
    Expires: '5',
    'In-Reply-To': '70710@saturn.bell-tel.com, 17320@saturn.bell-tel.com',
    'MIME-Version': '1.0',
    Organization: 'Boxes by Bob',
    Priority: 'emergency',
    'Reply-To': 'Bob <sip:bob@biloxi.com>',
    Require: '100rel',
    Timestamp: '54',
    'User-Agent': 'Softphone Beta1.5 (a;b=c)',
    'Content-Language': 'fr',
    'Content-Disposition': 'session;handling=optional',
    'P-Asserted-Identity': '"Cullen Jennings" <sip:fluffy@cisco.com>, tel:+14085264000',
    Privacy: 'id',
    'Record-Route': ['<sip:p2.example.com;lr>', '<sip:p1.example.com;lr>'],
    'History-Info': ['<sip:a@example.com>;index=1', '<sip:b@example.com>;index=1.1'],
    Reason: 'SIP ;cause=200 ;text="Call completed elsewhere"',
    'Session-Expires': '4000;refresher=uac',
    'Min-SE': '90',
    'X-Empty': '',
    'x-last': "!#$%&'*+-.^_`|~",
  };

  test.each(BOTH)(
    'PFW-01 §16.6 step 1 forty headers arrive as they were, in their order, over %s',
    async (transport) => {
      const s = await forwarding({}, { transport });
      const call = s.call({ headers: ASSORTED, body: 'v=0\r\n' });
      expect(call.message.headers.length).toBeGreaterThanOrEqual(40);
      expectForwarded((await s.bob.receive('INVITE')).message, call.message);
    },
  );

  test.each([
    ['TCP', 1_048_576, ''],
    ['TCP', 20_000, ''],
    ['UDP', 20_000, ''],
    ['UDP', 20_000, 'limits: { udpMtu: 0 }'],
  ] as const)(
    'PFW-02 §16.6 step 1 a body is the same octet by octet, over %s: %i octets',
    async (transport, length, configuration) => {
      const s = await forwarding({}, { transport, configuration });
      const body = octets(length);
      const sent = s.request('MESSAGE', { body, contentType: 'application/octet-stream' });
      const received = await s.bob.receive('MESSAGE');
      expectForwarded(received.message, sent.message);
      expect(received.body.length).toBe(length);
      // A large datagram goes on over TCP (§18.1.1), unless the operator will not have it.
      expect(received.arrival.transport).toBe(configuration === '' ? 'TCP' : 'UDP');
      received.reply(200, { body, contentType: 'application/octet-stream' });
      expect((await sent.response(200)).body === body).toBe(true);
    },
  );

  test.each(BOTH)(
    'PFW-03 §7.3.3 compact and odd names mean what they mean, and stay as they are, over %s',
    async (transport) => {
      const s = await forwarding({}, { transport });
      const text = [
        `INVITE ${s.uri('bob')} SIP/2.0`,
        `v: SIP/2.0/${transport} 10.0.0.1:5060;branch=z9hG4bK-odd`,
        'mAX-fORWARDS : 12',
        'f:<sip:alice@10.0.0.1>;tag=a1',
        `T : <${s.uri('bob')}>`,
        'i: odd@10.0.0.1',
        'cSEQ: 1 INVITE',
        `M: <${s.uri('alice')}>`,
        'c: text/plain',
        'k: timer',
        'X-oDD-nAME:  value  ',
        'z: unknown compact',
        'S:',
        'l: 4',
        '',
        'body',
      ].join('\r\n');
      s.alice.send(text, SIPLET);
      const received = await s.bob.receive('INVITE');
      const [own, ...lines] = linesOf(received.arrival.wire);
      expect(own).toMatch(/^Via: SIP\/2\.0\/\w+ 10\.0\.0\.9:5060;branch=/);
      const expected = linesOf(text).map((line) => (line.startsWith('mAX') ? 'Max-Forwards: 11' : line));
      expect(lines.map((line) => line.replace(/^max-forwards\s*:/i, 'Max-Forwards:'))).toEqual([
        ...expected,
        'Max-Breadth: 60',
      ]);
      expect(received.body).toBe('body');
      received.reply(200);
      await s.world.run(10);
      expect(s.alice.received.at(-1)?.message.list('v')).toEqual([
        `SIP/2.0/${transport} 10.0.0.1:5060;branch=z9hG4bK-odd`,
      ]);
    },
  );

  test.each(BOTH)('PFW-27 §20.14 Content-Length: 0 arrives as 0, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const call = s.call();
    const received = await s.bob.receive('INVITE');
    expect(linesOf(received.arrival.wire).filter((line) => /^(content-length|l)\s*:/i.test(line))).toEqual([
      'Content-Length: 0',
    ]);
    expectForwarded(received.message, call.message);
  });

  test('PFW-27 §20.14 and a datagram without it gets it', async () => {
    const s = await forwarding();
    const call = s.call({ headers: { 'Content-Length': undefined } });
    expect(call.message.header('Content-Length')).toBeUndefined();
    const received = await s.bob.receive('INVITE');
    expect(received.message.headers.filter(([name]) => name === 'Content-Length')).toEqual([['Content-Length', '0']]);
  });
});

describe('§16.6 step 2, the Request-URI', () => {
  const TARGETS: [target: string, uri: string][] = [
    ['sip:bob@10.0.0.2;method=INVITE', 'sip:bob@10.0.0.2'],
    ['sip:bob@10.0.0.2;a=1;METHOD=%49NVITE;b', 'sip:bob@10.0.0.2;a=1;b'],
    ['sip:bob@10.0.0.2?Subject=hi&Route=%3Csip:evil%4010.0.0.4%3Blr%3E', 'sip:bob@10.0.0.2'],
    ['sip:bob@10.0.0.2:5060;user=phone;method=BYE?Replaces=x%3By&body=z', 'sip:bob@10.0.0.2:5060;user=phone'],
    ['sip:b;method=x@10.0.0.2', 'sip:b;method=x@10.0.0.2'],
    ['sip:b?x;method=y:p&w@10.0.0.2;method=z?a=b', 'sip:b?x;method=y:p&w@10.0.0.2'],
    ['sip:b%3fob@10.0.0.2;methodical=1;%6dethod=X', 'sip:b%3fob@10.0.0.2;methodical=1'],
    [
      'sip:bob@10.0.0.2;lr;ttl=15;maddr=10.0.0.2;transport=udp',
      'sip:bob@10.0.0.2;lr;ttl=15;maddr=10.0.0.2;transport=udp',
    ],
  ];
  test.each(TARGETS)('PFW-04 §19.1.1 what no Request-URI may have is left out: target %s', async (target, uri) => {
    const s = await forwarding({ initial: proxies(target) });
    const call = s.call({}, 'sip:bob@example.com');
    expectForwarded((await s.bob.receive('INVITE')).message, call.message, { uri });
  });

  test.each(TARGETS)('PFW-04 §16.7 step 4 and of a redirection too: Contact <%s>', async (target, uri) => {
    const s = await forwarding({ initial: proxies('sip:carol@10.0.0.3') });
    const call = s.call({}, 'sip:bob@example.com');
    (await s.carol.receive('INVITE')).reply(302, { contact: `<${target}>` });
    expectForwarded((await s.bob.receive('INVITE')).message, call.message, { uri });
  });

  test.each([
    'sip:%62%6fb%20%7E:p%40ss@10.0.0.2:5060;x=%41;Y',
    'SIP:bob@10.0.0.2;TRANSPORT=UDP',
    'sip:+1(555)-010@10.0.0.2;user=phone',
    "sip:a&=+$,;?/-_.!~*'()@10.0.0.2;a=[]/:&+$",
    'sip:10.0.0.2',
    'sip:sip%3Auser%40example.com@10.0.0.2;other-param=summit',
  ])('PFW-05 §16.6 step 2 a target that is the Request-URI stays as received: %s', async (uri) => {
    for (const initial of [transit, (request: SipRequest) => request.proxy().proxyTo(String(request.uri))]) {
      const s = await forwarding({ initial });
      const call = s.call({ to: '<sip:bob@10.0.0.2>', via: SIPLET }, uri);
      const received = await s.bob.receive('INVITE');
      expect(received.arrival.wire.split('\r\n')[0]).toBe(`INVITE ${uri} SIP/2.0`);
      expectForwarded(received.message, call.message);
    }
  });
});

describe('§16.6 step 6, routes', () => {
  const pushing =
    (...routes: string[]) =>
    (request: SipRequest): void => {
      for (const route of routes) request.pushRoute(route);
      transit(request);
    };

  test.each(BOTH)(
    'PFW-13 §16.6 step 6 a pushed Route without lr becomes the Request-URI, over %s',
    async (transport) => {
      const strict = uriOver(transport, 'p', 'carol');
      const s = await forwarding({ initial: pushing(strict) }, { transport });
      const call = s.call({
        route: [`<sip:${SIPLET};lr${transport === 'TCP' ? ';transport=tcp' : ''}>`, s.route('dave')],
      });
      const received = await s.carol.receive('INVITE');
      const headers = { Route: [s.route('dave'), `<${call.message.uri}>`] };
      expectForwarded(received.message, call.message, { uri: strict, headers });
      await s.nothingReaches(s.bob, s.dave);
    },
  );

  test('PFW-13 §16.6 step 6 §19.1.1 a pushed Route without lr loses its method, which a Request-URI must not have', async () => {
    const s = await forwarding({ initial: pushing('sip:p@10.0.0.3;x=1;method=INVITE') });
    const call = s.call();
    const received = await s.carol.receive('INVITE');
    expect([received.uri, received.list('Route')]).toEqual(['sip:p@10.0.0.3;x=1', [`<${call.message.uri}>`]]);
  });

  test.each(BOTH)('PFW-14 §16.6 step 6 a pushed Route with lr is above the others, over %s', async (transport) => {
    const [first, second] = [uriOver(transport, 'x', 'dave'), uriOver(transport, 'y', 'carol')].map(
      (uri) => `${uri};lr`,
    );
    const s = await forwarding({ initial: pushing(present(first), present(second)) }, { transport });
    const own = `<sip:${SIPLET};lr${transport === 'TCP' ? ';transport=tcp' : ''}>`;
    const call = s.call({ route: [own, s.route('alice')] });
    const received = await s.carol.receive('INVITE');
    expect(received.uri).toBe(call.message.uri);
    expect(received.list('Route')).toEqual([`<${second}>`, `<${first}>`, s.route('alice')]);
    const others = ({ headers }: TextMessage) =>
      headers.filter(([name]) => !['Route', 'Via', 'Max-Forwards', 'Max-Breadth'].includes(name));
    expect(others(received.message)).toEqual(others(call.message));
    await s.nothingReaches(s.bob, s.dave);
  });

  test.each(BOTH)('PFW-15 §16.6 step 7 the next hop is that of the first Route value, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const route = [s.route('dave'), s.route('carol')];
    const call = s.call({ route }, 'sip:bob@nowhere.invalid');
    expectForwarded((await s.dave.receive('INVITE')).message, call.message);
    await s.nothingReaches(s.bob, s.carol);
  });
});

describe('§16.6 step 7, RFC 3263, where it goes', () => {
  const CLUSTER = 'sip:bob@cluster.example';
  /** cluster.example is bob, then carol. */
  async function cluster(transport: 'UDP' | 'TCP'): Promise<ForwardingStage> {
    const s = await forwarding({}, { transport, logLevel: 'error' });
    const service = transport === 'TCP' ? '_sip._tcp.cluster.example' : '_sip._udp.cluster.example';
    s.world.resolver.service(
      service,
      { name: 'bob', port: 5060, priority: 1, weight: 0 },
      { name: 'carol', port: 5060, priority: 2, weight: 0 },
    );
    return s;
  }
  /** How a host says no, or nothing. */
  type Failing = (s: ForwardingStage, phone: 'bob' | 'carol') => void;
  const unreachable: Failing = (s, to) => void s.world.network.rule({ from: 'siplet', to, unreachable: true });
  const refused: Failing = (s, to) => void s.world.network.rule({ from: 'siplet', to, refuse: true });
  const cut: Failing = (s, to) => void s.world.network.rule({ from: 'siplet', to, cut: true });
  const reset: Failing = (s, phone) => void s[phone].on('INVITE', () => s.world.network.reset('siplet', phone));
  const unavailable: Failing = (s, phone) => void s[phone].on('INVITE', (request) => void request.reply(503));
  const silent: Failing = (s, phone) => void s[phone].on('INVITE', () => {});

  const FAILURES: ['UDP' | 'TCP', string, number, Failing][] = [
    ['UDP', 'cannot be reached', 500, unreachable],
    ['TCP', 'refuses the connection', 500, refused],
    ['TCP', 'resets the connection', 500, reset],
    ['TCP', 'does not answer the connection', 500, cut],
    ['UDP', 'answers 503', 500, unavailable],
    ['TCP', 'answers 503', 500, unavailable],
    ['UDP', 'is silent', 408, silent],
    ['TCP', 'is silent', 408, silent],
  ];

  test.each(FAILURES)(
    'PFW-16 RFC 3263 §4.3 the next host is tried, over %s when the first %s',
    async (transport, _how, _status, fail) => {
      const s = await cluster(transport);
      fail(s, 'bob');
      const call = s.call({}, CLUSTER);
      const received = await s.carol.receive('INVITE', 60_000);
      const via = expectForwarded(received.message, call.message);
      for (const { branch } of requestsOf(s.bob, 'INVITE')) expect(via).not.toContain(branch);
      received.reply(200);
      await call.response(200);
      await s.world.run(1000);
      expect(statuses(call)).toEqual([100, 200]);
    },
  );

  test.each(FAILURES)(
    'PFW-17 §16.9 C-15 one final response, over %s when each %s: %i',
    async (transport, _how, status, fail) => {
      const s = await cluster(transport);
      fail(s, 'bob');
      fail(s, 'carol');
      const call = s.call({}, CLUSTER);
      const response = await call.response('final', 120_000);
      expect(response.list('Via')).toEqual(call.message.list('Via'));
      expect(response.header('To')).toMatch(/^<sip:bob@cluster\.example>;tag=[^;]+$/);
      await s.world.run(120_000);
      expect(statuses(call)).toEqual([100, status]);
      // One transaction for each, and no more.
      const transactions = [s.bob, s.carol].map(
        (phone) => new Set(requestsOf(phone, 'INVITE').map(({ branch }) => branch)).size,
      );
      const reached = fail === unreachable || fail === refused || fail === cut ? 0 : 1;
      expect(transactions).toEqual([reached, reached]);
    },
  );

  test.each(BOTH)('PFW-17 §16.9 a name that does not exist: one final response, over %s', async (transport) => {
    const s = await forwarding({}, { transport, logLevel: 'error' });
    const call = s.call({}, 'sip:bob@nowhere.invalid');
    await call.response(500);
    await s.world.run(100_000);
    expect(statuses(call)).toEqual([100, 500]);
  });
});

describe('§16.6 step 9 and §18.1.1, transport', () => {
  test('PFW-21 §16.6 step 9 from a datagram without Content-Length to TCP', async () => {
    const s = await forwarding({ initial: proxies(uriOver('TCP', 'bob')) });
    const body = 'v=0\r\nümlaut\r\n'.replace('ü', '\xfc');
    const text = inviteText(s).replace('Content-Length: 0', 'Content-Type: application/sdp') + body;
    s.alice.send(text, SIPLET);
    const received = await s.bob.receive('INVITE');
    const headers = { 'Content-Length': [String(body.length)], 'Max-Breadth': ['60'] };
    const sent = TextMessage.read(text);
    expect(received.arrival.transport).toBe('TCP');
    const added = received.message.headers
      .filter(([name]) => name in headers)
      .map(([name, value]) => `${name}: ${value}`);
    expect(added.sort()).toEqual([`Content-Length: ${body.length}`, 'Max-Breadth: 60']);
    expect(received.body).toBe(body);
    expect(received.message.headers.length).toBe(sent.headers.length + 3);
  });

  test('PFW-25 §18.1.1 what would be more than 1300 octets goes over TCP, and its Via says so', async () => {
    const s = await forwarding();
    const call = s.call({ body: octets(1400) });
    const received = await s.bob.receive('INVITE');
    expect(received.arrival.transport).toBe('TCP');
    expect(expectForwarded(received.message, call.message)).toMatch(/^SIP\/2\.0\/TCP /);
    received.reply(200);
    await call.response(200);
  });

  test('PFW-25 §18.1.1 and over UDP after all when TCP is refused', async () => {
    const s = await forwarding({ initial: proxies('sip:bob@10.0.0.20') });
    const old = s.world.phone('old', '10.0.0.20', { listens: ['UDP'] });
    const call = s.call({ body: octets(1400) });
    const received = await old.receive('INVITE');
    expect(received.arrival.transport).toBe('UDP');
    expect(received.arrival.time).toBeLessThan(100);
    expect(expectForwarded(received.message, call.message, { uri: 'sip:bob@10.0.0.20' })).toMatch(/^SIP\/2\.0\/UDP /);
    expect(s.world.network.record.filter(({ kind }) => kind === 'refused')).toHaveLength(1);
    received.reply(200);
    await call.response(200);
  });

  test.each([
    [false, ''],
    [true, ''],
  ])(
    'PFW-25 §18.1.1 no datagram is larger than 1300 octets, and none of 1100 goes over TCP: recordRoute %s, %s',
    async (recordRoute, parameter) => {
      const initial = (request: SipRequest) => {
        const proxy = request.proxy({ recordRoute });
        if (parameter !== '') proxy.recordRouteUri.parameters.set('p', parameter);
        proxy.proxyTo(uriOver('UDP', 'bob'));
      };
      const s = await forwarding({ initial });
      for (let length = 0; length < 1000; length += 20) {
        s.request('MESSAGE', { body: octets(length + 1) });
        (await s.bob.receive('MESSAGE')).reply(200);
      }
      const forwarded = s.bob.received.filter(({ message }) => message.method === 'MESSAGE');
      const sizes = (transport: string) =>
        forwarded.filter((one) => one.transport === transport).map(({ wire }) => wire.length);
      expect(forwarded).toHaveLength(50);
      expect(Math.max(...sizes('UDP'))).toBeLessThanOrEqual(1300);
      expect(Math.min(...sizes('TCP'))).toBeGreaterThan(1100);
    },
  );
});
