// A strict user agent: it calls, or is called, as several forks if its plan says so (§13), with reliable provisional
// responses (RFC 3262).
import { present } from '../../container/base/present.js';
import { type Headers, type Sip, uriIn } from '../fuzz/text.js';
import { CONTAINER, type Line, type Transport } from '../fuzz/wires.js';
import { Dialog } from './dialog.js';
import { Talker } from './talker.js';
import type { Client, Server } from './transactions.js';

export interface CallPlan {
  readonly uri: string;
  readonly isOfferless: boolean;
  /** 100rel is supported. */
  readonly reliable: boolean;
  readonly cancelAt: number | undefined;
}

/** Responses of a callee, each `after` ms behind the one before. */
export interface Step {
  readonly after: number;
  readonly status: number;
  readonly tag: string;
  /** With a description; reliable where the caller supports it. */
  readonly described: boolean;
  readonly reliable: boolean;
  readonly headers: Headers;
}

export interface AnswerPlan {
  readonly steps: readonly Step[];
  /** What it does with a CANCEL; 'ignore': it never ends its INVITE. */
  readonly onCancel: 'terminate' | 'answer' | 'busy' | 'ignore';
}

/** When it does something in its dialogs, and when it hangs up: ms after they began. */
export interface Restlessness {
  readonly talks: readonly number[];
  readonly bye: number | undefined;
}

export class Agent extends Talker {
  /** Our INVITE. */
  call: Client | undefined;
  #plan!: CallPlan;
  #offer = '';
  restlessness: Restlessness = { talks: [], bye: undefined };
  /** How the next INVITE is answered. */
  answers: () => AnswerPlan = () => ({ steps: [], onCancel: 'terminate' });
  /** Of a callee: what its INVITE was answered with, by tag. */
  readonly #forks = new Map<Server, { plan: AnswerPlan; dialogs: Map<string, Dialog>; stopped: boolean }>();
  readonly #restless = new Set<Dialog>();

  override receive(wire: string, transport: Transport, line: Line | undefined): void {
    const { proxy } = this.character;
    const isInitial = proxy !== undefined && wire.startsWith('INVITE ') && !/\r\nTo:[^\r]*;tag=/i.test(wire);
    // Its proxy has record-routed, in front of everybody.
    super.receive(isInitial ? wire.replace('\r\n', `\r\nRecord-Route: <sip:${proxy};lr>\r\n`) : wire, transport, line);
  }

  // Calling ----------------------------------------------------------------------------------------

  invite(plan: CallPlan): void {
    this.#plan = plan;
    const { proxy, isTcp } = this.character;
    this.#offer = plan.isOfferless ? '' : this.description();
    const headers: [string, string][] = proxy === undefined ? [] : [['Record-Route', `<sip:${proxy};lr>`]];
    headers.push(
      ['From', `<sip:${this.name}@example.com>;tag=${this.name}f`],
      ['To', '<sip:bob@example.com>'],
      ['Call-ID', `fuzz@${this.address}`],
      ['CSeq', '1 INVITE'],
      ['Contact', `<${this.contact()}>`],
    );
    if (plan.reliable) headers.push(['Supported', '100rel']);
    const hop = { host: CONTAINER, transport: isTcp ? 'TCP' : 'UDP' } as const;
    this.call = this.ask('INVITE', plan.uri, headers, this.#offer, hop, (response) => this.#responded(response));
    const { call } = this;
    this.after(plan.cancelAt ?? 240_000, () => this.cancel(call));
  }

  #responded(response: Sip | undefined): void {
    if (response === undefined) return;
    if (response.status >= 300) {
      for (const dialog of this.dialogs) if (dialog.state === 'early') dialog.state = 'over';
    } else if (response.toTag !== '' && response.status > 100) this.#progressed(response);
  }

