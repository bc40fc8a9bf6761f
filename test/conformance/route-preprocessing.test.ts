// Route information preprocessing (§16.4) and loose routing end to end (§16.12).
import type { SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { ServerRequest } from '../world/incoming.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { Phone } from '../world/phone.js';
import type { Transport } from '../world/phone-wire.js';
import { applicationOf, proxies } from '../world/script.js';
import { Siplet } from '../world/siplet.js';
import { BOTH, established, SIPLET } from '../world/stage.js';
import { type TextMessage, uriIn } from '../world/text-message.js';
import { expectForwarded, linesOf, statuses } from './expected.js';
import { type ForwardingStage, forwarding, inviteText, transit, uriOver } from './forwarding.js';

const staying = (transport: Transport) => ({
  initial: proxies(uriOver(transport, 'bob'), { recordRoute: true }),
});

/** Our Route value as alice would preload it. */
const OURS: Record<Transport, string> = { UDP: `<sip:${SIPLET};lr>`, TCP: `<sip:${SIPLET};transport=tcp;lr>` };

/** A request in the dialog from each side: what the other one got, and the answer to it. */
async function bothWays(
  call: ClientRequest,
  alice: Phone,
  invite: ServerRequest,
  bob: Phone,
): Promise<ServerRequest[]> {
  const received: ServerRequest[] = [];
  for (const [sender, receiver] of [[call, bob] as const, [invite, alice] as const]) {
    const info = sender.dialog.request('INFO');
    const arrived = await receiver.receive('INFO');
    arrived.reply(200);
    await info.response(200);
    expect(arrived.list('Route')).toEqual([]);
    expect(statuses(info)).toEqual([200]);
    received.push(arrived);
  }
  return received;
}

describe('§16.4 strict routers upstream', () => {
  /** Alice's BYE as a strict router would hand it on: our Record-Route is its Request-URI. */
  async function strictBye(s: ForwardingStage, route: (bob: string) => string[]): Promise<TextMessage> {
    const { call, invite } = await established(s);
    const { local, remote, remoteTarget } = call.dialog;
    const ours = uriIn(present(invite.list('Record-Route')[0]));
    const common = { callId: call.message.callId, from: local, to: remote, fromTag: '', sequence: 2 };
    return s.alice.request('BYE', ours, { ...common, route: route(remoteTarget), via: SIPLET }).message;
  }

  test.each(BOTH)(
    'PRT-01 §16.4 the Request-URI is the last Route value, and the others stay, over %s',
    async (transport) => {
      const s = await forwarding(staying(transport), { transport });
      const sent = await strictBye(s, (bob) => [s.route('carol'), s.route('dave', ''), `<${bob}>`]);
      const received = await s.carol.receive('BYE');
      const headers = { Route: [s.route('carol'), s.route('dave', '')] };
      expectForwarded(received.message, sent, { uri: s.bob.contactFor(transport), headers });
    },
  );

  test.each(BOTH)('PRT-01 §16.4 nothing is left of a Route with one value, over %s', async (transport) => {
    const s = await forwarding(staying(transport), { transport });
    const sent = await strictBye(s, (bob) => [`<${bob}>`]);
    const received = await s.bob.receive('BYE');
    expectForwarded(received.message, sent, { uri: s.bob.contactFor(transport), headers: { Route: [] } });
  });
});

describe('§16.4 the first Route value', () => {
  test.each(BOTH)('PRT-02 §16.4 ours is taken off, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const call = s.call({ route: [OURS[transport]] });
    expectForwarded((await s.bob.receive('INVITE')).message, call.message, { headers: { Route: [] } });
    const further = s.call({ route: [OURS[transport], s.route('carol'), s.route('dave')] });
    const headers = { Route: [s.route('carol'), s.route('dave')] };
    expectForwarded((await s.carol.receive('INVITE')).message, further.message, { headers });
  });

  test.each(BOTH)("PRT-03 §16.4 another's stays, and the request goes there, over %s", async (transport) => {
    const s = await forwarding({}, { transport });
    const call = s.call({ route: [s.route('carol'), OURS[transport]] });
    expectForwarded((await s.carol.receive('INVITE')).message, call.message);
    await s.nothingReaches(s.bob);
  });

  test('PRT-04 RFC 5658 both values of a double Record-Route are taken off, and the request leaves by the right interface', async () => {
    const s = await forwarding(
      { initial: proxies('sip:bob@[fd00::2]', { recordRoute: true }) },
      { addresses: [SIPLET, 'fd00::9'] },
    );
    const bob = s.world.phone('bob6', 'fd00::2');
    const call = s.call({}, 'sip:bob@example.com');
    const invite = await bob.receive('INVITE');
    const [out = '', inside = ''] = invite.list('Record-Route');
    expect(invite.list('Record-Route')).toHaveLength(2);
    expect(out.replace(/sid=[^>]*/, 'sid')).toBe('<sip:[fd00::9]:5060;lr;sid>');
    expect(inside.replace(/sid=[^>]*/, 'sid')).toBe('<sip:10.0.0.9:5060;lr;sid>');
    invite.reply(200);
    await call.response(200);
    call.ack();
    expect((await invite.ack()).list('Route')).toEqual([]);
    const [atBob, atAlice] = await bothWays(call, s.alice, invite, bob);
    expect(present(atBob).arrival.from.address).toBe('fd00::9');
    expect(present(atAlice).arrival.from.address).toBe(SIPLET);
  });

  test('PRT-05 §16.4 a port that we do not listen on is not ours', async () => {
    const s = await forwarding();
    const neighbour = s.world.phone('neighbour', SIPLET, { port: 5070 });
    const route = [`<sip:${SIPLET}:5070;lr>`];
    const call = s.call({ route });
    expectForwarded((await neighbour.receive('INVITE')).message, call.message, { headers: { Route: route } });
    await s.nothingReaches(s.bob);
  });

  test.each(BOTH)('PRT-08 §16.4 what we wrote into it comes back to the application, over %s', async (transport) => {
    const seen: unknown[] = [];
    const read = (request: SipRequest) =>
      void seen.push([request.method, request.parameter('room'), request.parameter('none')]);
    const s = await forwarding(
      {
        initial(request) {
          const proxy = request.proxy({ recordRoute: true });
          proxy.recordRouteUri.parameters.set('room', 'a;b="7" %41');
          proxy.proxyTo(uriOver(transport, 'bob'));
        },
        ack: read,
        subsequent: read,
      },
      { transport },
    );
    const { call, invite } = await established(s);
    await bothWays(call, s.alice, invite, s.bob);
    const room = 'a;b="7" %41';
    expect(seen).toEqual([
      ['ACK', room, undefined],
      ['INFO', room, undefined],
      ['INFO', room, undefined],
    ]);
  });

  test.each(BOTH)('PRT-08 §16.4 and so does one with a user part, on a first request, over %s', async (transport) => {
    const seen: string[] = [];
    const initial = (request: SipRequest) => {
      seen.push(String(request.poppedRoute?.uri), String(request.parameter('x')));
      transit(request);
    };
    const s = await forwarding({ initial }, { transport });
    const own = OURS[transport].replace('sip:', 'sip:c0%6Fkie@').replace('lr>', 'lr;x=1>');
    const call = s.call({ route: [own] });
    expectForwarded((await s.bob.receive('INVITE')).message, call.message, { headers: { Route: [] } });
    expect(seen).toEqual([own.slice(1, -1), '1']);
  });

  const [C, D] = ['<sip:10.0.0.3;lr>', '"D, <x>" <sip:10.0.0.4;lr>;q="a,b"'];
  test.each([
    ['lines', `Route: ${OURS.UDP}\r\nRoute: ${C}\r\nRoute: ${D}`],
    ['a list', `Route: ${OURS.UDP}, ${C}, ${D}`],
    ['a list without blanks', `Route:${OURS.UDP},${C},${D}`],
    ['a folded list', `Route: ${OURS.UDP} ,\r\n ${C}\r\n\t,  ${D}`],
    ['lists and lines', `rOUTE  :  ${OURS.UDP},${C}\r\nX-Between: 1\r\nROUTE: ${D}`],
    ['ours alone on its line', `Route: ${OURS.UDP}\r\nRoute: ${C} , ${D}`],
  ])('PRT-09 §7.3.1 however it is written: %s', async (_how, lines) => {
    for (const transport of BOTH) {
      const s = await forwarding({}, { transport });
      s.alice.send(inviteText(s).replace('CSeq', `${lines}\r\nCSeq`), SIPLET);
      const invite = await s.carol.receive('INVITE');
      expect(invite.uri).toBe(s.uri('bob'));
      expect(invite.list('Route')).toEqual([C, D]);
      expect(linesOf(invite.arrival.wire).some((line) => line.includes(SIPLET) && /^route/i.test(line))).toBe(false);
    }
  });
});

