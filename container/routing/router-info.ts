// The answer of an application router, read and checked (JSR 289 §15.6).
import type { RouteModifier, RouterInfo, RoutingRegion } from '@siplet/sdk';
import { Uri } from '../message/index.js';
import { type UriOrAddress, uriText } from '../servlet/values.js';

/** How many routes one answer may push: a request must fit its transport. */
const MAX_ROUTES = 16;

const REGIONS: readonly RoutingRegion[] = ['ORIGINATING', 'TERMINATING', 'NEUTRAL'];
const MODIFIERS: readonly RouteModifier[] = ['ROUTE', 'ROUTE_BACK', 'NO_ROUTE'];

export interface Info {
  readonly name: string | undefined;
  readonly region: RoutingRegion;
  /** Wire text. */
  readonly subscriberUri: string | undefined;
  readonly modifier: RouteModifier;
  /** Empty for 'NO_ROUTE', otherwise at least one; SIP or SIPS. */
  readonly routes: readonly Uri[];
  readonly stateInfo: unknown;
}

/**
 * Undefined means that the router has no application for the request. Throws TypeError or SipParseError for an invalid
 * answer.
 */
export function infoOf(returned: unknown): Info | undefined {
  if (returned === undefined || returned === null) return undefined;
  if (typeof (returned as { then?: unknown }).then === 'function') {
    void (returned as Promise<unknown>).then(undefined, () => {}); // its result is ignored
    throw new TypeError('getNextApplication returned a promise: it must answer at once');
  }
  if (typeof returned !== 'object') throw new TypeError(`getNextApplication returned ${shown(returned)}`);
  const { nextApplicationName: name, subscriberUri, stateInfo, ...rest } = returned as RouterInfo;
  const { routingRegion: region = 'NEUTRAL', routeModifier: modifier = 'NO_ROUTE', routes = [] } = rest;
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    throw new TypeError(`nextApplicationName must be a name or absent, not ${shown(name)}`);
  if (!REGIONS.includes(region))
    throw new TypeError(`routingRegion must be one of ${REGIONS.join(', ')}, not ${shown(region)}`);
  if (!MODIFIERS.includes(modifier))
    throw new TypeError(`routeModifier must be one of ${MODIFIERS.join(', ')}, not ${shown(modifier)}`);
  return {
    name,
    region,
    subscriberUri: subscriberUri === undefined ? undefined : uriText(subscriberUri as UriOrAddress),
    modifier,
    routes: modifier === 'NO_ROUTE' ? [] : routesOf(routes, modifier),
    stateInfo,
  };
}

function routesOf(routes: unknown, modifier: RouteModifier): readonly Uri[] {
  if (!Array.isArray(routes) || routes.length === 0) throw new TypeError(`routeModifier ${modifier} needs routes`);
  if (routes.length > MAX_ROUTES) throw new TypeError(`${routes.length} routes are more than ${MAX_ROUTES}`);
  return routes.map((route: UriOrAddress) => {
    const uri = Uri.parse(uriText(route));
    if (uri?.isSip !== true)
      throw new TypeError(`${shown(String(route))} is not a SIP URI: nothing can be routed there`);
    return uri;
  });
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 80)}'` : String(value).slice(0, 80);
}