  #progressed(response: Sip): void {
    const dialog = this.#dialogOf(response);
    if (response.status >= 200) this.#answered(dialog, response);
    else if (dialog.state === 'early') this.#early(dialog, response);
  }

  #dialogOf(response: Sip): Dialog {
    const remote = present(response.header('to'));
    const known = this.dialogs.find((one) => one.remote === remote);
    if (known !== undefined) return known;
    const sip = present(this.call).request;
    const contact = uriIn(present(sip.header('contact')));
    const parts = { sequence: 1, target: '', routes: [] };
    const dialog = new Dialog(present(sip.header('call-id')), present(sip.header('from')), remote, contact, parts);
    dialog.offers.sent = this.#offer;
    this.#follow(dialog, response);
    this.dialogs.push(dialog);
    this.#stir(dialog);
    return dialog;
  }

  #follow(dialog: Dialog, response: Sip): void {
    if (response.header('contact') === undefined) this.complain(`${response} without a Contact (§12.1.1)`);
    dialog.follow(response, this.character.proxy);
  }

  #early(dialog: Dialog, response: Sip): void {
    const reliable = Number(response.header('rseq') ?? 0);
    const isReliable = /100rel/.test(response.header('require') ?? '') && reliable > 0;
    if (isReliable && !this.#plan.reliable)
      this.complain('a reliable response to an INVITE without 100rel (RFC 3262 §3)');
    if (!isReliable) {
      this.#previewed(dialog, response.body);
      return;
    }
    if (dialog.reliable !== 0 && reliable !== dialog.reliable + 1) return; // again, or one is missing (RFC 3262 §4)
    dialog.reliable = reliable;
    let answer = '';
    if (response.body !== '') answer = this.#described(dialog, response.body);
    this.request(dialog, 'PRACK', [['RAck', `${reliable} 1 INVITE`]], answer);
  }

  /** §13.2.1: all descriptions of one dialog's responses to the INVITE are the same answer. */
  #previewed(dialog: Dialog, body: string): void {
    if (body === '' || this.#offer === '') return;
    if (dialog.preview !== '' && dialog.preview !== body)
      this.complain(`two different answers in one dialog (E-08, §13.2.1)`);
    dialog.preview = body;
  }

  /** A description in a response that counts; what it is answered with where it is an offer. */
  #described(dialog: Dialog, body: string): string {
    const { offers } = dialog;
    if (this.#offer !== '') {
      this.#previewed(dialog, body);
      if (offers.sent === this.#offer) offers.answered(body);
      return '';
    }
    if (offers.remote !== '' || offers.received !== '') return '';
    offers.received = body;
    const answer = this.description(dialog);
    offers.answer(answer);
    return answer;
  }

  #answered(dialog: Dialog, response: Sip): void {
    if (dialog.acks.has(1)) {
      this.confirm(dialog, 1, '');
      return;
    }
    const isOver = dialog.state === 'over';
    if (!isOver) dialog.state = 'confirmed';
    this.#follow(dialog, response);
    const { offers } = dialog;
    let answer = '';
    if (response.body !== '') answer = this.#described(dialog, response.body);
    else if (offers.sent === this.#offer && offers.remote === '') {
      offers.sent = '';
      this.complain(`${response} without a description (§13.2.1)`);
    }
    this.confirm(dialog, 1, answer);
    const isFurther = this.dialogs.some((one) => one !== dialog && one.acks.has(1) && one.state === 'confirmed');
    if (isOver || isFurther || present(this.call).cancelled) {
      dialog.state = 'confirmed';
      this.end(dialog);
    }
  }

  /** A request of a fork that we do not know yet (§12.2.2). */
  protected override strayed(server: Server): void {
    const { request } = server;
    const { call } = this;
    const isOurs = call !== undefined && request.toTag === call.request.fromTag;
    if (isOurs && request.header('call-id') === call.request.header('call-id')) this.respond(server, 481, '');
    else super.strayed(server);
  }

  // Being called -----------------------------------------------------------------------------------

  protected initial(server: Server): void {
    const { request } = server;
    if (request.method !== 'INVITE') {
      this.complain(`${request} out of a dialog`);
      this.respond(server, 405, `${this.name}t`);
      return;
    }
    if (this.challenged(server)) return;
    const plan = this.answers();
    const fork = { plan, dialogs: new Map<string, Dialog>(), stopped: false };
    this.#forks.set(server, fork);
    const tag = `${this.name}-${++this.tags}`;
    const follow = (at: number): void => {
      const step = plan.steps[at];
      if (step === undefined) return;
      this.after(step.after, () => {
        if (fork.stopped) return;
        this.#step(server, { ...step, tag: `${tag}${step.tag}` });
        follow(at + 1);
      });
    };
    follow(0);
  }

  #step(server: Server, step: Step): void {
    const { status, tag, headers } = step;
    if (server.final >= 300 || (server.final > 0 && status >= 300)) return;
    if (status >= 300) {
      present(this.#forks.get(server)).stopped = true;
      this.respond(server, status, tag, headers);
      for (const dialog of this.#dialogsOf(server)) if (dialog.state === 'early') dialog.state = 'over';
      return;
    }
    const dialog = this.#dialogAt(server, tag);
    if (dialog.state !== 'early' || (server.final > 0 && status < 200)) return;
    if (status < 200) this.#ring(server, dialog, step);
    else this.#accept(server, dialog, step);
  }

  #dialogsOf(server: Server): Iterable<Dialog> {
    return present(this.#forks.get(server)).dialogs.values();
  }

  #dialogAt(server: Server, tag: string): Dialog {
    const { dialogs } = present(this.#forks.get(server));
    let dialog = dialogs.get(tag);
    if (dialog === undefined) {
      const { request } = server;
      const { proxy } = this.character;
      const routes = request.all('record-route').filter((route) => proxy === undefined || !route.includes(proxy));
      const target = uriIn(present(request.header('contact')));
      const local = `${request.header('to')};tag=${tag}`;
      const parts = { sequence: this.random.between(0, 200), target, routes };
      const callId = present(request.header('call-id'));
      dialog = new Dialog(callId, local, present(request.header('from')), this.contact(), parts);
      dialog.remoteSequence = parseInt(request.cseq, 10);
      dialog.offers.received = request.body;
      dialogs.set(tag, dialog);
      this.dialogs.push(dialog);
      this.#stir(dialog);
    }
    return dialog;
  }

  #contactOf(dialog: Dialog): [string, string] {
    return ['Contact', `<${dialog.contact}>`];
  }

  #ring(server: Server, dialog: Dialog, { status, tag, described, reliable }: Step): void {
    const { request } = server;
    const headers = [this.#contactOf(dialog)];
    const isReliable = reliable && /100rel/.test(`${request.header('supported')}${request.header('require')}`);
    if (dialog.unacknowledged > 0) return;
    const body = described && (request.body !== '' || isReliable) ? this.#describe(dialog, request, isReliable) : '';
    if (!isReliable) {
      this.respond(server, status, tag, headers, body);
      return;
    }
    dialog.reliable ||= this.random.between(1, 500);
    dialog.unacknowledged = ++dialog.reliable;
    headers.push(['Require', '100rel'], ['RSeq', `${dialog.reliable}`]);
    this.respond(server, status, tag, headers, body);
    this.#repeatReliable(server, dialog, server.last as string, 500, 0);
  }

  /** RFC 3262 §3. */
  #repeatReliable(server: Server, dialog: Dialog, wire: string, interval: number, elapsed: number): void {
    const number = dialog.unacknowledged;
    this.after(interval, () => {
      if (dialog.unacknowledged !== number || server.final > 0 || dialog.state !== 'early') return;
      if (elapsed + interval >= 32_000) {
        this.#step(server, {
          after: 0,
          status: 504,
          tag: dialog.localTag,
          described: false,
          reliable: false,
          headers: [],
        });
        return;
      }
      this.send(wire, server.hop);
      this.#repeatReliable(server, dialog, wire, 2 * interval, elapsed + interval);
    });
  }

  /** The description of our responses to this INVITE: always the same in one dialog. */
  #describe(dialog: Dialog, request: Sip, counts: boolean): string {
    const { offers } = dialog;
    dialog.preview ||= this.description(dialog);
    const body = dialog.preview;
    if (!counts) return body;
    if (request.body !== '' && offers.received === request.body && offers.local === '') offers.answer(body);
    else if (request.body === '' && offers.local === '') offers.sent = body;
    return body;
  }

  protected override pracked(dialog: Dialog, server: Server): void {
    const { request } = server;
    const number = parseInt(request.header('rack') ?? '', 10);
    if (number !== dialog.unacknowledged) {
      if (dialog.reliable < number || number === 0) super.pracked(dialog, server);
      else this.respond(server, 481, '');
      return;
    }
    dialog.unacknowledged = 0;
    const { offers } = dialog;
    if (request.body !== '' && offers.sent !== '') offers.answered(request.body);
    this.respond(server, 200, '');
  }

  #accept(server: Server, dialog: Dialog, step: Step): void {
    const { request } = server;
    const waits = dialog.unacknowledged > 0 || (request.body === '' && dialog.offers.sent !== '');
    if (waits) {
      // RFC 3262 §3: not before the PRACK, which may never come.
      if (this.wires.clock.now() > server.time + PATIENCE) return;
      this.after(500, () => {
        if (!present(this.#forks.get(server)).stopped) this.#step(server, step);
      });
      return;
    }
    const hasExchanged = dialog.offers.local !== '';
    const body = hasExchanged ? '' : this.#describe(dialog, request, true);
    dialog.state = 'confirmed';
    this.respond(server, step.status, step.tag, [this.#contactOf(dialog), ...step.headers], body);
  }

  protected override cancelled(invite: Server): void {
    const fork = this.#forks.get(invite);
    if (fork === undefined) {
      super.cancelled(invite);
      return;
    }
    const { onCancel } = fork.plan;
    fork.stopped = onCancel !== 'answer';
    if (onCancel === 'ignore' || onCancel === 'answer') {
      const tag = [...fork.dialogs.keys()][0] ?? `${this.name}-${this.tags}x`;
      if (onCancel === 'answer') this.#step(invite, { ...OK, tag });
      return;
    }
    this.#step(invite, { ...OK, status: onCancel === 'busy' ? 486 : 487, tag: `${this.name}-${this.tags}x` });
  }

  protected override over(dialog: Dialog): void {
    const server = this.#serverOf(dialog);
    if (server === undefined || server.final > 0) return;
    // §15.1.2: a BYE in an early dialog ends its INVITE, when no other dialog is left.
    if ([...this.#dialogsOf(server)].every(({ state }) => state === 'over'))
      this.#step(server, { ...OK, status: 487, tag: dialog.localTag });
  }

  // Restlessness -----------------------------------------------------------------------------------

  #stir(dialog: Dialog): void {
    if (this.#restless.has(dialog)) return;
    this.#restless.add(dialog);
    for (const at of this.restlessness.talks) this.after(at, () => this.talk(dialog));
    const { bye } = this.restlessness;
    if (bye === undefined) return;
    this.after(bye, () => {
      if (dialog.state === 'confirmed') this.hangUp(dialog);
    });
  }

  /** §15: a callee does not hang up before it has the ACK. */
  hangUp(dialog: Dialog): void {
    if (dialog.state === 'over') return;
    if (this.#isCalled(dialog) && !dialog.acknowledged) this.after(500, () => this.hangUp(dialog));
    else this.end(dialog);
  }

  #isCalled(dialog: Dialog): boolean {
    return this.#serverOf(dialog) !== undefined;
  }

  #serverOf(dialog: Dialog): Server | undefined {
    for (const [server, { dialogs }] of this.#forks) if (dialogs.get(dialog.localTag) === dialog) return server;
    return undefined;
  }

  /** §15: a callee refuses where a caller may say BYE. */
  override end(dialog: Dialog): void {
    const server = dialog.state === 'early' ? this.#serverOf(dialog) : undefined;
    if (server === undefined) super.end(dialog);
    else if (server.final === 0) this.#step(server, { ...OK, status: 480, tag: dialog.localTag });
  }
}

/** How long a callee waits for anything, from its INVITE on. */
const PATIENCE = 120_000;

const OK: Step = { after: 0, status: 200, tag: '', described: true, reliable: false, headers: [] };
