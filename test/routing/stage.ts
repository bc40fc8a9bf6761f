// The stage of the routing tests: applications that note what they see, and a router that answers as the test says.
import {
  ApplicationRouter,
  Initial,
  type ReadonlySipRequest,
  type RouterInfo,
  type RoutingDirective,
  type RoutingRegion,
  type SipRequest,
  Siplet as siplet,
  type TargetedRequest,
} from '@siplet/sdk';
import { expect } from 'vitest';
import type { Phone } from '../world/phone.js';
import { type Applications, Siplet } from '../world/siplet.js';
import { World } from '../world/world.js';

export const BOB = 'sip:bob@10.0.0.2';

/** What the router was asked with, one line a question. */
export type Asked = readonly [
  request: ReadonlySipRequest,
  region: RoutingRegion | undefined,
  directive: RoutingDirective,
  targeted: TargetedRequest | undefined,
  stateInfo: unknown,
];

/** Takes every initial request, notes it, and proxies it to `target`, or where it is going. */
export function service(name: string, seen: string[], target?: string) {
  @siplet({ name })
  class Service {
    @Initial()
    take(request: SipRequest) {
      const { region, subscriberUri, routingDirective } = request;
      seen.push(`${name}: ${routingDirective} ${region ?? '-'} ${subscriberUri ?? '-'}`);
      request.proxy({ recordRoute: true }).proxyTo(target ?? request.uri);
    }
  }
  return { Service };
}

/** A router that answers what `answer` gives, and notes its questions. */
export function routerOf(answer: (...asked: Asked) => unknown, asked: string[] = []) {
  @ApplicationRouter()
  class Answers {
    getNextApplication(...question: Asked): RouterInfo | undefined {
      const [request, region, directive, targeted, stateInfo] = question;
      const named = targeted === undefined ? '' : ` ${targeted.type} ${targeted.applicationName}`;
      asked.push(`${request.method} ${directive} ${region ?? '-'} ${JSON.stringify(stateInfo) ?? '-'}${named}`);
      return answer(...question) as RouterInfo | undefined;
    }
  }
  return { Answers };
}

export interface Stage {
  readonly world: World;
  readonly container: Siplet;
  readonly alice: Phone;
  readonly bob: Phone;
  readonly carol: Phone;
  /** Nothing is under way and nothing is left; these problems were logged. */
  ends(problems?: readonly unknown[]): Promise<void>;
}

export async function stage(applications: Applications, router = 'chooser'): Promise<Stage> {
  const world = new World();
  const alice = world.phone('alice', '10.0.0.1');
  const container = await Siplet.start(world, applications, { configuration: `router: { application: ${router} }` });
  return {
    world,
    container,
    alice,
    bob: world.phone('bob', '10.0.0.2'),
    carol: world.phone('carol', '10.0.0.3'),
    async ends(problems = []) {
      await world.runUntilIdle();
      expect(Object.entries(container.alive).filter(([, count]) => count !== 0)).toEqual([]);
      expect(container.problems()).toEqual(problems);
    },
  };
}
