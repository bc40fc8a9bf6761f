// An initial request that an application sends on its own account (§8.1.1, JSR 289's SipFactory).
import { type Address, IllegalStateError, SipUri } from '@siplet/sdk';
import { Request, wireOf } from '../message/index.js';
import { SentRequest } from '../servlet/sent-request.js';
import { DialogSet } from '../session/dialog-set.js';
import type { SessionOwner } from '../session/owner.js';
import type { RoutingState } from '../transport/routing-state.js';
import { Leg } from './leg.js';
import { assertMethod } from './method.js';
import type { AgentServices } from './services.js';

/**
 * With its own Call-ID and From tag, in a session of its own. Throws IllegalStateError for ACK and CANCEL, which belong
 * to a transaction, and TypeError when the method is not a token. `routingState` is that of the request from which it
 * is made.
 */
export function createInitialRequest(
  services: AgentServices,
  applicationSession: SessionOwner,
  method: string,
  from: Address,
  to: Address,
  routingState?: RoutingState,
): SentRequest {
  if (method === 'ACK' || method === 'CANCEL')
    throw new IllegalStateError(`${method} belongs to a transaction: it is made from its request or response`);
  assertMethod(method);
  const { identifiers } = services;
  const request = new Request(method, requestUriOf(to));
  request.append('From', partyText(from, identifiers.tag()));
  request.append('To', partyText(to, undefined));
  request.append('Call-ID', identifiers.id());
  request.append('CSeq', `1 ${method}`);
  request.append('Max-Forwards', '70');
  return inItsOwnSession(services, applicationSession, request, routingState);
}

/** As the application holds it, in a new session. */
export function inItsOwnSession(
  services: AgentServices,
  applicationSession: SessionOwner,
  request: Request,
  routingState?: RoutingState,
): SentRequest {
  const set = new DialogSet(applicationSession, request);
  const leg = Leg.of(set.first, services);
  leg.original = request;
  return new SentRequest(request, leg, true, routingState);
}

/** §8.1.1.1: the URI of To, without the parts that a Request-URI must not contain (§19.1.1 table 1). */
export function requestUriOf(to: Address): string {
  const uri = to.uri.clone();
  if (uri instanceof SipUri) {
    uri.headers.clear();
    uri.parameters.delete('method');
  }
  return wireOf(uri.toString());
}

/** URI parameters that From and To must not contain (§19.1.1 table 1); they may have a port. */
const NOT_OF_A_PARTY = ['lr', 'maddr', 'method', 'transport', 'ttl'];

/** Value of From or To, with the given tag and no other (§20.20, §20.39), and without the parts of `NOT_OF_A_PARTY`. */
export function partyText(address: Address, tag: string | undefined): string {
  const copy = address.clone();
  if (copy.uri instanceof SipUri) {
    copy.uri.headers.clear();
    for (const name of NOT_OF_A_PARTY) copy.uri.parameters.delete(name);
  }
  copy.parameters.delete('tag');
  if (tag !== undefined) copy.parameters.set('tag', tag);
  return wireOf(copy.toString());
}
