// The usages of a dialog (RFC 5057): the effect of requests and their responses on the call and the subscriptions in it
// (RFC 6665, RFC 3515).
import type { Request, Response } from '../message/index.js';
import { Dialog } from './dialog.js';
import { isLast, isWithoutSubscription, lifetimeOf, subscriptionOf } from './subscriptions.js';

/** A leg, with the usages of its dialog. */
export interface UsedLeg {
  open(dialog: Dialog): void;
  confirm(): void;
  beginSubscription(key: string, seconds: number | undefined): void;
  refreshSubscription(key: string, seconds: number | undefined): void;
  endSubscription(key: string): void;
  endInvitation(bye: Request | undefined): void;
  /** The dialog has a call, which may still be early. */
  readonly isInvited: boolean;
  /** Its early dialog is gone. */
  leaveEarly(): void;
  terminate(reason?: string): Promise<void>;
}

/** A 2xx of ours has answered the request. */
export function usageAnswered(leg: UsedLeg, request: Request, response: Response): void {
  const { method } = request;
  if (method === 'INVITE') leg.confirm();
  else if (method === 'SUBSCRIBE')
    leg.beginSubscription(subscriptionOf(request), lifetimeOf(response) ?? lifetimeOf(request));
  else if (method === 'REFER' && !isWithoutSubscription(response))
    leg.beginSubscription(subscriptionOf(request), undefined);
  else if (method === 'NOTIFY' && isLast(request)) leg.endSubscription(subscriptionOf(request));
  else if (method === 'NOTIFY') leg.refreshSubscription(subscriptionOf(request), lifetimeOf(request));
}

/**
 * The peer's 2xx has answered a request of ours other than INVITE (RFC 6665 §4.1.2, RFC 3515 §2.4.2). `isInitial`: the
 * request makes a dialog.
 */
export function usageAccepted(leg: UsedLeg, request: Request, response: Response, isInitial: boolean): void {
  const { method } = request;
  const isRefer = method === 'REFER' && !isWithoutSubscription(response);
  if (method === 'SUBSCRIBE' || isRefer) {
    if (isInitial) leg.open(Dialog.ofClient(request, response));
    leg.beginSubscription(subscriptionOf(request), lifetimeOf(response) ?? lifetimeOf(request));
  } else if (method === 'NOTIFY' && isLast(request)) {
    leg.endSubscription(subscriptionOf(request));
  }
}

/** RFC 6665 §4.1.3, §4.2.2: our 481 to a NOTIFY or SUBSCRIBE ends the subscription at its sender. */
export function usageRefused(leg: Pick<UsedLeg, 'endSubscription'>, request: Request, status: number): void {
  if ((request.method === 'NOTIFY' || request.method === 'SUBSCRIBE') && status === 481)
    leg.endSubscription(subscriptionOf(request));
}

/**
 * §12.2.1.2: the peer does not know the dialog (481), or does not answer in it (408). A call in it is over; the peer
 * gets a BYE all the same, since not every peer means the whole dialog by that (RFC 5057 §5.1).
 */
export function usageGone(leg: UsedLeg, request: Request, status: number): void {
  const { method } = request;
  if (method === 'NOTIFY' || method === 'SUBSCRIBE') leg.endSubscription(subscriptionOf(request));
  else if (!leg.isInvited) leg.leaveEarly();
  else void leg.terminate(`SIP;cause=${status}`);
}
