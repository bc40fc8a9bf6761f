// How a dialog ends from our side (§15, §9.1): by the application, or because its session has been invalidated.
import type { Request } from '../message/index.js';
import type { OwnRequest } from '../servlet/sender.js';
import type { SipSession } from '../session/sip-session.js';
import type { LegCredentials } from './credentials.js';
import type { Dialog } from './dialog.js';
import type { RequestReceived, RequestSent } from './exchanges.js';
import type { AgentServices } from './services.js';

/** The leg that has the dialog. */
interface EndingLeg {
  readonly session: SipSession;
  readonly services: Pick<AgentServices, 'sendInDialog'>;
  readonly dialog: Dialog | undefined;
  readonly credentials?: LegCredentials | undefined;
  readonly isInvited: boolean;
  readonly awaitsAck: boolean;
  readonly received: Iterable<RequestReceived>;
  readonly sent: Iterable<RequestSent>;
  whenAcknowledged(): Promise<void>;
  createRequest(method: string): OwnRequest;
  sendForContainer(request: OwnRequest): Promise<void>;
  end(bye: Request | undefined): void;
  forget(): void;
  endInvitation(bye: Request | undefined): void;
  legOf(session: SipSession): { readonly sent: Iterable<RequestSent> };
}

/**
 * BYE, CANCEL, or a final response while it is early; `reason` is the Reason of a BYE. Resolves when it has ended.
 */
export async function terminate(leg: EndingLeg, reason?: string): Promise<void> {
  const { session } = leg;
  if (session.state === 'terminated') return;
  const initial = [...leg.received].find((received) => received.isInitial);
  if (initial !== undefined) initial.answerAs(480);
  else if (session.state !== 'confirmed') await cancel(leg);
  else if (!leg.isInvited) leg.end(undefined);
  else await hangUp(leg, reason);
}

async function cancel(leg: EndingLeg): Promise<void> {
  const pending = [...leg.sent].filter((outgoing) => outgoing.isInitial && outgoing.request.method === 'INVITE');
  for (const outgoing of pending) outgoing.cancel();
  await Promise.all(pending.map((outgoing) => outgoing.ended()));
  if (leg.session.state !== 'terminated' && leg.dialog === undefined) leg.end(undefined);
}

/** Its BYE waits for the ACK to a 2xx of ours (§15), as each BYE does; one that waits already is enough. */
async function hangUp(leg: EndingLeg, reason: string | undefined): Promise<void> {
  const waiting = [...leg.sent].find(({ request }) => request.method === 'BYE');
  if (waiting !== undefined) {
    await waiting.ended();
    return;
  }
  const bye = leg.createRequest('BYE');
  if (reason !== undefined) bye.message.set('Reason', reason);
  await leg.sendForContainer(bye);
}

/** The session of the call has been invalidated: the BYE goes without it, once a 2xx of ours has its ACK. */
export async function leave(leg: EndingLeg): Promise<void> {
  if (leg.awaitsAck) await leg.whenAcknowledged();
  const { session, dialog } = leg;
  if (leg.isInvited && dialog !== undefined) {
    const bye = dialog.request('BYE');
    leg.credentials?.authorize(bye);
    void leg.services.sendInDialog(bye, session.heardOn(bye));
  }
  session.state = 'terminated';
  leg.forget();
}

/**
 * §15: a BYE of ours waits for the ACK to our 2xx, or for 64*T1. Resolves with false when the peer's BYE has crossed
 * with it.
 */
export async function whenItMayLeave(
  leg: Pick<EndingLeg, 'dialog' | 'isInvited' | 'whenAcknowledged'>,
  bye: Request,
): Promise<boolean> {
  await leg.whenAcknowledged();
  if (!leg.isInvited) return false;
  leg.dialog?.renumber(bye);
  return true;
}

/**
 * §12.2.1.2: its early dialog is gone. The INVITE is cancelled when no other dialog of it is left; a 2xx that comes
 * all the same is acknowledged and ended.
 */
export function leaveEarly(leg: Pick<EndingLeg, 'session' | 'end' | 'endInvitation' | 'legOf'>): void {
  const { set, state } = leg.session;
  if (state === 'early') leg.end(undefined);
  else leg.endInvitation(undefined);
  if (set.sessions.some((other) => other.state === 'early')) return;
  for (const outgoing of [...leg.legOf(set.first).sent]) if (outgoing.isInitial) outgoing.cancel();
}
