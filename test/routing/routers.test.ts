// Both routers by themselves: what they are told of, what they keep, and what requests that applications send are asked
// with.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { RoutingDirective } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import type { DeployedApplication } from '../../container/application/application.js';
import { present } from '../../container/base/present.js';
import { Request } from '../../container/message/index.js';
import { CustomRouter } from '../../container/routing/custom-router.js';
import { DefaultRouter } from '../../container/routing/default-router.js';
import { Returns } from '../../container/routing/returns.js';
import { Destination } from '../../container/routing/router.js';
import { OUTSIDE, type RoutingState, sentBy } from '../../container/transport/routing-state.js';
import { BOB } from '../world/stage.js';
import { VirtualClock } from '../world/virtual-clock.js';
import { chosen, routerOf, service } from './chosen.js';

/** Applications that come and go, and tell of it as the deployments do. */
class Fleet {
  active: readonly DeployedApplication[] = [];
  readonly #listeners: (() => void)[] = [];

  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  set(...active: object[]): void {
    this.active = active as DeployedApplication[];
    for (const listener of this.#listeners) listener();
  }
}

const HANDLER = { siplet: {}, label: 'X.take' };

function application(name: string, router?: object): object {
  const table = {
    initial: (method: string) => (method === 'MESSAGE' ? HANDLER : undefined),
    initialMethods: ['MESSAGE'],
  };
  const siplets = router === undefined ? [{}] : [];
  return { name, table, siplets, router, log: { error() {} } };
}

function message(): Request {
  const request = new Request('MESSAGE', BOB);
  request.append('From', '<sip:alice@10.0.0.1>;tag=1');
  request.append('To', `<${BOB}>`);
  request.append('Call-ID', 'one');
  request.append('CSeq', '1 MESSAGE');
  return request;
}

const ask = (
  router: DefaultRouter | CustomRouter,
  routingState: RoutingState = OUTSIDE,
  directive: RoutingDirective = 'NEW',
) => router.next(message(), undefined, undefined, routingState, directive, undefined);

describe('the default router', () => {
  test('D-3 of a list of applications that is no more nothing is kept, though no request comes', async () => {
    const fleet = new Fleet();
    const router = new DefaultRouter(fleet);
    let first: unknown;
    const gone = (() => {
      fleet.set(application('a'));
      first = ask(router);
      expect(ask(router)).toBe(first); // an answer is worked out once
      first = undefined;
      return new WeakRef(present(fleet.active[0]));
    })();
    expect(gone.deref()).toBeDefined();
    fleet.set(application('b'));
    await new Promise(setImmediate); // what a WeakRef has given is held until the turn ends
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    expect(gone.deref()).toBeUndefined();
    expect((ask(router) as Destination).application.name).toBe('b');
  });

  test('section 5 a request that an application sends goes to the others, not to itself; one made from another, to those that have not had it', () => {
    const fleet = new Fleet();
    const router = new DefaultRouter(fleet);
    fleet.set(application('a'), application('b'), application('c'));
    const nameOf = (routingState: RoutingState) =>
      (ask(router, routingState) as Destination | undefined)?.application.name;
    expect(nameOf(sentBy('b', OUTSIDE))).toBe('a');
    const taken = ask(router) as Destination;
    expect(sentBy('a', taken)).toBe(taken);
    expect(nameOf(taken)).toBe('b');
    expect(nameOf(sentBy('b', taken))).toBe('c');
    expect(nameOf(sentBy('c', sentBy('b', taken)))).toBeUndefined();
  });

  test('section 5 Allow names what the order leads to, and nothing else', () => {
    const fleet = new Fleet();
    const router = new DefaultRouter(fleet, new Map([['MESSAGE', ['b']]]));
    fleet.set(application('a'));
    expect(router.methods).toEqual([]);
    fleet.set(application('a'), application('b'));
    expect(router.methods).toEqual(['MESSAGE']);
  });
});

describe('a router that an application exports', () => {
  function recorded(told: string[], name = 'router'): object {
    return {
      applicationsDeployed: (names: readonly string[]) => told.push(`${name} + ${names.join()}`),
      applicationsUndeployed: (names: readonly string[]) => told.push(`${name} - ${names.join()}`),
      getNextApplication: () => void told.push(`${name} ?`),
    };
  }

  const custom = (fleet: Fleet) =>
    new CustomRouter({ applications: fleet, name: 'chooser', isKnown: () => false, own: {}, log: {} } as never);

  test('JSR 289 §15.6 it is told of all applications before the first question, then of each that comes and goes', () => {
    const told: string[] = [];
    const fleet = new Fleet();
    const router = custom(fleet);
    const chooser = application('chooser', recorded(told));
    fleet.set(application('a'), application('b'));
    fleet.set(application('a'), application('b'), chooser);
    ask(router);
    fleet.set(application('a'), application('b'), application('c'), chooser);
    fleet.set(application('b'), application('c'), chooser);
    // Another version of an application has the same name.
    fleet.set(application('b'), application('c'), chooser);
    ask(router);
    expect(told).toEqual(['router + a,b', 'router ?', 'router + c', 'router - a', 'router ?']);
  });

  test('D-1 the router of a new version is told of all of them before it is asked, and the former one of nothing more', () => {
    const told: string[] = [];
    const fleet = new Fleet();
    const router = custom(fleet);
    fleet.set(application('a'), application('chooser', recorded(told, 'one')));
    fleet.set(application('a'), application('chooser', recorded(told, 'two')));
    fleet.set(application('a'), application('b'), ...fleet.active.slice(1));
    ask(router);
    expect(told).toEqual(['one + a', 'two + a', 'two + b', 'two ?']);
  });

  test('JSR 289 §15.4 REVERSE and CONTINUE bring back region and state of the request that it is made from, NEW has none', async () => {
    const asked: string[] = [];
    const answer = { nextApplicationName: 'a', routingRegion: 'TERMINATING', stateInfo: 7 };
    const { container } = await chosen({ chooser: routerOf(() => answer, asked), a: service('a', []) });
    const { services, router } = container.engine;
    const taken = router.next(message(), undefined, undefined, OUTSIDE, 'NEW', undefined) as Destination;
    expect(taken).toBeInstanceOf(Destination);
    const { application: sender } = taken;
    services.agent.nextHopFor(message(), sender, sent(taken, 'CONTINUE'));
    services.agent.nextHopFor(message(), sender, sent(taken, 'REVERSE'));
    services.agent.nextHopFor(message(), sender, sent(OUTSIDE, 'NEW'));
    expect(asked).toEqual([
      'MESSAGE NEW - -',
      'MESSAGE CONTINUE TERMINATING 7',
      'MESSAGE REVERSE TERMINATING 7',
      'MESSAGE NEW - -',
    ]);
  });

  test('security: a request that applications create again and again is ended after 70 of them', async () => {
    const { container } = await chosen({
      chooser: routerOf(() => ({ nextApplicationName: 'a' })),
      a: service('a', []),
    });
    const { services, router } = container.engine;
    let routingState = router.next(message(), undefined, undefined, OUTSIDE, 'NEW', undefined) as Destination;
    for (let i = 1; i < 70; i++)
      routingState = router.next(message(), undefined, undefined, routingState, 'CONTINUE', undefined) as Destination;
    expect(services.agent.nextHopFor(message(), routingState.application, sent(routingState, 'CONTINUE'))).toBe(483);
  });
});

describe('requests that are out to come back', () => {
  test('security: they are bounded in number and in time, and nothing is left of them', () => {
    const clock = new VirtualClock();
    let last = 0;
    const returns = new Returns(clock, { branch: () => `id${++last}` } as never);
    for (let i = 0; i < 10_001; i++) returns.add(OUTSIDE, 'call');
    expect(returns.size).toBe(10_000);
    clock.advance(299_999);
    returns.add(OUTSIDE, 'call');
    clock.advance(1);
    expect(returns.size).toBe(1);
    clock.advance(299_999);
    expect(returns.size).toBe(0);
  });
});

/** A request of an application, as far as routing looks at it. */
function sent(routingState: RoutingState, routingDirective: RoutingDirective) {
  return { routingState, routingDirective, entryFlow: undefined };
}
