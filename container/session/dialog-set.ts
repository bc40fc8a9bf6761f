// The dialogs that one proxied request has made (RFC 3261 §12, §16.7): one for each To tag, under the identifier that
// our Record-Route carries.
import { present } from '../base/present.js';
import { copied, flat, type Request, type Response } from '../message/index.js';
import type { OwnContact } from './own-contact.js';
import type { SessionOwner } from './owner.js';
import type { Numbers } from './proxied-dialog.js';
import { type Dialogs, type DialogsKeeper, type Invitation, type Search, SipSession } from './sip-session.js';

/** Requests that make a dialog (§12.1, RFC 6665 §4.4.1). */
export const DIALOG_METHODS: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY']);

/** Whether a response gives the address of its sender in the dialog (§12.1.1, RFC 3311 §5.2, RFC 6665 §4.1.2.1). */
export function namesContact(method: string, status: number): boolean {
  return status < 300 && (DIALOG_METHODS.has(method) || (method === 'UPDATE' && status >= 200));
}

/** How many dialogs one request may make (security: a flood of To tags). */
const MAX_DIALOGS = 64;

const NO_INVITATIONS: readonly Invitation[] = [];

export class DialogSet implements Dialogs {
  /** Of the request that made it. */
  readonly method: string;
  readonly callId: string;
  readonly callerTag: string | undefined;
  /** Wire text of From and To of the request that made it. */
  readonly from: string;
  readonly to: string;
  name: string | undefined;
  routeParameters: readonly string[] | undefined;
  slot = -1;
  keeper: DialogsKeeper | undefined;
  isProxied = false;
  formerNumbers: Numbers | undefined;
  contact: OwnContact | undefined;
  isContactSent = false;
  /** The search that may still make dialogs of it. */
  search: Search | undefined;
  /** INVITEs in it, until no more messages can come for them. */
  #invitations: readonly Invitation[] = NO_INVITATIONS;
  readonly #sessions: SipSession[];

  constructor(
    readonly applicationSession: SessionOwner,
    request: Request,
  ) {
    this.method = request.method;
    // Copied into one short text, since it may live for hours: it must not keep the whole message in memory.
    const { callId, from, to } = request;
    const text = flat(`${callId}\n${from.text}\n${to.text}\n${from.tag ?? ''}`);
    const fromStart = callId.length + 1;
    const toStart = fromStart + from.text.length + 1;
    const tagStart = toStart + to.text.length + 1;
    this.callId = text.slice(0, fromStart - 1);
    this.from = text.slice(fromStart, toStart - 1);
    this.to = text.slice(toStart, tagStart - 1);
    this.callerTag = from.tag === undefined ? undefined : text.slice(tagStart);
    this.#sessions = []; // while the session is announced
    this.#sessions = [new SipSession(this, applicationSession, undefined)];
  }

  /** The invitation is told when no session that needs it is left. */
  hold(invitation: Invitation): void {
    // Nearly always one: a list that grows would have room for 17.
    this.#invitations = [...this.#invitations, invitation];
  }

  /** It has ended. */
  release(invitation: Invitation): void {
    if (this.#invitations.length > 0) this.#invitations = this.#invitations.filter((one) => one !== invitation);
  }

  /** The session of the request itself. */
  get first(): SipSession {
    return present(this.#sessions[0], 'the first session of a dialog set');
  }

  /** The session for a response: another To tag is another dialog, with a derived session (JSR 289 §6.2.3.2). */
  sessionFor(response: Response): SipSession {
    const { tag } = response.to;
    const { first } = this;
    if (tag === undefined || first.calleeTag === tag) return first;
    const known = this.#sessions.length > 1 ? this.#withTag(tag) : undefined;
    if (known !== undefined) return known;
    // Only a response that can make a dialog gives the session its tag: final responses of different branches have tags
    // of their own.
    if (response.status >= 300) return first;
    if (first.calleeTag !== undefined) return this.#derive(tag);
    first.calleeTag = copied(tag);
    return first;
  }

  /**
   * A branch has failed, and its early dialogs with it (§12.3): the first session is the request's again, for another
   * dialog (JSR 289 §6.2.1).
   */
  branchFailed(tags: readonly string[]): void {
    for (const session of this.#sessions) {
      if (session.state !== 'early' || !tags.includes(session.calleeTag ?? '')) continue;
      if (session.proxied !== undefined) this.formerNumbers = session.proxied.numbersWith(this.formerNumbers);
      session.proxied = undefined;
      if (session !== this.#sessions[0]) {
        session.state = 'terminated';
        continue;
      }
      session.state = 'initial';
      session.calleeTag = undefined;
    }
  }

  /** Dialogs of forks that answered, while that of the first session did not. */
  get answeredElsewhere(): readonly SipSession[] {
    const [first, ...others] = this.#sessions;
    if (others.length === 0 || first?.state === 'confirmed') return [];
    return others.filter((session) => session.isValid && session.state === 'confirmed');
  }

  /** The session of the dialog with that tag of the peer, which is made when there is none (RFC 6665 §4.4.1). */
  sessionOfTag(tag: string): SipSession {
    const { first } = this;
    if (first.calleeTag === undefined) first.calleeTag = copied(tag);
    return this.#withTag(tag) ?? this.#derive(tag);
  }

  /**
   * A search of our own has ended (§13.2.2.4): early dialogs have failed; the request may be tried again from the first
   * session.
   */
  searchEnded(): void {
    for (const session of this.#sessions.slice()) {
      if (session.state === 'confirmed' || session.state === 'terminated') continue;
      session.userAgent?.forgetDialog();
      session.calleeTag = undefined;
      session.state = session === this.#sessions[0] ? 'initial' : 'terminated';
      if (session !== this.#sessions[0]) session.checkReady();
    }
  }

  #withTag(tag: string): SipSession | undefined {
    return this.#sessions.find((session) => session.calleeTag === tag);
  }

  #derive(tag: string): SipSession {
    const { first } = this;
    // Nothing begins in an application session that has ended.
    if (this.#sessions.length >= MAX_DIALOGS || !this.applicationSession.isValid) return first;
    const derived = new SipSession(this, this.applicationSession, copied(tag), first.rawAttributes);
    if (first.outboundInterface !== undefined) derived.outboundInterface = first.outboundInterface;
    derived.forkOf(first);
    this.#sessions.push(derived);
    return derived;
  }

  /** The session whose dialog the request is in (§12.2.2). */
  match(request: Request): SipSession | undefined {
    if (request.callId !== this.callId) return undefined;
    return this.#sessions.find((session) => session.isValid && session.matches(request));
  }

  get sessions(): readonly SipSession[] {
    return this.#sessions;
  }

  /** No session of it is left. */
  get isEmpty(): boolean {
    return !this.#sessions.some((session) => session.isValid);
  }

  /** One of its sessions was invalidated. */
  sessionEnded(): void {
    if (!this.isEmpty) {
      for (const invitation of this.#invitations) invitation.sessionEnded?.();
      this.first.checkReady();
      return;
    }
    this.keeper?.ended(this);
    const invitations = this.#invitations;
    this.#invitations = NO_INVITATIONS;
    for (const invitation of invitations) invitation.condense();
  }

  /** The transaction that made it has ended: dialogs that were never confirmed are over (§12.3). */
  settle(): void {
    // The application that holds the request ends the call by its session, wherever the call was answered.
    const isElsewhere = this.answeredElsewhere.length > 0;
    for (const session of this.#sessions.slice()) {
      if (session.state !== 'confirmed')
        session.state = isElsewhere && session === this.#sessions[0] ? 'initial' : 'terminated';
      session.checkReady();
    }
  }
}
