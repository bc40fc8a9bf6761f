// RULES.md section 5, JSR 289 §15: a router that fails, answers nonsense, or is not there.
import { ApplicationRouter, Message, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { BOB } from '../world/stage.js';
import { chosen, routerOf, service } from './chosen.js';

const FAILED = 'the router of chooser failed to answer';

test.each<[what: string, answer: () => unknown, said: string]>([
  [
    'throws',
    () => {
      throw new Error('no subscriber');
    },
    'no subscriber',
  ],
  [
    'returns a promise',
    async () => ({ nextApplicationName: 'a' }),
    'getNextApplication returned a promise: it must answer at once',
  ],
  [
    'returns a promise that rejects',
    async () => {
      throw new Error('later');
    },
    'getNextApplication returned a promise: it must answer at once',
  ],
  ['returns a text', () => 'a', "getNextApplication returned 'a'"],
  ['names no application', () => ({ nextApplicationName: 'nobody' }), 'it has chosen nobody, which is not in service'],
  [
    'names one without a handler',
    () => ({ nextApplicationName: 'postman' }),
    'it has chosen postman, which has no handler for this INVITE',
  ],
  [
    'gives an unknown region',
    () => ({ nextApplicationName: 'a', routingRegion: 'NORTH' }),
    "routingRegion must be one of ORIGINATING, TERMINATING, NEUTRAL, not 'NORTH'",
  ],
  [
    'gives an unknown modifier',
    () => ({ routeModifier: 'ROUND' }),
    "routeModifier must be one of ROUTE, ROUTE_BACK, NO_ROUTE, not 'ROUND'",
  ],
  ['gives no routes', () => ({ routeModifier: 'ROUTE' }), 'routeModifier ROUTE needs routes'],
  [
    'gives a route that is not a SIP URI',
    () => ({ routeModifier: 'ROUTE', routes: ['tel:+4912'] }),
    "'tel:+4912' is not a SIP URI: nothing can be routed there",
  ],
])('C-41 a router that %s: 500 to the caller, and the log says why', async (_, answer, said) => {
  @siplet()
  class Postman {
    @Message()
    take(request: SipRequest) {
      request.createResponse(202).send();
    }
  }
  const applications = { chooser: routerOf(answer), a: service('a', []), postman: { Postman } };
  const { alice, ends } = await chosen(applications);
  await alice.invite(BOB, { via: 'siplet' }).response(500);
  await ends([`${FAILED}: ${said}`]);
});

test('C-41 a router that fails for what an application has proxied: that branch has answered 500', async () => {
  const router = routerOf((_request, _region, directive) => {
    if (directive === 'NEW') return { nextApplicationName: 'a' };
    throw new Error('lost');
  });
  const { alice, bob, ends } = await chosen({ chooser: router, a: service('a', []) });
  await alice.invite(BOB, { via: 'siplet' }).response(500);
  await bob.receivesNothing();
  await ends([`${FAILED}: lost`]);
});

test('§21.5.4 while there is no router, requests are answered 503 with Retry-After, and one line says it', async () => {
  const { container, alice, bob, ends } = await chosen({ a: service('a', [], BOB) });
  for (let i = 0; i < 3; i++) {
    const refused = await alice.request('MESSAGE', BOB, { via: 'siplet' }).response(503);
    expect(refused.header('Retry-After')).toBe('10');
  }
  const problem = "the application 'chooser' (router.application) is not in service";
  expect(container.engine.router.problem).toBe(problem);
  await container.deploy(
    'chooser',
    routerOf((_r, _g, directive) => (directive === 'NEW' ? { nextApplicationName: 'a' } : {})),
  );
  expect(container.engine.router.problem).toBeUndefined();
  const call = alice.request('MESSAGE', BOB, { via: 'siplet' });
  (await bob.receive('MESSAGE')).reply(200);
  await call.response(200);
  await ends([`requests are answered 503: ${problem}`]);
});

test('section 5 an application that is named as the router and exports none', async () => {
  const { container, alice } = await chosen({ chooser: service('chooser', []) });
  await alice.request('MESSAGE', BOB, { via: 'siplet' }).response(503);
  expect(container.engine.router.problem).toBe(
    "the application 'chooser' (router.application) exports no class that is decorated with @ApplicationRouter()",
  );
});

test('section 5 a method that no application takes: 405 with the methods that some take', async () => {
  @siplet()
  class Postman {
    @Message()
    take(request: SipRequest) {
      request.createResponse(202).send();
    }
  }
  const { alice } = await chosen({ chooser: routerOf(() => undefined), postman: { Postman } });
  const refused = await alice.request('SUBSCRIBE', BOB, { via: 'siplet' }).response(405);
  expect(refused.header('Allow')).toBe('MESSAGE');
  await alice.request('MESSAGE', BOB, { via: 'siplet' }).response(404);
});

test('D-1 a new version of the router answers from then on; a call that is under way goes on with it', async () => {
  const asked: string[] = [];
  const versionOf = (name: string) =>
    routerOf((_request, _region, directive, _targeted, state) => {
      asked.push(`${name} ${directive} ${state ?? '-'}`);
      return directive === 'NEW' ? { nextApplicationName: 'a', stateInfo: name } : {};
    });
  let go = (): void => {};
  @siplet()
  class Waits {
    @Message()
    async take(request: SipRequest) {
      await new Promise<void>((resolve) => (go = resolve));
      request.proxy().proxyTo(BOB);
    }
  }
  const { world, container, alice, bob, ends } = await chosen({ chooser: versionOf('one'), a: { Waits } });
  const call = alice.request('MESSAGE', BOB, { via: 'siplet' });
  await world.deliver();
  await container.deploy('chooser', versionOf('two'));
  go();
  (await bob.receive('MESSAGE')).reply(200);
  await call.response(200);
  expect(asked).toEqual(['one NEW -', 'two CONTINUE one']);
  await ends();
});

test('section 5 what the router throws when it is told of applications is logged, and it is asked all the same', async () => {
  @ApplicationRouter()
  class Fails {
    applicationsDeployed() {
      throw new Error('no room');
    }
    getNextApplication() {
      return undefined;
    }
  }
  const { alice, ends } = await chosen({ chooser: { Fails }, a: service('a', []) });
  await alice.request('MESSAGE', BOB, { via: 'siplet' }).response(404);
  await ends(['applicationsDeployed of the router of chooser failed: no room']);
});
