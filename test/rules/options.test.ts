// RULES.md section 3, W-08: an option of a proxy or of a branch that comes too late is refused.
import { IllegalStateError, type ProxyBranch, type SipProxy } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { scripted, thrown } from '../world/script.js';
import { ALICE, BOB, CAROL } from '../world/stage.js';

const ON_PROXY: { readonly [name: string]: (proxy: SipProxy) => void } = {
  supervised: (proxy) => Object.assign(proxy, { supervised: false }),
  recurse: (proxy) => Object.assign(proxy, { recurse: false }),
  recordRoute: (proxy) => Object.assign(proxy, { recordRoute: true }),
  recordRouteUri: (proxy) => Object.assign(proxy, { recordRouteUri: 'sip:x;y=z' }),
  addToPath: (proxy) => Object.assign(proxy, { addToPath: true }),
  timeout: (proxy) => Object.assign(proxy, { timeout: '9s' }),
  provisionalTimeout: (proxy) => Object.assign(proxy, { provisionalTimeout: '9s' }),
  noCancel: (proxy) => Object.assign(proxy, { noCancel: true }),
  outboundInterface: (proxy) => Object.assign(proxy, { outboundInterface: '10.0.0.9' }),
  'an option of proxyTo': (proxy) => void proxy.originalRequest.proxyTo(CAROL, { timeout: '9s' }),
};

