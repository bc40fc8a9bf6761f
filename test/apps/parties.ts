// Phones that act by themselves, each in its manner, and what must hold for every one of them after a call (§9, §12.2,
// §13, §17).
import { expect } from 'vitest';
import { present } from '../../container/base/present.js';
import type { Dialog } from '../world/dialog.js';
import type { ServerRequest } from '../world/incoming.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { Phone } from '../world/phone.js';
import type { World } from '../world/world.js';

/** What a phone does with the first INVITE of a call: replies with a status so many milliseconds after it came. */
export const MANNERS = {
  answers: { 0: 180, 1000: 200 },
  rings: { 0: 180 },
  silent: {},
  /** It says nothing at first. */
  slow: { 2000: 180 },
  busy: { 0: 180, 1000: 486 },
  declines: { 0: 180, 1000: 603 },
  moved: { 1000: 302 },
  fails: { 1000: 503 },
  /** It answers when it is cancelled: its 200 and the CANCEL have crossed. */
  crosses: { 0: 180 },
} as const satisfies Record<string, Readonly<Record<number, number>>>;
export type Manner = keyof typeof MANNERS;

export class Party {
  /** The first INVITE of each call that it got. */
  readonly invites: ServerRequest[] = [];
  readonly cancels: ServerRequest[] = [];
  readonly byes: ServerRequest[] = [];
  readonly #calls: ClientRequest[] = [];
  /** All INVITEs. */
  readonly #sent: ClientRequest[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #faults: string[] = [];
  #hungUp = 0;
  #contact: string;

  constructor(
    private readonly world: World,
    readonly phone: Phone,
    private readonly manner: Manner = 'rings',
    /** How many times slower than others it is. */
    private readonly slowness = 1,
  ) {
    this.#contact = phone.contactFor('UDP');
    phone.reliable = true;
    phone.on('INVITE', (request) =>
      request.message.toTag === undefined ? this.#rings(request) : this.#agrees(request),
    );
    phone.on('CANCEL', (request) => this.#cancelled(request));
    phone.on('ACK', (request) => this.#belongs(request));
    phone.on('BYE', (request) => {
      this.byes.push(request);
      this.#agrees(request);
    });
  }

  /** Whether it has rung, and when the call may be cancelled. */
  get hasRung(): boolean {
    return this.invites.some(({ replies }) => replies.some(({ status }) => status === 180));
  }

  /** The INVITE that it answered with 200. */
  get answered(): ServerRequest {
    return present(this.invites.find(isAnswered));
  }

  calls(uri: string, via: string): ClientRequest {
    const call = this.#noted(this.phone.invite(uri, { via }));
    this.#calls.push(call);
    return call;
  }

  /** A re-INVITE by which its Contact changes, and everything after it goes there (§12.2.1.1, §12.2.2). */
  async moves(within: ClientRequest | ServerRequest): Promise<void> {
    this.#contact = this.#contact.replace('@', '.moved@');
    const invite = this.#noted(within.dialog.request('INVITE', { contact: this.#contact, body: 'v=0\r\n' }));
    await invite.response(200);
    invite.ack();
    await this.world.deliver();
  }

  async hangsUp(within: ClientRequest | ServerRequest | Dialog): Promise<void> {
    this.#hungUp++;
    await ('dialog' in within ? within.dialog : within).bye().response(200);
  }

  /**
   * Every INVITE of its own has one final response, or as many as phones have answered; those that it got are answered,
   * refused or cancelled; and every call has its BYE.
   */
  inspect(finals = 1): void {
    expect(this.#faults).toEqual([]);
    const called = this.#calls.flatMap(({ responses }) => responses.filter(({ status }) => status === 200)).length;
    for (const { responses } of this.#sent)
      expect(responses.filter(({ status }) => status >= 200)).toHaveLength(finals);
    for (const invite of this.invites) {
      const statuses = invite.replies.map(({ status }) => status);
      const isCancelled = this.cancels.some((cancel) => this.phone.inviteOf(cancel) === invite);
      if (statuses.length === 0) expect(isCancelled).toBe(false);
      else expect([statuses.filter((status) => status >= 200).length, invite.acknowledged]).toEqual([1, true]);
      if (!isCancelled) expect(statuses).not.toContain(487);
    }
    expect(this.byes.length + this.#hungUp).toBe(this.invites.filter(isAnswered).length + called);
    expect(this.phone.unread).toEqual([]);
  }

  #noted(invite: ClientRequest): ClientRequest {
    this.#sent.push(invite);
    return invite;
  }

  #rings(invite: ServerRequest): void {
    this.invites.push(invite);
    for (const [delay, status] of Object.entries(MANNERS[this.manner]))
      this.world.clock.after(Number(delay) * this.slowness, () => {
        const isOver = invite.replies.some((reply) => reply.status >= 200);
        if (!isOver) invite.reply(status, { ...(status === 302 && { contact: 'sip:elsewhere@10.0.0.4' }) });
      });
  }

  #cancelled(cancel: ServerRequest): void {
    this.cancels.push(cancel);
    const invite = this.phone.inviteOf(cancel);
    if (invite === undefined) this.#faults.push('a CANCEL without its INVITE (§9.1)');
    if (invite?.replies.length === 0) this.#faults.push('a CANCEL before the first 1xx (§9.1)');
    cancel.reply(invite === undefined ? 481 : 200);
    if (!invite?.replies.some(({ status }) => status >= 200)) invite?.reply(this.manner === 'crosses' ? 200 : 487);
  }

  #agrees(request: ServerRequest): void {
    this.#belongs(request);
    request.reply(200, { ...(request.method === 'INVITE' && { contact: this.#contact, body: 'v=0\r\n' }) });
  }

  /** A request in a dialog belongs to a known one, is for its Contact, has no Route left, and has the next number. */
  #belongs(request: ServerRequest): void {
    const { message, method, uri } = request;
    // The ACK to a refusal is its INVITE's (§17.1.1.3).
    if (method === 'ACK' && this.invites.some((invite) => !isAnswered(invite) && invite.isAcknowledgedBy(message)))
      return;
    if (this.phone.dialogWith(message) === undefined) this.#faults.push(`${method} outside its dialogs`);
    const last = this.#numbers.get(message.callId) ?? 0;
    if (method !== 'ACK' && message.sequence <= last) this.#faults.push(`${method} ${message.sequence} after ${last}`);
    this.#numbers.set(message.callId, Math.max(last, message.sequence));
    if (uri !== this.#contact) this.#faults.push(`${method} ${uri}, and the Contact is ${this.#contact}`);
    if (message.list('Route').length > 0) this.#faults.push(`${method} with Route: ${message.list('Route')}`);
  }
}

function isAnswered({ replies }: ServerRequest): boolean {
  return replies.some(({ status }) => status === 200);
}
