// Header values that name a dialog, or a request in one: each side knows only those of its own leg (RFC 3891, RFC 3911,
// RFC 5589 §7, RFC 3515 §2.4.6).
import { Address, SipUri } from '@siplet/sdk';
import { Leg } from '../agent/leg.js';
import { type Request, textOf, wireOf } from '../message/index.js';
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

/** A REFER of one leg and the one that was made of it for the other; the latter's number may still change. */
interface RelayedRefer {
  readonly received: number;
  readonly sent: Request;
}

/** How many REFERs of a leg are remembered (security: a peer that sends them in a loop). */
const MAX_REFERS = 32;

const refers = new WeakMap<Leg, RelayedRefer[]>();

/** Remembers a REFER that goes from its leg to the other. */
export function rememberRefer(from: Leg, received: Request, sent: Request): void {
  if (sent.method !== 'REFER') return;
  const known = refers.get(from) ?? [];
  known.push({ received: received.cseq.number, sent });
  if (known.length > MAX_REFERS) known.shift();
  refers.set(from, known);
}

/** RFC 3515 §2.4.6: `Event: refer;id=…` has the CSeq number of the REFER, which is another one on the other leg. */
export function renameEvent(message: Request, from: Leg, to: Leg): void {
  const event = message.value('event');
  const id = event === undefined ? undefined : REFER_ID.exec(event);
  if (event === undefined || !id) return;
  const number = Number(id[2]);
  const ofOther = refers.get(to)?.find(({ sent }) => sent.cseq.number === number)?.received;
  const renamed = ofOther ?? refers.get(from)?.find(({ received }) => received === number)?.sent.cseq.number;
  if (renamed !== undefined) message.set('Event', `${id[1]}${renamed}${event.slice(id[0].length)}`);
}

const REFER_ID = /^(\s*refer\s*;(?:.*;)?\s*id\s*=\s*)(\d{1,10})/i;

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