test.each(Object.keys(ON_PROXY))('W-08 %s of a proxy that was started throws, and changes nothing', async (name) => {
  const errors: unknown[] = [];
  const s = await scripted({
    invite(request) {
      const proxy = request.proxyTo(BOB);
      errors.push(thrown(() => ON_PROXY[name]?.(proxy)));
    },
    best({ proxy }) {
      errors.push(thrown(() => ON_PROXY[name]?.(present(proxy))));
    },
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect(invite.header('Record-Route')).toBeUndefined();
  invite.reply(486);
  await call.response(486);
  expect(errors).toHaveLength(2);
  for (const error of errors) {
    expect(error).toBeInstanceOf(IllegalStateError);
    expect(String(error)).toMatch(
      /^IllegalStateError: rules cannot set \w+ for the INVITE .*: its proxy has been started$/,
    );
  }
  await s.ends();
});

const ON_BRANCH: { readonly [name: string]: (branch: ProxyBranch) => void } = {
  timeout: (branch) => Object.assign(branch, { timeout: '9s' }),
  recurse: (branch) => Object.assign(branch, { recurse: false }),
  recordRoute: (branch) => Object.assign(branch, { recordRoute: false }),
  recordRouteUri: (branch) => Object.assign(branch, { recordRouteUri: 'sip:x;y=z' }),
  addToPath: (branch) => Object.assign(branch, { addToPath: true }),
  outboundInterface: (branch) => Object.assign(branch, { outboundInterface: '10.0.0.9' }),
};

test.each(Object.keys(ON_BRANCH))('W-08 %s of a branch that was started throws', async (name) => {
  let error: unknown;
  const s = await scripted({
    invite(request) {
      const proxy = request.proxyTo(BOB, { recordRoute: true });
      error = thrown(() => ON_BRANCH[name]?.(present(proxy.branches[0])));
    },
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(486);
  await call.response(486);
  expect(error).toEqual(new IllegalStateError(`${name}: the branch to ${BOB} has been started`));
  await s.ends();
});

test('RULES.md section 3 a branch of a sequential search that waits for its turn may still be changed', async () => {
  const s = await scripted({
    invite(request) {
      const proxy = request.proxyTo([BOB, CAROL], { parallel: false });
      present(proxy.branch(CAROL)).recordRoute = true;
    },
  });
  const call = s.call();
  const first = await s.bob.receive('INVITE');
  expect(first.header('Record-Route')).toBeUndefined();
  first.reply(486);
  const second = await s.carol.receive('INVITE');
  expect(second.header('Record-Route')).toBeDefined();
  second.reply(486);
  await call.response(486);
  await s.ends();
});

test('C-35 recordRouteUri is live until the start; changing it afterwards throws', async () => {
  const errors: unknown[] = [];
  const s = await scripted({
    invite(request) {
      const proxy = request.proxy({ recordRoute: true });
      const uri = proxy.recordRouteUri;
      uri.parameters.set('leg', 'a');
      const [branch] = proxy.createBranches(BOB);
      const own = present(branch).recordRouteUri;
      own.parameters.set('own', 'b');
      proxy.start();
      errors.push(thrown(() => uri.parameters.set('leg', 'c')));
      errors.push(thrown(() => proxy.recordRouteUri.parameters.delete('leg')));
      errors.push(thrown(() => own.parameters.clear()));
    },
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect(invite.header('Record-Route')).toMatch(/;leg=a;own=b[;>]/);
  invite.reply(486);
  await call.response(486);
  const late = new IllegalStateError('recordRouteUri cannot be changed: the request has been sent');
  expect(errors).toEqual([late, late, late]);
  await s.ends();
});

test('RFC 3327 addToPath and pathUri of one branch alone', async () => {
  let read: unknown;
  const s = await scripted({
    register(request) {
      const proxy = request.proxy();
      const [bob, carol] = proxy.createBranches([BOB, CAROL]);
      present(bob).addToPath = true;
      present(bob).pathUri.parameters.set('edge', '1');
      read = [present(bob).addToPath, present(carol).addToPath, proxy.addToPath];
      expect(() => present(carol).pathUri).toThrow(
        new IllegalStateError('pathUri is there only when addToPath is true'),
      );
      proxy.start();
    },
  });
  const sent = s.request('REGISTER', { to: ALICE });
  const [atBob, atCarol] = [await s.bob.receive('REGISTER'), await s.carol.receive('REGISTER')];
  expect(atBob.header('Path')).toMatch(/;edge=1[;>]/);
  expect(atBob.list('Supported')).toContain('path');
  expect(atCarol.header('Path')).toBeUndefined();
  expect(read).toEqual([true, false, false]);
  atBob.reply(200);
  atCarol.reply(200);
  await sent.response(200);
  await s.ends();
});

test('RFC 3327 a branch may go without the Path that the others get, or with one of its own', async () => {
  const s = await scripted({
    register(request) {
      const proxy = request.proxy({ addToPath: true, pathUri: 'sip:x;all=1' });
      const [bob, carol] = proxy.createBranches([BOB, CAROL]);
      present(bob).addToPath = false;
      present(carol).pathUri = 'sip:x;own=1';
      proxy.start();
    },
  });
  const sent = s.request('REGISTER', { to: ALICE });
  const [atBob, atCarol] = [await s.bob.receive('REGISTER'), await s.carol.receive('REGISTER')];
  expect(atBob.header('Path')).toBeUndefined();
  expect(atCarol.header('Path')).toMatch(/;all=1;own=1[;>]/);
  atBob.reply(200);
  atCarol.reply(200);
  await sent.response(200);
  await s.ends();
});

test('RULES.md section 3 JSR 289 §14.2 outboundInterface of one branch alone', async () => {
  const read: unknown[] = [];
  const s = await scripted(
    {
      invite(request) {
        const proxy = request.proxy({ outboundInterface: 'udp:10.0.0.9:5060' });
        const [bob, carol] = proxy.createBranches([BOB, CAROL]);
        present(carol).outboundInterface = 'udp:10.0.0.10:5060';
        read.push(present(bob).outboundInterface, present(carol).outboundInterface);
        read.push(thrown(() => Object.assign(present(bob), { outboundInterface: '10.0.0.77' })));
        proxy.start();
      },
    },
    { addresses: ['10.0.0.9', '10.0.0.10'] },
  );
  const call = s.call();
  const [atBob, atCarol] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
  expect([atBob.arrival.from.address, atCarol.arrival.from.address]).toEqual(['10.0.0.9', '10.0.0.10']);
  expect(read).toEqual([
    'udp:10.0.0.9:5060',
    'udp:10.0.0.10:5060',
    new RangeError('outboundInterface: the container does not listen on 10.0.0.77'),
  ]);
  atBob.reply(486);
  atCarol.reply(486);
  await call.response(486);
  await s.ends();
});
