// An INVITE of ours whose call is over while its transaction waits for further 2xx (§13.2.2.4, RFC 6026 §7.2): each
// copy of a 2xx gets its ACK again, a 2xx of another fork an ACK and a BYE.
import { Request, type Response } from '../message/index.js';
import type { SipSession } from '../session/sip-session.js';
import type { ClientUser } from '../transaction/user.js';
import { type Acknowledgement, sendAcknowledgement } from './acknowledgement.js';
import { Dialog } from './dialog.js';
import type { ExchangeLeg } from './exchanges.js';
import type { AgentServices } from './services.js';

/** How many different 2xx of forks are accepted (security: a flood of them). */
export const MAX_FORKS = 32;

/** A dialog that is over, and the ACK to its 2xx. */
interface Ended {
  readonly tag: string;
  readonly ack: Acknowledgement | undefined;
}

/** The leg of that dialog. */
interface EndedLeg {
  readonly dialog: Dialog | undefined;
  hasAcknowledged(sequence: number): boolean;
  ackOf(sequence: number): Ended['ack'];
}

export class LingeringInvite implements ClientUser {
  readonly #services: AgentServices;
  /** What its dialogs are made from. */
  readonly #head: Request;
  readonly #sequence: number;
  /** By the To tag; nearly always one. */
  #ended: readonly Ended[] = [];

  constructor(services: AgentServices, invite: Request) {
    this.#services = services;
    this.#head = headOf(invite);
    this.#sequence = invite.cseq.number;
  }

  /** That of an INVITE sent on this leg, which got 2xx with these To tags: in these sessions, or in its own dialog. */
  static of(
    invite: Request,
    leg: ExchangeLeg,
    sessions: readonly SipSession[] | undefined,
    tags: readonly string[],
  ): LingeringInvite {
    const lingering = new LingeringInvite(leg.services, invite);
    if (sessions === undefined) for (const tag of tags.slice(0, 1)) lingering.dialogEnded(tag, leg);
    for (const session of sessions ?? []) {
      const tag = session.calleeTag ?? '';
      if (tags.includes(tag)) lingering.dialogEnded(tag, leg.legOf(session));
    }
    return lingering;
  }

  /** The dialog with that To tag is over. Its 2xx is acknowledged now if the application has not done so. */
  dialogEnded(tag: string, leg: EndedLeg): void {
    if (!leg.hasAcknowledged(this.#sequence) && leg.dialog !== undefined) this.#acknowledge(tag, leg.dialog);
    else this.#remember(tag, leg.ackOf(this.#sequence));
  }

  response(response: Response): void {
    response.shift('via');
    if (response.has('via') || response.status < 200 || response.status > 299) return;
    const tag = response.to.tag ?? '';
    const ended = this.#ended.find((each) => each.tag === tag);
    if (ended?.ack !== undefined) {
      ended.ack.again();
      ended.ack.pack();
    } else if (ended === undefined && this.#ended.length < MAX_FORKS) {
      const dialog = Dialog.ofClient(this.#head, response);
      this.#head.pack();
      this.#acknowledge(tag, dialog);
      void this.#services.sendInDialog(dialog.request('BYE'), undefined);
    }
  }

  #acknowledge(tag: string, dialog: Dialog): void {
    this.#remember(tag, undefined);
    const ack = dialog.request('ACK', this.#sequence);
    void sendAcknowledgement(ack, this.#services, undefined, (sent) => this.#remember(tag, sent));
  }

  #remember(tag: string, ack: Ended['ack']): void {
    ack?.pack();
    this.#ended = [...this.#ended.filter((each) => each.tag !== tag), { tag, ack }];
  }

  failed(): void {}
}

/** §13.2.2.4: the early dialog of a 2xx has ended before it came: it is acknowledged, and ended again. */
export function endLate(leg: ExchangeLeg, success: Response): void {
  const { dialog, session, services } = leg;
  if (dialog === undefined) return;
  dialog.confirm(success);
  void leg.acknowledge(dialog.request('ACK', success.cseq.number));
  const bye = dialog.request('BYE');
  void services.sendInDialog(bye, session.heardOn(bye));
}

/** A short copy that keeps nothing of the message. */
function headOf(invite: Request): Request {
  const head = new Request('INVITE', invite.uri);
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) head.append(name, invite.value(name.toLowerCase()) ?? '');
  head.pack();
  return head;
}
