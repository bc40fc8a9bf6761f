// Our Record-Route and Path URIs (§16.6 step 4, RFC 3327, RFC 5658): where this element is reached, from either side.
import type { Flow } from '../transport/flow.js';
import type { TransportName } from '../transport/network.js';

/** Where this container is reached from the other end of a flow, as a Contact (§8.1.1.8). */
export function contactOf(flow: Flow): string {
  return `<sip:${flow.sentBy}${flow.transport === 'UDP' ? '' : `;transport=${flow.transport.toLowerCase()}`}>`;
}

/** The transport by which that side reaches us: not always the one by which we reach it. */
function transportOf(flow: Flow): TransportName {
  return flow.reachedBy ?? flow.transport;
}

/** The value for one side, with the transport where it is not the default one. */
function valueFor(flow: Flow, parameters: string, secure: boolean): string {
  const name = transportOf(flow);
  const transport = name === 'UDP' || (secure && name === 'TLS') ? '' : `;transport=${name.toLowerCase()}`;
  return `<${secure ? 'sips' : 'sip'}:${flow.sentBy}${transport};lr${parameters}>`;
}

/**
 * The values to push, in order: the caller's side first, so that the callee's side ends up on top. One value when both
 * sides are reached at the same place by the same transport. `parameters` has a leading ';' or is empty.
 */
export function recordRouteValues(
  parameters: string,
  inbound: Flow,
  outbound: Flow,
  secure: boolean,
): readonly string[] {
  const out = valueFor(outbound, parameters, secure);
  if (inbound.sentBy === outbound.sentBy && transportOf(inbound) === transportOf(outbound)) return [out];
  return [valueFor(inbound, parameters, secure), out];
}
