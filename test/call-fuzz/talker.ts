// What a strict user agent does in a dialog (§12.2): the requests that it sends there, and its answers to those that
// come.
import { present } from '../../container/base/present.js';
import { type Headers, type Sip, uriIn } from '../fuzz/text.js';
import type { Link, Reach, Wires } from '../fuzz/wires.js';
import type { Random } from '../world/random.js';
import type { Dialog } from './dialog.js';
import { type Server, Transactions } from './transactions.js';

/** How a user agent behaves. */
export interface Temper {
  /** Probability that it refuses a request in a dialog, leaves it unanswered, does not acknowledge a 2xx. */
  readonly refuses: number;
  readonly silent: number;
  readonly forgets: number;
  /** Milliseconds until it answers, at most. */
  readonly slowness: number;
  /** Probability that it moves to another Contact where it may, and that it takes another description. */
  readonly moves: number;
  readonly changes: number;
  /** Challenges requests that have no credentials. */
  readonly challenges: readonly string[];
}

const REFUSALS = [403, 404, 408, 481, 486, 488, 491, 500, 503, 603];
const TALK = ['INFO', 'MESSAGE', 'OPTIONS', 'UPDATE', 'UPDATE', 'INVITE', 'INVITE', 'INVITE', 'REFER', 'FOO'] as const;
const EARLY = ['INFO', 'MESSAGE', 'OPTIONS', 'UPDATE', 'UPDATE'] as const;

export interface Character {
  readonly name: string;
  readonly address: string;
  /** A proxy of its own that record-routes, and through which it is reached. */
  readonly proxy: string | undefined;
  readonly link: Link;
  readonly reach: Reach;
  readonly isTcp: boolean;
  readonly temper: Temper;
}

export abstract class Talker extends Transactions {
  readonly dialogs: Dialog[] = [];
  #versions = 0;
  #contacts = 0;
  protected tags = 0;

  constructor(
    wires: Wires,
    readonly character: Character,
    readonly random: Random,
    fault: (text: string) => void,
  ) {
    super(wires, character.name, character.address, character.link, character.reach, fault);
  }

  get temper(): Temper {
    return this.character.temper;
  }

  protected contact(): string {
    const tail = this.character.isTcp ? ';transport=tcp' : '';
    return `sip:${this.name}.${++this.#contacts}@${this.address}${tail}`;
  }

  protected description(dialog?: Dialog): string {
    const text = `v=0\r\no=${this.name} 1 ${++this.#versions} IN IP4 ${this.address}\r\ns=-\r\nt=0 0\r\n`;
    dialog?.given.add(text);
    return text;
  }

  protected pause(most: number): number {
    return this.random.fraction() * most;
  }

  // Requests of ours -------------------------------------------------------------------------------

  /** A request at a moment that suits nobody. */
  talk(dialog: Dialog): void {
    if (dialog.state === 'over') return;
    const method = this.random.pick<string>(dialog.state === 'early' ? EARLY : TALK);
    if (method === 'INVITE') this.reinvite(dialog);
    else if (method === 'UPDATE') this.#update(dialog);
    else if (method === 'REFER') this.#refer(dialog);
    else this.request(dialog, method, [], method === 'INFO' || method === 'MESSAGE' ? 'hello' : '');
  }

  protected request(
    dialog: Dialog,
    method: string,
    headers: Headers = [],
    body = '',
    then: (response: Sip | undefined) => void = () => {},
  ): void {
    const sequence = ++dialog.sequence;
    if (method === 'REFER') dialog.refers.add(sequence);
    this.ask(method, dialog.target, [...dialog.headers(method, sequence), ...headers], body, dialog.hop, (response) => {
      then(response);
      const status = response?.status ?? 408;
      // §12.2.1.2.
      if (method !== 'BYE' && (status === 408 || status === 481)) this.end(dialog);
    });
  }

