// W-08: what applications read of requests, and when options may be set (JSR 289 §5.6.1, §10.2).
import { IllegalStateError, type ProxyOptions, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { proxies, type Script, scripted, thrown } from '../world/script.js';
import { BOB, CAROL, established, SIPLET } from '../world/stage.js';

/** What an application reads of Alice's request. */
async function read<T>(of: (request: SipRequest) => T, uri: string, route?: string, headers = {}): Promise<T> {
  const values: T[] = [];
  const s = await scripted({
    invite(request) {
      values.push(of(request));
      request.createResponse(486).send();
    },
  });
  await s.call({ headers, ...(route !== undefined && { route: [route] }) }, uri).response(486);
  await s.ends();
  return values[0] as T;
}

test.each([
  ['without a Route', undefined, ['web', true, undefined]],
  ['beside a Route of ours', `<sip:${SIPLET};lr>`, ['web', true, true]],
  ['but the Route of ours comes first', `<sip:${SIPLET};lr;app=menu>`, ['menu', true, true]],
] as const)('W-08 JSR 289 §5.6.1 parameter() gives those of the Request-URI, %s', async (_, route, wanted) => {
  const of = (request: SipRequest) => ['app', 'x', 'lr'].map((name) => request.parameter(name));
  expect(await read(of, 'sip:bob@example.com;app=web;x', route)).toEqual(wanted);
});

test('W-08 C-35 in a dialog parameter() gives those of our Record-Route alone', async () => {
  const values: unknown[] = [];
  const subsequent: Script['subsequent'] = (request) =>
    void values.push([request.parameter('mine'), request.parameter('theirs')]);
  const s = await scripted({
    invite(request) {
      const proxy = request.proxy({ recordRoute: true });
      proxy.recordRouteUri.parameters.set('mine', '1');
      proxy.proxyTo(BOB);
    },
    subsequent,
  });
  const { call } = await established(s);
  call.dialog.remoteTarget = 'sip:bob@10.0.0.2;theirs=2';
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(values).toEqual([
    ['1', undefined],
    ['1', undefined],
  ]);
  await s.ends();
});

test.each(['Contact', 'Via', 'P-Asserted-Identity'])(
  'W-08 §7.3.1 headers.get gives the first of a list: %s',
  async (name) => {
    const two =
      name === 'Via' ? 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx, SIP/2.0/UDP p;branch=z9hG4bKy' : '<sip:a@x>, <sip:b@x>';
    expect(await read((request) => request.headers.get(name), BOB, undefined, { [name]: two })).not.toContain(',');
  },
);

test('W-08 remote, local and initialRemote name the transport in lower case', async () => {
  const of = ({ remote, local, initialRemote }: SipRequest) =>
    [remote, local, initialRemote].map((end) => end?.transport);
  expect(await read(of, BOB)).toEqual(['udp', 'udp', 'udp']);
});

const OPTIONS: ProxyOptions[] = [
  { recordRoute: true },
  { supervised: false },
  { recurse: false },
  { noCancel: true },
  { timeout: '5s' },
  { provisionalTimeout: '5s' },
  { addToPath: true },
  { outboundInterface: SIPLET },
  { recordRouteUri: 'sip:x;a=b' },
  { pathUri: 'sip:x;a=b' },
];
test.each(OPTIONS)('W-08 JSR 289 §10.2 %o that is set after the start throws', async (options) => {
  const errors: unknown[] = [];
  const s = await scripted({
    invite(request) {
      proxies(BOB)(request);
      errors.push(thrown(() => request.proxy(options)));
    },
    error: ({ proxy }) => void errors.push(thrown(() => proxy?.originalRequest.proxyTo(CAROL, options))),
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(486);
  await call.response(486);
  expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true]);
  await s.ends();
});
