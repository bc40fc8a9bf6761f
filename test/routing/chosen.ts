// Applications that note what they see, chosen by a router that answers as the test says.
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
import type { Applications } from '../world/siplet.js';
import { type Stage, stage } from '../world/stage.js';

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

/** A stage whose router is the application of this name. */
export function chosen(applications: Applications, router = 'chooser'): Promise<Stage> {
  return stage(applications, { configuration: `router: { application: ${router} }` });
}
