// RULES.md section 5, JSR 289 §15.6: what a router may answer, and what the container makes of it.
import { Invite, type RouterInfo, type SipRequest, StatelessRoute, Siplet as siplet } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { BOB } from '../world/stage.js';
import { chosen, routerOf, service } from './chosen.js';

describe('directives and state', () => {
  test('JSR 289 §15.4 the first question is NEW; when an application has proxied, CONTINUE with the region and the state of the answer before', async () => {
    const asked: string[] = [];
    const steps = [{ nextApplicationName: 'a', routingRegion: 'ORIGINATING', stateInfo: { left: ['b'] } }];
    const router = routerOf((_request, _region, directive, _targeted, state) => {
      if (directive === 'NEW') return steps[0];
      const [name, ...left] = (state as { left: string[] }).left;
      return name === undefined ? {} : { nextApplicationName: name, stateInfo: { left } };
    }, asked);
    const { alice, bob, ends } = await chosen({ chooser: router, a: service('a', []), b: service('b', []) });
    const call = alice.request('MESSAGE', BOB, { via: 'siplet' });
    (await bob.receive('MESSAGE')).reply(200);
    await call.response(200);
    expect(asked).toEqual([
      'MESSAGE NEW - -',
      'MESSAGE CONTINUE ORIGINATING {"left":["b"]}',
      'MESSAGE CONTINUE NEUTRAL {"left":[]}',
    ]);
    await ends();
  });

  test('JSR 289 §15.4 every branch of a search is asked about, with its own Request-URI', async () => {
    const asked: string[] = [];
    const router = routerOf((request, _region, directive) => {
      asked.push(String(request.uri));
      return directive === 'NEW' ? { nextApplicationName: 'fork' } : {};
    });
    @siplet()
    class Fork {
      @Invite()
      ring(request: SipRequest) {
        request.proxy().proxyTo([BOB, 'sip:carol@10.0.0.3']);
      }
    }
    const { alice, bob, carol } = await chosen({ chooser: router, fork: { Fork } });
    alice.invite('sip:team@example.com', { via: 'siplet' });
    await bob.receive('INVITE');
    await carol.receive('INVITE');
    expect(asked).toEqual(['sip:team@example.com', BOB, 'sip:carol@10.0.0.3']);
  });

  test('section 5 the router may choose an application twice for one request: that is not a loop', async () => {
    const seen: string[] = [];
    const router = routerOf((_request, _region, _directive, _targeted, turn) => {
      const next = ((turn as number | undefined) ?? 0) + 1;
      return next > 3 ? {} : { nextApplicationName: 'again', stateInfo: next };
    });
    const { alice, bob, ends } = await chosen({ chooser: router, again: service('again', seen) });
    const call = alice.request('MESSAGE', BOB, { via: 'siplet' });
    const message = await bob.receive('MESSAGE');
    expect(seen).toHaveLength(3);
    expect(message.list('Via')).toHaveLength(4);
    message.reply(200);
    await call.response(200);
    await ends();
  });

  test('§16.3 step 3 a router that never lets a request go is ended by Max-Forwards', async () => {
    const seen: string[] = [];
    const router = routerOf(() => ({ nextApplicationName: 'again' }));
    const { alice, ends } = await chosen({ chooser: router, again: service('again', seen) });
    const call = alice.request('MESSAGE', BOB, { via: 'siplet', headers: { 'Max-Forwards': '9' } });
    await call.response(483);
    expect(seen).toHaveLength(9);
    await ends();
  });
});

