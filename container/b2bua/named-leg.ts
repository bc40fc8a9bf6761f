// Dialogs that a peer names in Replaces, Join or Refer-To: each side knows only the dialogs of its own leg (RFC 3891,
// RFC 3911, RFC 5589 §7).
import { Address, SipUri } from '@siplet/sdk';
import { Leg } from '../agent/leg.js';
import { type Request, textOf, wireOf } from '../message/index.js';
import type { OwnRequest } from '../servlet/sender.js';
import { namedDialogOf } from '../session/named-dialog.js';
import type { UserAgentDialogs } from '../session/user-agent-dialogs.js';

/**
 * Replaces each dialog that is a linked leg of ours by the dialog of the other leg; all others pass unchanged.
 */
export function renameDialogs(request: Request, dialogs: UserAgentDialogs): void {
  if (request.method === 'REFER') renameInReferTo(request, dialogs);
  if (request.method !== 'INVITE') return;
  for (const name of ['Replaces', 'Join']) {
    const value = request.value(name.toLowerCase());
    const renamed = value === undefined ? undefined : otherLegOf(request, dialogs);
    if (renamed !== undefined) request.set(name, renamed);
  }
}

/** How many REFERs of one dialog are remembered (security: a peer that sends them without end). */
const MAX_REFERRALS = 16;

/**
 * The id of a subscription that a REFER has made is the CSeq number of the REFER, which differs on both legs
 * (RFC 3515 §2.4.6). `sent` is made from the request that `received` is the leg of.
 */
export function renumberReferral(received: Leg, request: Request, sent: OwnRequest): void {
  if (request.method === 'REFER') {
    const made = Leg.find(sent.session);
    if (made !== undefined)
      made.referrals = [...made.referrals.slice(1 - MAX_REFERRALS), { sent, number: request.cseq.number }];
    return;
  }
  const event = request.method === 'NOTIFY' ? (request.value('event') ?? '') : '';
  const id = /;\s*id\s*=\s*(\d{1,10})/i.exec(event)?.[1];
  const referral = received.referrals.find((each) => String(each.sent.message.cseq.number) === id);
  if (referral !== undefined) sent.message.set('Event', event.replace(/(;\s*id\s*=\s*)\d+/i, `$1${referral.number}`));
}

/** RFC 5589 §7.1: `Refer-To: <sip:carol@example.com?Replaces=…>`. */
function renameInReferTo(request: Request, dialogs: UserAgentDialogs): void {
  const value = request.value('refer-to');
  if (value === undefined || !/\?.*replaces=/i.test(value) || !Address.canParse(textOf(value))) return;
  const address = Address.parse(textOf(value));
  const { uri } = address;
  if (!(uri instanceof SipUri)) return;
  const named = [...uri.headers].find(([name]) => name.toLowerCase() === 'replaces');
  if (named === undefined) return;
  const probe = request.clone();
  probe.set('Replaces', wireOf(named[1]));
  const renamed = otherLegOf(probe, dialogs);
  if (renamed === undefined) return;
  uri.headers.set(named[0], textOf(renamed));
  request.set('Refer-To', wireOf(address.toString()));
}

/** The value that names the linked leg's dialog as its peer knows it. */
function otherLegOf(request: Request, dialogs: UserAgentDialogs): string | undefined {
  const named = namedDialogOf(request);
  if (named === undefined || named === 'malformed') return undefined;
  const session = dialogs.find(named.callId, named.toTag, named.fromTag);
  const dialog = session === undefined ? undefined : Leg.find(session)?.linked?.dialog;
  if (dialog === undefined) return undefined;
  const { callId, remoteTag, localTag } = dialog;
  return `${callId};to-tag=${remoteTag};from-tag=${localTag}${named.earlyOnly ? ';early-only' : ''}`;
}
