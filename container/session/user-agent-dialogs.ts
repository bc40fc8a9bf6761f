// The dialogs in which an application is a user agent, by the Call-ID and tags of a request in them (§12.2.2).
import type { SipSession } from './sip-session.js';

interface Entry {
  readonly localTag: string;
  readonly remoteTag: string | undefined;
  readonly session: SipSession;
}

export class UserAgentDialogs {
  readonly #dialogs = new Map<string, Entry[]>();

  get size(): number {
    return this.#dialogs.size;
  }

  /** The sessions of early and established dialogs. */
  *standing(): Generator<SipSession> {
    for (const entries of this.#dialogs.values())
      for (const { session, remoteTag } of entries)
        if (remoteTag !== undefined && session.state !== 'terminated') yield session;
  }

  /** `remoteTag` is undefined where the peer may yet make the dialog by a NOTIFY (RFC 6665 §4.4.1). */
  add(callId: string, localTag: string, remoteTag: string | undefined, session: SipSession): void {
    const entries = this.#dialogs.get(callId);
    const entry = { localTag, remoteTag, session };
    if (entries === undefined) this.#dialogs.set(callId, [entry]);
    else entries.push(entry);
  }

  /** The session of the dialog, unless the dialog has ended. */
  find(callId: string, localTag: string | undefined, remoteTag: string | undefined): SipSession | undefined {
    const found = this.#dialogs
      .get(callId)
      ?.find((entry) => entry.remoteTag !== undefined && entry.localTag === localTag && entry.remoteTag === remoteTag);
    return found === undefined || found.session.state === 'terminated' ? undefined : found.session;
  }

  /**
   * Whether we have sent a BYE in that dialog that has no response yet: a BYE that crosses it ends nothing more
   * (§15.1.2).
   */
  isEnding(callId: string, localTag: string | undefined, remoteTag: string | undefined): boolean {
    for (const entry of this.#dialogs.get(callId) ?? []) {
      if (entry.localTag !== localTag || entry.remoteTag !== remoteTag) continue;
      for (const { request } of entry.session.userAgent?.sent ?? []) if (request.method === 'BYE') return true;
    }
    return false;
  }

  /** The session that has sent the request which a peer's NOTIFY may answer before any response (RFC 6665 §4.4.1). */
  awaitingNotify(callId: string, localTag: string | undefined): SipSession | undefined {
    const entry = this.#dialogs
      .get(callId)
      ?.find(({ remoteTag, ...each }) => remoteTag === undefined && each.localTag === localTag);
    return entry?.session;
  }

  /** Removes all dialogs of the session. */
  remove(callId: string, session: SipSession): void {
    const entries = this.#dialogs.get(callId)?.filter((entry) => entry.session !== session);
    if (entries === undefined) return;
    if (entries.length === 0) this.#dialogs.delete(callId);
    else this.#dialogs.set(callId, entries);
  }
}
