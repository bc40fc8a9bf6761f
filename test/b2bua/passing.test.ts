// W-07, §19.1.5: which headers a handler may set in what goes on to the other leg, and those that a URI asks for.
import {
  IllegalStateError,
  Info,
  Invite,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
} from '@siplet/sdk';
import { expect, test } from 'vitest';
import { thrown } from '../world/script.js';
import { BOB } from '../world/stage.js';
import { bridging, doesAsTold } from './bridging.js';
import { talking } from './legs.js';

const OF_THE_LEG = ['Authorization', 'Proxy-Authorization', 'Session-Expires', 'Min-SE', 'Path', 'Timestamp', 'RSeq'];

let see: (message: SipRequest | SipResponse) => void;

@Siplet({ name: 'bridging' })
class Watching {
  @Invite()
  call(request: SipRequest): unknown {
    return doesAsTold(request);
  }

  @Info()
  info(request: SipRequest): void {
    see(request);
  }

  @ProvisionalResponse()
  rings(response: SipResponse): void {
    see(response);
  }
}

const bridge = (request: SipRequest) => request.b2bua().bridge({ to: BOB });

test.each(OF_THE_LEG)(
  'W-07 %s, which a handler sets in a response of a bridge, throws: it would not pass',
  async (name) => {
    let error: unknown;
    see = ({ headers }) => {
      error = thrown(() => headers.set(name, '1'));
      headers.set('X-Passes', '1');
    };
    const s = await bridging(bridge, Watching);
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    expect((await call.response(180)).header('X-Passes')).toBe('1');
    expect(error).toBeInstanceOf(IllegalStateError);
    expect(String(error)).toContain(`${name} of the 180 to the INVITE`);
    invite.reply(486);
    await call.response(486);
    await s.over();
  },
);

test.each(OF_THE_LEG)('W-07 the same in a request of a bridge: %s', async (name) => {
  let error: unknown;
  see = ({ headers }) => {
    error = thrown(() => headers.add(name, '1'));
    headers.delete(name);
    headers.set('X-Passes', '1');
  };
  const s = await bridging(bridge, Watching);
  const { alice } = await talking(s);
  const sent = alice.request('INFO');
  const info = await s.bob.receive('INFO');
  expect(info.header('X-Passes')).toBe('1');
  info.reply(200);
  await sent.response(200);
  expect(error).toBeInstanceOf(IllegalStateError);
  expect(String(error)).toContain(`${name} of the INFO`);
  const bye = alice.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.over();
});

test('W-07 a header of the leg that the application has set in the original: bridge and createRequest throw', async () => {
  const errors: unknown[] = [];
  const s = await bridging((request) => {
    request.headers.set('Proxy-Authorization', 'Digest x');
    errors.push(thrown(() => request.b2bua().createRequest({ to: BOB })));
    errors.push(thrown(() => bridge(request)));
    request.createResponse(486).send();
  });
  await s.call().response(486);
  expect(errors).toHaveLength(2);
  for (const error of errors) {
    expect(error).toBeInstanceOf(IllegalStateError);
    expect(String(error)).toMatch(
      /Proxy-Authorization, which the application has set in INVITE .*: give it in `headers`/,
    );
  }
  await s.over();
});

test('W-07 what the caller has sent of them is left behind as before, and `headers` of the bridge sets them', async () => {
  const s = await bridging((request) =>
    request.b2bua().bridge({ to: BOB, headers: { 'Proxy-Authorization': 'Digest username="trunk"' } }),
  );
  const call = s.call({ headers: { Authorization: 'Digest username="alice"' } });
  const invite = await s.bob.receive('INVITE');
  expect(invite.header('Authorization')).toBeUndefined();
  expect(invite.header('Proxy-Authorization')).toBe('Digest username="trunk"');
  invite.reply(486);
  await call.response(486);
  await s.over();
});

test('W-07 a request of the application itself in a bridged dialog takes any header', async () => {
  const s = await bridging(async (request) => {
    const { callee } = await bridge(request);
    const info = callee.createRequest('INFO');
    info.headers.set('Authorization', 'Digest x');
    await info.send();
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  const info = await s.bob.receive('INFO');
  expect(info.header('Authorization')).toBe('Digest x');
  info.reply(200);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.over();
});

test('§19.1.5 headers in the URI of `to` become headers of the INVITE, and are in no URI of it', async () => {
  const to = '<sip:bob@10.0.0.2?Replaces=call%40there%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces&X-Case=7>';
  const s = await bridging((request) => request.b2bua().bridge({ to }));
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect(invite.header('Replaces')).toBe('call@there;to-tag=1;from-tag=2');
  expect(invite.header('Require')).toBe('replaces');
  expect(invite.header('X-Case')).toBe('7');
  expect([invite.uri, invite.header('To')]).toEqual(['sip:bob@10.0.0.2', '<sip:bob@10.0.0.2>']);
  invite.reply(486);
  await call.response(486);
  await s.over();
});

const DANGEROUS = [
  'From',
  'Call-ID',
  'CSeq',
  'Via',
  'Record-Route',
  'Route',
  'Contact',
  'Max-Forwards',
  'To',
  'Accept',
  'Allow',
  'Supported',
  'User-Agent',
  'Content-Type',
  'Content-Length',
  'Authorization',
  'Proxy-Authorization',
  'P-Asserted-Identity',
  'Privacy',
  'body',
];

test.each(DANGEROUS)('§19.1.5 the URI cannot set %s', async (name) => {
  const to = `<sip:bob@10.0.0.2?${name}=planted&X-Case=7>`;
  const s = await bridging((request) => request.b2bua().bridge({ to }));
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect(String(invite.message)).not.toContain('planted');
  expect(invite.header('X-Case')).toBe('7');
  invite.reply(486);
  await call.response(486);
  await s.over();
});

test('§19.1.5 a header that cannot be written is left out: a name that is not a token, a value with a line break', async () => {
  const to = '<sip:bob@10.0.0.2?X%20Y=planted&X-Break=a%0D%0APlanted:%20b&X-Case=7>';
  const s = await bridging((request) => request.b2bua().bridge({ to }));
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect(String(invite.message).toLowerCase()).not.toContain('planted');
  expect(invite.header('X-Case')).toBe('7');
  invite.reply(486);
  await call.response(486);
  await s.over();
});