  #moved(dialog: Dialog): string {
    const contact = this.random.chance(this.temper.moves) ? this.contact() : dialog.contact;
    dialog.contacts.add(contact);
    return contact;
  }

  #update(dialog: Dialog): void {
    const { offers } = dialog;
    const contact = this.#moved(dialog);
    const isFree =
      !offers.isPending && offers.remote !== '' && dialog.asked === undefined && dialog.asking === undefined;
    const mayOffer = isFree || (dialog.state === 'early' && !offers.isPending && offers.remote !== '');
    const offer = mayOffer && this.random.chance(0.6) ? this.description(dialog) : '';
    if (offer !== '') offers.sent = offer;
    this.request(dialog, 'UPDATE', [['Contact', `<${contact}>`]], offer, (response) => {
      if (response !== undefined && response.status < 300) {
        dialog.contact = contact;
        this.#refreshed(dialog, response);
        if (offer === '') return;
        if (response.body === '') this.complain(`200 to UPDATE without an answer (RFC 3311 §5.2)`);
        offers.answered(response.body);
      } else if (offer !== '') offers.sent = '';
    });
  }

  #refreshed(dialog: Dialog, message: Sip): void {
    const contact = message.header('contact');
    if (contact !== undefined) dialog.target = uriIn(contact);
  }

  protected reinvite(dialog: Dialog): void {
    const { offers } = dialog;
    const isBound = dialog.acknowledged || dialog.acks.size > 0;
    if (dialog.state !== 'confirmed' || !isBound || offers.isPending || dialog.asking || dialog.asked) return;
    const contact = this.#moved(dialog);
    const offer = this.random.chance(0.8) ? this.description(dialog) : '';
    offers.sent = offer;
    const sequence = ++dialog.sequence;
    const headers: Headers = [...dialog.headers('INVITE', sequence), ['Contact', `<${contact}>`]];
    const client = this.ask('INVITE', dialog.target, headers, offer, dialog.hop, (response) => {
      if (response !== undefined && response.status < 200) return;
      if (response !== undefined && response.status < 300) {
        if (dialog.acks.has(sequence)) this.confirm(dialog, sequence, '');
        else this.#reinvited(dialog, sequence, contact, offer, response);
        return;
      }
      dialog.asking = undefined;
      offers.sent = '';
      const status = response?.status ?? 408;
      if (status === 408 || status === 481) this.end(dialog);
    });
    dialog.asking = client;
    this.after(this.random.chance(0.2) ? this.pause(3000) : 60_000, () => this.cancel(client));
  }

  #reinvited(dialog: Dialog, sequence: number, contact: string, offer: string, response: Sip): void {
    const { offers } = dialog;
    dialog.asking = undefined;
    dialog.contact = contact;
    this.#refreshed(dialog, response);
    if (response.body === '') this.complain('200 to a re-INVITE without a description (§14.2)');
    let answer = '';
    if (offer !== '') offers.answered(response.body);
    else {
      answer = this.description(dialog);
      offers.received = response.body;
      offers.answer(answer);
    }
    this.confirm(dialog, sequence, answer);
  }

  /** §13.2.2.4: one ACK for all copies of a 2xx. */
  protected confirm(dialog: Dialog, sequence: number, answer: string): void {
    const known = dialog.acks.get(sequence);
    if (known !== undefined) {
      if (known.wire !== '') this.send(known.wire, known.hop);
      return;
    }
    const { hop } = dialog;
    if (this.random.chance(this.temper.forgets)) {
      dialog.acks.set(sequence, { wire: '', hop });
      return;
    }
    const ack = this.ask('ACK', dialog.target, dialog.headers('ACK', sequence), answer, hop, () => {});
    dialog.acks.set(sequence, { wire: ack.request.wire, hop });
  }

  #refer(dialog: Dialog): void {
    this.request(dialog, 'REFER', [
      ['Refer-To', '<sip:third@10.0.3.3>'],
      ['Contact', `<${dialog.contact}>`],
    ]);
  }

  /** BYE; of an early dialog of a caller too (§15). */
  end(dialog: Dialog): void {
    if (dialog.state === 'over') return;
    dialog.state = 'over';
    this.request(dialog, 'BYE');
  }

  // Requests of theirs -----------------------------------------------------------------------------

  protected requested(server: Server): void {
    const { request } = server;
    if (request.toTag === '') {
      this.initial(server);
      return;
    }
    const dialog = this.dialogWith(request);
    if (dialog === undefined) this.strayed(server);
    else this.#inDialog(dialog, server);
  }

  protected abstract initial(server: Server): void;

  /** In a dialog that this user agent does not know. */
  protected strayed(server: Server): void {
    this.complain(`${server.request} in no dialog of ours (§12.2.2)`);
    this.respond(server, 481, '');
  }

  protected dialogWith(request: Sip): Dialog | undefined {
    const callId = request.header('call-id');
    return this.dialogs.find(
      (one) => one.callId === callId && one.localTag === request.toTag && one.remoteTag === request.fromTag,
    );
  }

  #inDialog(dialog: Dialog, server: Server): void {
    const { request } = server;
    const number = parseInt(request.cseq, 10);
    this.#check(dialog, request, number);
    if (number < dialog.remoteSequence) {
      this.respond(server, 500, '', [['Retry-After', '0']]);
      return;
    }
    dialog.numbers.add(number);
    dialog.remoteSequence = number;
    if (request.method === 'BYE') this.#ended(dialog, server);
    else if (request.method === 'NOTIFY') this.#notified(dialog, server);
    else if (dialog.state === 'over') this.respond(server, 481, '');
    else if (request.method === 'INVITE') this.#reinvitedBy(dialog, server);
    else if (request.method === 'PRACK') this.pracked(dialog, server);
    else this.#answer(dialog, server);
  }

  #check(dialog: Dialog, request: Sip, number: number): void {
    // A BYE in our name may cross one of the other side.
    if (dialog.numbers.has(number) && dialog.state !== 'over')
      this.complain(`${request} has CSeq ${number} for the second time (§12.2.1.1)`);
    if (!dialog.contacts.has(request.uri)) this.complain(`${request} to what was never our Contact (§12.2.1.1)`);
    const { proxy } = this.character;
    const routes = request.all('route').join(', ');
    if (routes !== (proxy === undefined ? '' : `<sip:${proxy};lr>`))
      this.complain(`${request} with Route: ${routes || 'none'} (§12.2.1.1)`);
  }

  protected pracked(_dialog: Dialog, server: Server): void {
    this.complain(`${server.request} for no reliable response (RFC 3262 §3)`);
    this.respond(server, 481, '');
  }

  #ended(dialog: Dialog, server: Server): void {
    if (this.challenged(server)) return;
    dialog.state = 'over';
    this.respond(server, 200, '');
    const { asked } = dialog;
    if (asked !== undefined && asked.final === 0) this.respond(asked, 487, '');
    this.over(dialog);
  }

  /** The other side has ended the dialog. */
  protected over(_dialog: Dialog): void {}

  /** RFC 3515 §2.4.6: the id is the CSeq number of our REFER. */
  #notified(dialog: Dialog, server: Server): void {
    const event = server.request.header('event') ?? '';
    const id = Number(/;id=(\d+)/.exec(event)?.[1] ?? Math.min(...dialog.refers));
    if (!/^refer\b/.test(event) || !dialog.refers.has(id)) {
      this.complain(`NOTIFY of ${event} for REFERs ${[...dialog.refers]} (E-17, RFC 3515 §2.4.6)`);
      this.respond(server, 481, '');
      return;
    }
    this.after(this.pause(500), () => this.respond(server, this.random.chance(0.1) ? 481 : 200, ''));
  }

  #answer(dialog: Dialog, server: Server): void {
    const { request } = server;
    if (this.random.chance(this.temper.silent)) return;
    const delay = this.pause(this.temper.slowness);
    const refusal = this.random.chance(this.temper.refuses) ? this.random.pick(REFUSALS) : 0;
    const offer = request.method === 'UPDATE' ? request.body : '';
    if (offer !== '' && dialog.offers.isPending) {
      this.respond(server, dialog.offers.sent !== '' ? 491 : 500, '', [['Retry-After', '1']]);
      return;
    }
    if (offer !== '') dialog.offers.received = offer;
    this.after(delay, () => {
      if (dialog.state === 'over') this.respond(server, 481, '');
      else if (refusal > 0) {
        if (offer !== '') dialog.offers.received = '';
        this.respond(server, refusal, '');
      } else this.#accept(dialog, server, offer);
    });
  }

  #accept(dialog: Dialog, server: Server, offer: string): void {
    const { request } = server;
    const isUpdate = request.method === 'UPDATE';
    if (isUpdate) this.#refreshed(dialog, request);
    const contact = isUpdate ? this.#moved(dialog) : dialog.contact;
    dialog.contact = contact;
    const body = offer === '' ? '' : this.#answerTo(dialog, offer);
    if (offer !== '') dialog.offers.answer(body);
    const headers: Headers = isUpdate || request.method === 'REFER' ? [['Contact', `<${contact}>`]] : [];
    this.respond(server, request.method === 'REFER' ? 202 : 200, '', headers, body);
    if (request.method === 'REFER') this.#tell(dialog, parseInt(request.cseq, 10));
  }

  /** The same description again for the same offer, unless it changes its mind. */
  #answerTo(dialog: Dialog, offer: string): string {
    const { local, remote } = dialog.offers;
    return offer === remote && !this.random.chance(this.temper.changes) ? local : this.description(dialog);
  }

  /** RFC 3515 §2.4.4. */
  #tell(dialog: Dialog, id: number): void {
    const notify = (state: string, body: string): void => {
      if (dialog.state === 'over') return;
      const headers: Headers = [
        ['Event', `refer;id=${id}`],
        ['Subscription-State', state],
        ['Contact', `<${dialog.contact}>`],
      ];
      this.request(dialog, 'NOTIFY', headers, body);
    };
    this.after(1, () => notify('active;expires=30', 'SIP/2.0 100 Trying'));
    const later = this.pause(8000);
    if (this.random.chance(0.9)) this.after(later, () => notify('terminated;reason=noresource', 'SIP/2.0 200 OK'));
  }

  #reinvitedBy(dialog: Dialog, server: Server): void {
    const { request } = server;
    const { offers } = dialog;
    if (dialog.asking !== undefined || offers.sent !== '') {
      this.respond(server, 491, '');
      return;
    }
    if (dialog.asked !== undefined || offers.received !== '' || dialog.state !== 'confirmed') {
      this.respond(server, 500, '', [['Retry-After', '1']]);
      return;
    }
    if (this.challenged(server)) return;
    dialog.asked = server;
    offers.received = request.body;
    if (this.random.chance(0.3)) this.respond(server, 180, '');
    if (this.random.chance(this.temper.silent)) return;
    const refusal = this.random.chance(this.temper.refuses) ? this.random.pick(REFUSALS) : 0;
    this.after(this.pause(this.temper.slowness), () => {
      if (server.final > 0) return;
      if (refusal > 0) this.#refuse(dialog, server, refusal);
      else this.#agree(dialog, server);
    });
  }

  #refuse(dialog: Dialog, server: Server, status: number): void {
    dialog.offers.received = '';
    dialog.asked = undefined;
    this.respond(server, status, '');
  }

  #agree(dialog: Dialog, server: Server): void {
    const { offers } = dialog;
    const { request } = server;
    this.#refreshed(dialog, request);
    dialog.contact = this.#moved(dialog);
    const body = request.body === '' ? this.description(dialog) : this.#answerTo(dialog, request.body);
    if (request.body === '') offers.sent = body;
    else offers.answer(body);
    this.respond(server, 200, '', [['Contact', `<${dialog.contact}>`]], body);
  }

  /** 407 to what has no credentials (§22.3). */
  protected challenged(server: Server): boolean {
    const { request } = server;
    if (!this.temper.challenges.includes(request.method) || request.header('proxy-authorization') !== undefined)
      return false;
    this.respond(server, 407, `${this.name}q`, [['Proxy-Authenticate', 'Digest realm="r", nonce="n", algorithm=MD5']]);
    return true;
  }

  protected cancelled(invite: Server): void {
    const dialog = this.dialogWith(invite.request);
    if (dialog !== undefined) this.#refuse(dialog, invite, 487);
  }

  protected confirmed(ack: Sip): void {
    const dialog = this.dialogWith(ack);
    if (dialog === undefined) {
      this.complain(`ACK in no dialog of ours (§13.2.2.4)`);
      return;
    }
    const invite = this.#inviteOf(dialog, ack);
    if (invite === undefined) {
      this.complain(`ACK ${ack.cseq} for no 2xx (§13.2.2.4)`);
      return;
    }
    const wait = present(invite.waiting.get(ack.toTag) ?? invite.waiting.get(''));
    if (wait.acknowledged) return;
    wait.acknowledged = true;
    const { offers } = dialog;
    if (invite.request.body === '' && wait.body !== '' && wait.body === offers.sent) {
      if (ack.body !== '') offers.answered(ack.body);
      else this.#unanswered(dialog);
    }
    if (dialog.asked === invite) dialog.asked = undefined;
    dialog.acknowledged = true;
  }

  /** What is ended at once needs no answer. */
  #unanswered(dialog: Dialog): void {
    this.after(1000, () => {
      if (dialog.state !== 'over') this.complain('ACK without the answer (§13.2.1)');
    });
  }

  #inviteOf(dialog: Dialog, ack: Sip): Server | undefined {
    const number = parseInt(ack.cseq, 10);
    for (const server of this.servers.values()) {
      const { request } = server;
      if (request.method !== 'INVITE' || request.header('call-id') !== dialog.callId) continue;
      if (parseInt(request.cseq, 10) !== number || request.fromTag !== dialog.remoteTag) continue;
      if (server.waiting.has(ack.toTag) || (request.toTag === ack.toTag && server.waiting.has(''))) return server;
    }
    return undefined;
  }

  /** §13.3.1.4. */
  protected unacknowledged(server: Server, tag: string): void {
    const { request } = server;
    const dialog = this.dialogs.find(
      (one) =>
        one.callId === request.header('call-id') &&
        one.remoteTag === request.fromTag &&
        one.localTag === (tag === '' ? request.toTag : tag),
    );
    if (dialog === undefined) return;
    dialog.asked = undefined;
    this.end(dialog);
  }

  /** Dialogs that stand. */
  get standing(): Dialog[] {
    return this.reach === 'open' ? this.dialogs.filter(({ state }) => state === 'confirmed') : [];
  }
}