describe('§16.4 maddr', () => {
  test.each([
    ['UDP', `sip:bob@example.com;maddr=${SIPLET}`, 'sip:bob@example.com', SIPLET],
    ['UDP', `sip:bob@example.com;user=phone;MADDR=${SIPLET};x=1`, 'sip:bob@example.com;user=phone;x=1', SIPLET],
    ['UDP', `sip:bob@example.com:5060;maddr=${SIPLET};transport=UDP`, 'sip:bob@example.com:5060;transport=UDP', SIPLET],
    ['UDP', `sip:example.com:5070;maddr=${SIPLET}`, 'sip:example.com', `${SIPLET}:5070`],
    ['UDP', `sip:b%6Fb:p%77@example.com:5070;maddr=${SIPLET}`, 'sip:b%6Fb:p%77@example.com', `${SIPLET}:5070`],
    ['TCP', `sip:bob@example.com;maddr=${SIPLET};transport=tcp`, 'sip:bob@example.com', SIPLET],
    ['TCP', `sip:bob@example.com;transport=TCP;lr;maddr=${SIPLET}`, 'sip:bob@example.com;lr', SIPLET],
  ] as const)(
    'PRT-06 §16.4 ours is taken off with what is not the default, over %s: %s',
    async (transport, uri, stripped, via) => {
      const seen: string[] = [];
      const initial = (request: SipRequest) => {
        seen.push(String(request.uri));
        request.pushRoute(uriOver(transport, 'bob').replace('sip:bob@', 'sip:').concat(';lr'));
        transit(request);
      };
      const listen = ['udp:10.0.0.9:5060', 'udp:10.0.0.9:5070', 'tcp:10.0.0.9:5060'];
      const s = await forwarding({ initial }, { transport, listen });
      s.call({ via }, uri);
      const invite = await s.bob.receive('INVITE');
      expect([seen, invite.uri]).toEqual([[stripped], stripped]);
    },
  );

  test('PRT-06 §16.4 ours stays when the request came by another port or transport', async () => {
    const uris: string[] = [];
    const initial = (request: SipRequest) => {
      uris.push(String(request.uri));
      request.pushRoute('sip:10.0.0.2;lr');
      transit(request);
    };
    const s = await forwarding(
      { initial },
      { listen: ['udp:10.0.0.9:5060', 'udp:10.0.0.9:5070', 'tcp:10.0.0.9:5060'] },
    );
    const sent = [`sip:bob@example.com:5070;maddr=${SIPLET}`, `sip:bob@example.com;maddr=${SIPLET};transport=tcp`];
    for (const uri of sent) {
      s.call({}, uri);
      expect((await s.bob.receive('INVITE')).uri).toBe(uri);
    }
    expect(uris).toEqual(sent);
  });

  test.each(BOTH)("PRT-07 §16.5 another's is the one target, over %s", async (transport) => {
    const s = await forwarding({}, { transport });
    s.world.resolver.address('example.com', '10.0.0.2');
    const tcp = transport === 'TCP' ? ';transport=tcp' : '';
    const call = s.call({}, `sip:bob@example.com;maddr=10.0.0.3${tcp}`);
    const received = await s.carol.receive('INVITE');
    expectForwarded(received.message, call.message);
    await s.nothingReaches(s.bob);
  });
});

