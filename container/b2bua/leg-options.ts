// The options of a bridge for the INVITE of one leg: its path, its Contact, its interface and its credentials.
import { type AddressLike, type BridgeOptions, type Credentials, timeLimit } from '@siplet/sdk';
import { LegCredentials } from '../agent/credentials.js';
import { Leg } from '../agent/leg.js';
import type { AgentServices } from '../agent/services.js';
import type { OwnRequest } from '../servlet/sender.js';
import { addressOf } from '../servlet/values.js';

/** The options that concern one leg. */
type LegChoice = Pick<BridgeOptions, 'route' | 'contact' | 'outboundInterface' | 'credentials'>;

/** The options that are times. */
type TimeOptions = Pick<BridgeOptions, 'timeout' | 'provisionalTimeout'>;

/** In milliseconds: to the answer of a callee, and to the first 101-199 of each. */
export interface Limits {
  readonly answer: number;
  readonly progress: number | undefined;
}

/** Throws RangeError for anything that is not a time limit. */
export function limitsOf({ timeout, provisionalTimeout }: TimeOptions, usual: number): Limits {
  return {
    answer: timeout === undefined ? usual : timeLimit(timeout, 'the timeout of a bridge'),
    progress:
      provisionalTimeout === undefined
        ? undefined
        : timeLimit(provisionalTimeout, 'the provisionalTimeout of a bridge'),
  };
}

/**
 * Throws IllegalStateError for an interface that is not ours and for a part of the Contact that is the container's, and
 * SipParseError for a route that is not a URI.
 */
export function applyTo(invite: OwnRequest, options: LegChoice, services: AgentServices): void {
  const { session } = invite;
  const { route, contact, outboundInterface, credentials } = options;
  if (route !== undefined) for (const each of listOf(route).reverse()) invite.pushRoute(addressOf(each));
  if (outboundInterface !== undefined) session.outboundInterface = outboundInterface;
  if (contact !== undefined) {
    if (contact.user !== undefined) session.contact.user = contact.user;
    for (const [name, value] of contact.parameters ?? []) session.contact.parameters.set(name, value);
  }
  if (credentials !== undefined)
    Leg.of(session, services).credentials = new LegCredentials(all(credentials), services.identifiers);
}

function listOf(route: AddressLike | readonly AddressLike[]): AddressLike[] {
  return Array.isArray(route) ? [...route] : [route as AddressLike];
}

function all(credentials: Credentials | readonly Credentials[]): readonly Credentials[] {
  return 'username' in credentials ? [credentials] : credentials;
}
