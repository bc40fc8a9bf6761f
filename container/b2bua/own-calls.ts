// INVITEs of a bridge that are not made from a caller's INVITE: of a transfer, and of click-to-call. They have no
// offer: the callee makes one (RFC 3725).
import { Address, type AddressLike, type BridgeOptions, type CallOptions, type TransferOptions } from '@siplet/sdk';
import type { Leg } from '../agent/leg.js';
import { createInitialRequest } from '../agent/origination.js';
import type { AgentServices } from '../agent/services.js';
import { textOf } from '../message/index.js';
import type { OwnRequest } from '../servlet/sender.js';
import { addressOf } from '../servlet/values.js';
import type { SessionOwner } from '../session/owner.js';
import { applyTo, type Limits, limitsOf } from './leg-options.js';
import { overwrite } from './leg-request.js';
import { writeUriHeaders } from './uri-headers.js';

/** What the options say of one leg. */
type OwnCall = Omit<BridgeOptions, 'to' | 'from' | 'body'>;

export function createCall(
  services: AgentServices,
  session: SessionOwner,
  from: Address,
  to: Address,
  options: OwnCall,
): OwnRequest {
  const invite = createInitialRequest(services, session, 'INVITE', from, to);
  try {
    writeUriHeaders(to, invite.message);
    overwrite(invite, options.headers);
    applyTo(invite, options, services);
    return invite;
  } catch (error) {
    invite.session.invalidate();
    throw error;
  }
}

/** The INVITEs to the callees who replace the other party of this leg; they see the one who stays as the caller. */
export function createCalls({ services, session, dialog }: Leg, options: TransferOptions): OwnRequest[] {
  const from =
    options.from === undefined ? Address.parse(textOf(dialog?.remote ?? session.set.from)) : addressOf(options.from);
  const to = (Array.isArray(options.to) ? options.to : [options.to]) as readonly AddressLike[];
  if (to.length === 0) throw new TypeError('transfer: `to` names no callee');
  const invites: OwnRequest[] = [];
  try {
    for (const each of to) {
      const invite = createCall(services, session.applicationSession, from, addressOf(each), options);
      invites.push(invite);
      services.joined(session.callId, invite.session.callId);
    }
    return invites;
  } catch (error) {
    for (const invite of invites) invite.session.invalidate();
    throw error;
  }
}

export function limitsFor({ application }: SessionOwner, options: TransferOptions | CallOptions): Limits {
  return limitsOf(options, application.siplets[0]?.options.proxyTimeout ?? 180_000);
}
