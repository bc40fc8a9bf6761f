// An INVITE of ours whose call is over while its transaction waits for further 2xx (§13.2.2.4, RFC 6026 §7.2): each
// copy of a 2xx gets its ACK again, a 2xx of another fork an ACK and a BYE.
import { flat, Request, type Response } from '../message/index.js';
import type { ClientUser } from '../transaction/user.js';
import { type Acknowledgement, type PackedAcknowledgement, sendAcknowledgement } from './acknowledgement.js';
import type { LegCredentials } from './credentials.js';
import { Dialog } from './dialog.js';
import type { ExchangeLeg } from './exchanges.js';
import { refuseOffer } from './refused-offer.js';
import type { AgentServices } from './services.js';

/** How many different 2xx of forks are accepted (security: a flood of them). */
export const MAX_FORKS = 32;

/** A dialog that is over, and the ACK to its 2xx. */
interface Ended {
  readonly tag: string;
  readonly ack: PackedAcknowledgement | undefined;
}

/** The leg of that dialog. */
interface EndedLeg {
  readonly dialog: Dialog | undefined;
  readonly formerSequence: number;
  hasAcknowledged(sequence: number): boolean;
  ackOf(sequence: number): Acknowledgement | undefined;
}

export class LingeringInvite implements ClientUser {
  readonly #services: AgentServices;
  /** Its dialogs are made from this. */
  readonly #head: string;
  readonly #sequence: number;
  /** A 2xx of another fork then has an offer. */
  readonly #isOfferless: boolean;
  /** The highest CSeq number in a dialog of it: PRACKs and others went in early ones. */
  #highest = 0;
  /** By the To tag; nearly always one. */
  #ended: readonly Ended[] = [];

  constructor(
    services: AgentServices,
    invite: Request,
    /** What the peers' side has challenged before is answered from the start. */
    private readonly credentials: LegCredentials | undefined,
  ) {
    this.#services = services;
    this.#head = headOf(invite);
    this.#sequence = invite.cseq.number;
    this.#isOfferless = invite.body === '';
  }

  /** That of an INVITE sent on this leg; each of the dialogs with one of these To tags has had its 2xx. */
  static of(invite: Request, leg: ExchangeLeg, isInitial: boolean, tags: readonly string[]): LingeringInvite {
    const lingering = new LingeringInvite(leg.services, invite, leg.credentials);
    const [tag] = tags;
    if (!isInitial && tag !== undefined) lingering.dialogEnded(tag, leg);
    if (isInitial)
      for (const session of leg.session.set.sessions) {
        const own = leg.legOf(session);
        lingering.passed(own);
        if (tags.includes(session.calleeTag ?? '')) lingering.dialogEnded(session.calleeTag ?? '', own);
      }
    return lingering;
  }

  /** A BYE in any of its dialogs has a higher number than what went there before (§12.2.1.1). */
  passed({ dialog, formerSequence }: EndedLeg): void {
    this.#highest = Math.max(this.#highest, dialog?.localSequence ?? formerSequence);
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
      const { request, hop } = ended.ack;
      this.#services.transactions.sendStateless(request.clone(), hop);
      request.pack();
    } else if (ended === undefined && this.#ended.length < MAX_FORKS) {
      const dialog = Dialog.ofClient(inviteWith(this.#head), response);
      dialog.localSequence = Math.max(dialog.localSequence, this.#highest);
      this.#acknowledge(tag, dialog, response);
      const bye = dialog.request('BYE');
      this.credentials?.authorize(bye);
      void this.#services.sendInDialog(bye, undefined);
    }
  }

  #acknowledge(tag: string, dialog: Dialog, success?: Response): void {
    this.#remember(tag, undefined);
    const ack = dialog.request('ACK', this.#sequence);
    if (success !== undefined && this.#isOfferless) refuseOffer(ack, success, this.#services.ownSentBy);
    void sendAcknowledgement(ack, this.#services, undefined, (sent) => this.#remember(tag, sent));
  }

  #remember(tag: string, ack: Acknowledgement | undefined): void {
    this.#ended = [...this.#ended.filter((each) => each.tag !== tag), { tag, ack: ack?.packed }];
  }

  failed(): void {}
}

/** §13.2.2.4: the early dialog of a 2xx has ended before it came: it is acknowledged, and ended again. */
export function endLate(leg: ExchangeLeg, invite: Request, success: Response): void {
  const { session, services } = leg;
  const dialog = leg.dialog ?? Dialog.ofClient(invite, success);
  dialog.localSequence = Math.max(dialog.localSequence, leg.formerSequence);
  dialog.confirm(success);
  const ack = dialog.request('ACK', success.cseq.number);
  if (leg.offers.state === 'offer received' || leg.original?.body === '') refuseOffer(ack, success, services.ownSentBy);
  void leg.acknowledge(ack);
  const bye = dialog.request('BYE');
  leg.credentials?.authorize(bye);
  void services.sendInDialog(bye, session.heardOn(bye));
}

/** The fields that make a dialog (§12.1.2). */
const HEAD = ['From', 'To', 'Call-ID', 'CSeq'];

/** Its Request-URI and these fields, in one short text that keeps nothing of the message. */
function headOf(invite: Request): string {
  return flat([invite.uri, ...HEAD.map((name) => invite.value(name.toLowerCase()) ?? '')].join('\n'));
}

function inviteWith(head: string): Request {
  const [uri = '', ...values] = head.split('\n');
  const invite = new Request('INVITE', uri);
  for (const [at, name] of HEAD.entries()) invite.append(name, values[at] ?? '');
  return invite;
}
