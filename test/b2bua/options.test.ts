// The options of a bridge for the leg to the callee: its path, its Contact, its interface, headers in its URI.
import { Address, type AddressLike, type BridgeOptions, IllegalStateError, SipParseError, SipUri } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { thrown } from '../world/script.js';
import { BOB } from '../world/stage.js';
import { bridging } from './bridging.js';

/** A bridge with these options; what Bob's INVITE looks like. */
async function invited(options: Partial<BridgeOptions>, listen?: readonly string[]) {
  const s = await bridging((request) => request.b2bua().bridge({ to: BOB, ...options }), undefined, {
    ...(listen && { listen }),
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  return { ...s, call, invite };
}

async function refused(s: Awaited<ReturnType<typeof invited>>): Promise<void> {
  s.invite.reply(486);
  await s.call.response(486);
  await s.over();
}

test('RULES.md section 3 route: the INVITE goes to the first URI, and has them all in order', async () => {
  const s = await invited({ to: 'sip:bob@example.net', route: ['<sip:10.0.0.2;lr>', 'sip:10.0.0.4;lr'] });
  expect(s.invite.message.list('Route')).toEqual(['<sip:10.0.0.2;lr>', '<sip:10.0.0.4;lr>']);
  expect(s.invite.message.startLine).toBe('INVITE sip:bob@example.net SIP/2.0');
  await refused(s);
});

test('§16.12.1.2 route: a first URI without lr is a strict router', async () => {
  const s = await invited({ to: 'sip:bob@example.net', route: 'sip:10.0.0.2' });
  expect([s.invite.message.startLine, s.invite.message.list('Route')]).toEqual([
    'INVITE sip:10.0.0.2 SIP/2.0',
    ['<sip:bob@example.net>'],
  ]);
  await refused(s);
});

test('RFC 3966 a callee with a tel URI is reached where the route says how', async () => {
  const s = await invited({ to: 'tel:+49301234567', route: 'sip:10.0.0.2;lr' });
  expect([s.invite.message.startLine, s.invite.header('To')]).toEqual([
    'INVITE tel:+49301234567 SIP/2.0',
    '<tel:+49301234567>',
  ]);
  await refused(s);
});

test('RFC 3966 a tel URI without a route is 416, and nothing is sent', async () => {
  const s = await bridging((request) => request.b2bua().bridge({ to: 'tel:+49301234567' }));
  await s.call().response(416);
  await s.over();
});

test('§12.1.2 later requests take the route set of the answer, not that of the INVITE', async () => {
  const s = await invited({ route: '<sip:10.0.0.2;lr>' });
  s.invite.reply(200, { headers: { 'Record-Route': '<sip:10.0.0.2:5060;lr;x=1>' } });
  await s.call.response(200);
  s.call.ack();
  await s.invite.ack();
  const bye = s.call.bye();
  const relayed = await s.bob.receive('BYE');
  expect(relayed.message.list('Route')).toEqual(['<sip:10.0.0.2:5060;lr;x=1>']);
  relayed.reply(200);
  await bye.response(200);
  await s.over();
});

test('§8.1.1.8 contact: the callee sees this user and these parameters, the caller does not', async () => {
  const s = await invited({ contact: { user: 'trunk', parameters: new Map([['line', '7']]) } });
  expect(s.invite.header('Contact')).toBe('<sip:trunk@10.0.0.9:5060;line=7>');
  s.invite.reply(200);
  expect((await s.call.response(200)).header('Contact')).toBe('<sip:10.0.0.9:5060>');
  s.call.ack();
  await s.invite.ack();
  const bye = s.invite.bye();
  (await s.alice.receive('BYE')).reply(200);
  await bye.response(200);
  await s.over();
});

test('RULES.md section 3 outboundInterface: the leg leaves from there, in the dialog too', async () => {
  const s = await invited({ outboundInterface: 'udp:10.0.0.9:5070' }, ['udp:10.0.0.9:5060', 'udp:10.0.0.9:5070']);
  expect(present(s.invite.message.list('Via')[0])).toContain('10.0.0.9:5070');
  expect(s.invite.header('Contact')).toBe('<sip:10.0.0.9:5070>');
  s.invite.reply(200);
  await s.call.response(200);
  s.call.ack();
  await s.invite.ack();
  const bye = s.call.bye();
  const relayed = await s.bob.receive('BYE');
  expect(present(relayed.message.list('Via')[0])).toContain('10.0.0.9:5070');
  relayed.reply(200);
  await bye.response(200);
  await s.over();
});

test.each<[string, Partial<BridgeOptions>, unknown]>([
  ['an interface that is not ours', { outboundInterface: 'udp:10.0.0.7:5060' }, IllegalStateError],
  [
    'a Contact parameter of the container',
    { contact: { parameters: new Map([['transport', 'tcp']]) } },
    IllegalStateError,
  ],
  ['a route that is not a URI', { route: 'over the hills' }, SipParseError],
])('RULES.md section 3 %s throws at once, and leaves no session behind', async (_, options, kind) => {
  let error: unknown;
  let sessions = 0;
  const s = await bridging((request) => {
    error = thrown(() => request.b2bua().bridge({ to: BOB, ...options }));
    sessions = [...request.applicationSession.sessions].length;
    request.createResponse(486).send();
  });
  await s.call().response(486);
  expect(error).toBeInstanceOf(kind as new () => unknown);
  expect(sessions).toBe(1);
  await s.over();
});

test('W-08 §19.1.5 headers in the URI of the callee become headers of its INVITE, Replaces among them', async () => {
  const s = await invited({ to: `${BOB}?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Subject=x%20y&X-Any=1` });
  expect(['Replaces', 'Subject', 'X-Any'].map((name) => s.invite.header(name))).toEqual([
    'a@b;to-tag=1;from-tag=2',
    'x y',
    '1',
  ]);
  expect([s.invite.message.startLine, s.invite.header('To')]).toEqual([`INVITE ${BOB} SIP/2.0`, `<${BOB}>`]);
  await refused(s);
});

const REPLACING = `${BOB}?replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2`;
test.each<[string, AddressLike]>([
  ['an address as text', `"Bob" <${REPLACING}>;x=1`],
  ['an Address', Address.parse(`<${REPLACING}>`)],
  ['a SipUri', SipUri.parse(REPLACING)],
])('W-08 §19.1.5 so they do where the callee is %s', async (_, to) => {
  const s = await invited({ to });
  expect(s.invite.header('Replaces')).toBe('a@b;to-tag=1;from-tag=2');
  await refused(s);
});

test('W-08 §19.1.5 headers about the sender, the path, the dialog and the body are left out', async () => {
  const dangerous = 'Route=%3Csip%3A10.0.0.4%3Blr%3E&From=x&Call-ID=x&CSeq=9%20BYE&Via=x&Contact=x&Authorization=x';
  const s = await invited({ to: `${BOB}?${dangerous}&P-Asserted-Identity=x&body=hello&Content-Type=text%2Fplain` });
  const { invite } = s;
  expect(['Route', 'Authorization', 'P-Asserted-Identity', 'Content-Type'].map((name) => invite.header(name))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect([invite.header('CSeq'), invite.message.body]).toEqual(['1 INVITE', '']);
  await refused(s);
});

test('W-08 §19.1.5 what the application gives in `headers` comes before the URI’s', async () => {
  const s = await invited({ to: `${BOB}?X-Any=uri&X-Other=uri`, headers: { 'X-Any': 'option' } });
  expect([s.invite.header('X-Any'), s.invite.header('X-Other')]).toEqual(['option', 'uri']);
  await refused(s);
});