describe('§16.12 loose routing end to end', () => {
  test.each(BOTH)(
    'PRT-10 §16.12.1.1 the trapezoid: requests in the dialog pass both proxies, both ways, over %s',
    async (transport) => {
      const tcp = transport === 'TCP' ? ';transport=tcp' : '';
      const onward = proxies(`sip:bob@10.0.0.19${tcp}`, { recordRoute: true });
      const s = await forwarding({ initial: onward }, { transport });
      const P2 = applicationOf({ initial: proxies(s.uri('bob'), { recordRoute: true }) });
      const p2 = await Siplet.start(s.world, { p2: { P2 } }, { name: 'p2', addresses: ['10.0.0.19'] });
      const { call, invite } = await established(s);
      const p = (address: string) => `<sip:${address}:5060${tcp};lr;sid>`;
      const routes = [p('10.0.0.19'), p('10.0.0.9')];
      expect(invite.list('Record-Route').map((value) => value.replace(/sid=[^>]*/, 'sid'))).toEqual(routes);
      const [atBob, atAlice] = await bothWays(call, s.alice, invite, s.bob);
      const path = ({ message }: ServerRequest) =>
        message.list('Via').map((via) => via.replace(/^\S+ ([^:;]*).*/, '$1'));
      expect(path(present(atBob))).toEqual(['10.0.0.19', '10.0.0.9', '10.0.0.1']);
      expect(path(present(atAlice))).toEqual(['10.0.0.9', '10.0.0.19', '10.0.0.2']);
      const bye = invite.bye();
      (await s.alice.receive('BYE')).reply(200);
      await bye.response(200);
      const lines = s.world.network.record
        .filter(({ wire, kind }) => /^(INFO|BYE|ACK) /.test(wire) && kind !== 'segment')
        .map(({ wire }) => wire.slice(0, wire.indexOf('\r\n')));
      const [a, b] = [s.alice.contactFor(transport), s.bob.contactFor(transport)];
      expect(lines).toEqual([
        ...Array(3).fill(`ACK ${b} SIP/2.0`),
        ...Array(3).fill(`INFO ${b} SIP/2.0`),
        ...Array(3).fill(`INFO ${a} SIP/2.0`),
        ...Array(3).fill(`BYE ${a} SIP/2.0`),
      ]);
      await s.world.runUntilIdle();
      expect(
        [s.container.alive, p2.alive].flatMap((alive) => Object.values(alive).filter((count) => count > 0)),
      ).toEqual([]);
    },
  );

  test.each(BOTH)(
    'PRT-11 §16.12.1.2 a strict router downstream: it becomes the Request-URI, which goes last, over %s',
    async (transport) => {
      const s = await forwarding({}, { transport });
      const strict = s.route('carol', '');
      const call = s.call({ route: [OURS[transport], strict, s.route('dave')] });
      const received = await s.carol.receive('INVITE');
      const headers = { Route: [s.route('dave'), `<${call.message.uri}>`] };
      expectForwarded(received.message, call.message, { uri: strict.slice(1, -1), headers });
      const alone = s.call({ route: [OURS[transport], strict] });
      const other = await s.carol.receive('INVITE');
      expectForwarded(other.message, alone.message, {
        uri: strict.slice(1, -1),
        headers: { Route: [`<${alone.message.uri}>`] },
      });
    },
  );

  test.each([
    ['UDP', 'TCP'],
    ['TCP', 'UDP'],
  ] as const)(
    'PRT-12 §16.12.1.3 RFC 5658 each side has a value that it can reach: from %s to %s',
    async (transport, other) => {
      const s = await forwarding({ initial: proxies(uriOver(other, 'bob'), { recordRoute: true }) }, { transport });
      const { call, invite } = await established(s);
      const values = invite.list('Record-Route').map((value) => value.replace(/;sid=[^>]*/, ''));
      const of = (name: Transport) => `<sip:10.0.0.9:5060${name === 'TCP' ? ';transport=tcp' : ''};lr>`;
      expect(values).toEqual([of(other), of(transport)]);
      const [atBob, atAlice] = await bothWays(call, s.alice, invite, s.bob);
      expect([present(atBob).arrival.transport, present(atAlice).arrival.transport]).toEqual([other, transport]);
    },
  );

  test('PRT-12 §16.12.1.3 a neighbour may rewrite its own value in the response', async () => {
    const s = await forwarding(staying('UDP'));
    const neighbour = 'sip:p@10.0.0.4;lr';
    const call = s.call({ headers: { 'Record-Route': `<${neighbour};side=in>` } });
    const invite = await s.bob.receive('INVITE');
    const [ours = '', theirs] = invite.list('Record-Route');
    expect(theirs).toBe(`<${neighbour};side=in>`);
    invite.reply(200, { headers: { 'Record-Route': [ours, `<${neighbour};side=out>`] } });
    const response = await call.response(200);
    expect(response.list('Record-Route')).toEqual([ours, `<${neighbour};side=out>`]);
    const info = call.dialog.request('INFO', { route: [ours], via: SIPLET });
    (await s.bob.receive('INFO')).reply(200);
    await info.response(200);
    const back = invite.dialog.request('INFO'); // Route: ours, then the neighbour's as bob knows it
    const handed = await s.dave.receive('INFO');
    expect(handed.list('Route')).toEqual([`<${neighbour};side=in>`]);
    handed.reply(200);
    await back.response(200);
  });
});
