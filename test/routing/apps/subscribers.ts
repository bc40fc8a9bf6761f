// A router with a caller's and a callee's side: first the services of the caller, if it is one of ours, then those of
// the callee.
import {
  ApplicationRouter,
  type ReadonlySipRequest,
  type RouterInfo,
  type RoutingDirective,
  type RoutingRegion,
  type SipApplicationRouter,
  SipUri,
  type TargetedRequest,
  type Uri,
} from '@siplet/sdk';

/** The services of each side, in order. */
const SERVICES = { ORIGINATING: ['screen', 'short-dial'], TERMINATING: ['divert', 'mailbox'] } as const;

@ApplicationRouter()
export class Subscribers implements SipApplicationRouter {
  readonly #deployed = new Set<string>();

  applicationsDeployed(names: readonly string[]) {
    for (const name of names) this.#deployed.add(name);
  }

  applicationsUndeployed(names: readonly string[]) {
    for (const name of names) this.#deployed.delete(name);
  }

  getNextApplication(
    request: ReadonlySipRequest,
    region: RoutingRegion | undefined,
    directive: RoutingDirective,
    targeted: TargetedRequest | undefined,
    stateInfo: unknown,
  ): RouterInfo | undefined {
    if (targeted !== undefined) return { nextApplicationName: targeted.applicationName };
    // A request that goes on is where it was; any other begins with the caller's side.
    const goesOn = directive === 'CONTINUE' && stateInfo !== undefined;
    if (!goesOn || region === 'ORIGINATING') {
      const first = goesOn ? Number(stateInfo) : 0;
      const info = this.#service('ORIGINATING', first, request.from.uri);
      if (info !== undefined) return info;
    }
    return this.#service('TERMINATING', goesOn && region === 'TERMINATING' ? Number(stateInfo) : 0, request.uri);
  }

  /** The first of a side's services from that position on, on behalf of a subscriber of ours. */
  #service(side: keyof typeof SERVICES, first: number, subscriberUri: Uri): RouterInfo | undefined {
    if (!(subscriberUri instanceof SipUri) || subscriberUri.host !== 'example.com') return undefined;
    for (const [position, name] of SERVICES[side].entries()) {
      if (position < first || !this.#deployed.has(name)) continue;
      return { nextApplicationName: name, routingRegion: side, subscriberUri, stateInfo: position + 1 };
    }
    return undefined;
  }
}