describe('routes', () => {
  const ROUTES = ['sip:10.0.0.3;lr', 'sip:10.0.0.4;lr'];

  test('JSR 289 §15.6 ROUTE: what an application has proxied leaves by the routes, whatever name stands beside', async () => {
    const router = routerOf((_request, _region, directive): RouterInfo => {
      if (directive === 'NEW') return { nextApplicationName: 'a' };
      return { nextApplicationName: 'b', routes: ROUTES, routeModifier: 'ROUTE' };
    });
    const seen: string[] = [];
    const { alice, carol, ends } = await chosen({ chooser: router, a: service('a', seen), b: service('b', seen) });
    const call = alice.request('MESSAGE', BOB, { via: 'siplet' });
    const message = await carol.receive('MESSAGE');
    expect(message.list('Route')).toEqual(['<sip:10.0.0.3;lr>', '<sip:10.0.0.4;lr>']);
    expect(message.uri).toBe(BOB);
    message.reply(200);
    await call.response(200);
    expect(seen.map((line) => line[0])).toEqual(['a']);
    await ends();
  });

  test('JSR 289 §15.6 ROUTE: a request from outside is forwarded with no application in between', async () => {
    const router = routerOf((): RouterInfo => ({ routes: ['sip:10.0.0.3;lr'], routeModifier: 'ROUTE' }));
    const { world, container, alice, carol, ends } = await chosen({ chooser: router });
    const call = alice.invite(BOB, { via: 'siplet' });
    const invite = await carol.receive('INVITE');
    expect(invite.header('Max-Forwards')).toBe('69');
    expect(invite.list('Record-Route')).toEqual([]);
    invite.reply(200);
    await call.response(200);
    expect(container.engine.size.applicationSessions).toBe(0);
    expect(world.ladder({ times: false, participants: ['alice', 'siplet', 'carol'] })).toMatchInlineSnapshot(`
      "  alice          siplet           carol
          |--INVITE------>|               |
          |<--100 Trying--|               |
          |               |--INVITE------>|
          |               |<--200 OK------|
          |<--200 OK------|               |"
    `);
    await ends();
  });

  test('JSR 289 §15.6 ROUTE: a route of ours is not pushed, the application has it as poppedRoute', async () => {
    const popped: string[] = [];
    @siplet()
    class Reads {
      @Invite()
      read(request: SipRequest) {
        popped.push(String(request.poppedRoute), String(request.parameter('tariff')));
        request.createResponse(486).send();
      }
    }
    const routes = ['sip:10.0.0.9;lr;tariff=night'];
    const router = routerOf(() => ({ nextApplicationName: 'reads', routes, routeModifier: 'ROUTE' }));
    const { alice, ends } = await chosen({ chooser: router, reads: { Reads } });
    await alice.invite(BOB, { via: 'siplet' }).response(486);
    expect(popped).toEqual([expect.stringContaining('tariff=night'), 'night']);
    await ends();
  });

  test('JSR 289 §15.6 ROUTE: with a route of ours and no name it comes back at once, with the state', async () => {
    const popped: string[] = [];
    const router = routerOf((request, _region, directive, _targeted, state): RouterInfo => {
      if (directive === 'NEW') return { routes: ['sip:10.0.0.9;lr;x=1'], routeModifier: 'ROUTE', stateInfo: 'out' };
      if (request.poppedRoute !== undefined) popped.push(`${request.poppedRoute.uri} ${state}`);
      return popped.length === 1 && state === 'out' ? { nextApplicationName: 'a', stateInfo: 'in' } : {};
    });
    const { alice, bob, ends } = await chosen({ chooser: router, a: service('a', []) });
    const call = alice.request('MESSAGE', BOB, { via: 'siplet' });
    (await bob.receive('MESSAGE')).reply(200);
    await call.response(200);
    expect(popped).toEqual(['sip:10.0.0.9;lr;x=1 out']);
    await ends();
  });

  test('JSR 289 §15.6 ROUTE_BACK: out by the routes, back by a Route of ours, and asked with the state that was given', async () => {
    const asked: string[] = [];
    const router = routerOf((_request, _region, directive): RouterInfo => {
      if (directive === 'NEW')
        return {
          routes: ['sip:10.0.0.3;lr'],
          routeModifier: 'ROUTE_BACK',
          routingRegion: 'ORIGINATING',
          stateInfo: { paid: false },
        };
      return asked.length > 2 ? {} : { nextApplicationName: 'a', stateInfo: 'last' };
    }, asked);
    const seen: string[] = [];
    const { world, alice, bob, carol, ends } = await chosen({ chooser: router, a: service('a', seen) });
    const call = alice.request('MESSAGE', BOB, { via: 'siplet' });
    const outside = await carol.receive('MESSAGE');
    const [first, back] = outside.list('Route');
    expect(first).toBe('<sip:10.0.0.3;lr>');
    expect(back).toMatch(/^<sip:10\.0\.0\.9:5060;lr;return=[a-z0-9]+>$/);
    // Carol's element is a proxy: what it does to the request is written out here.
    const again = carol.request('MESSAGE', BOB, {
      via: 'siplet',
      route: [present(back)],
      callId: outside.message.callId,
      from: '<sip:alice@10.0.0.1>',
    });
    (await bob.receive('MESSAGE')).reply(200);
    await again.response(200);
    outside.reply(200);
    await call.response(200);
    expect(asked).toEqual([
      'MESSAGE NEW - -',
      'MESSAGE CONTINUE ORIGINATING {"paid":false}',
      'MESSAGE CONTINUE NEUTRAL "last"',
    ]);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice                siplet                 carol            bob
          |--MESSAGE----------->|                     |               |
          |                     |--MESSAGE----------->|               |
          |                     |<--MESSAGE-----------|               |
          |                     |--MESSAGE--------------------------->|
          |                     |<--200 OK (MESSAGE)------------------|
          |                     |--200 OK (MESSAGE)-->|               |
          |                     |<--200 OK (MESSAGE)--|               |
          |<--200 OK (MESSAGE)--|                     |               |"
    `);
    await ends();
  });

  test('JSR 289 §15.6 ROUTE_BACK: what comes back under another Call-ID, or after five minutes, is refused', async () => {
    const router = routerOf((): RouterInfo => ({ routes: ['sip:10.0.0.3;lr'], routeModifier: 'ROUTE_BACK' }));
    const { world, alice, carol } = await chosen({ chooser: router });
    alice.request('MESSAGE', BOB, { via: 'siplet' });
    const outside = await carol.receive('MESSAGE');
    const route = [present(outside.list('Route')[1])];
    await carol.request('MESSAGE', BOB, { via: 'siplet', route }).response(500);
    await world.run(300_000);
    await carol.request('MESSAGE', BOB, { via: 'siplet', route, callId: outside.message.callId }).response(500);
  });

  test('JSR 289 §15.6 NO_ROUTE: routes are not looked at', async () => {
    const router = routerOf((_request, _region, directive): RouterInfo => {
      return directive === 'NEW' ? { nextApplicationName: 'a', routes: ['sip:10.0.0.3;lr'] } : { routes: ['nonsense'] };
    });
    const { alice, bob } = await chosen({ chooser: router, a: service('a', []) });
    alice.request('MESSAGE', BOB, { via: 'siplet' });
    expect((await bob.receive('MESSAGE')).list('Route')).toEqual([]);
  });
});

describe('stateless siplets', () => {
  @siplet({ stateless: true })
  class Shard {
    @StatelessRoute()
    route() {
      return BOB;
    }
  }

  test('section 6 the router chooses a stateless siplet for a request, for its ACK and for its CANCEL; stateful ones beside it', async () => {
    const asked: string[] = [];
    const router = routerOf((request, _region, directive) => {
      if (directive !== 'NEW') return {};
      return { nextApplicationName: request.uri.toString().includes('shard') ? 'shard' : 'a' };
    }, asked);
    const seen: string[] = [];
    const applications = { chooser: router, shard: { Shard }, a: service('a', seen, 'sip:carol@10.0.0.3') };
    const { container, alice, bob, carol, ends } = await chosen(applications);
    const call = alice.invite('sip:shard@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    expect(container.alive.inviteServer).toBe(0);
    invite.reply(486);
    await call.response(486);
    await invite.ack();
    expect(asked).toEqual(['INVITE NEW - -', 'INVITE NEW - -']);
    asked.length = 0;
    const other = alice.invite('sip:other@example.com', { via: 'siplet' });
    (await carol.receive('INVITE')).reply(486);
    await other.response(486);
    // It was asked before there was a transaction, and not again when there was one.
    expect(asked).toEqual(['INVITE NEW - -', 'INVITE CONTINUE NEUTRAL -']);
    await ends();
  });
});
