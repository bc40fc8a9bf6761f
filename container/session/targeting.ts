// Which application session an initial request asks for itself (JSR 289 §15.11): by an encoded URI, or by the dialog in
// Replaces or Join.
import type { Request, Uri } from '../message/index.js';
import type { ApplicationSessions } from './application-sessions.js';
import { type EncodedUris, SESSION_PARAMETER } from './encoded-uris.js';
import { type NamedDialog, namedDialogOf } from './named-dialog.js';
import type { SessionOwner } from './owner.js';
import type { ProxiedDialogs } from './proxied-dialogs.js';
import type { UserAgentDialogs } from './user-agent-dialogs.js';

export interface Target {
  readonly type: 'ENCODED_URI' | 'JOIN' | 'REPLACES';
  /** It may be a draining version, which has the session. */
  readonly applicationSession: SessionOwner;
}

const NOBODY: readonly string[] = [];

export class Targeting {
  constructor(
    private readonly sessions: ApplicationSessions,
    private readonly encodedUris: EncodedUris,
    private readonly userAgentDialogs: UserAgentDialogs,
    private readonly proxiedDialogs: ProxiedDialogs,
  ) {}

  /**
   * Undefined when it asks for no existing session: the router then decides. 'malformed': its Replaces or Join is
   * malformed. `popped` is the Route value of ours by which it came; applications in `visited` have had it.
   */
  targetOf(
    request: Request,
    popped: Uri | undefined,
    visited: readonly string[] = NOBODY,
  ): Target | 'malformed' | undefined {
    const encoded = this.#encodedIn(popped) ?? this.#encodedIn(request.target);
    if (encoded !== undefined && !visited.includes(encoded.appName))
      return { type: 'ENCODED_URI', applicationSession: encoded };
    if (request.method !== 'INVITE') return undefined;
    const dialog = namedDialogOf(request);
    if (dialog === undefined || dialog === 'malformed') return dialog;
    const applicationSession = this.#sessionWith(dialog, visited);
    return applicationSession === undefined ? undefined : { type: dialog.type, applicationSession };
  }

  #encodedIn(uri: Uri | undefined): SessionOwner | undefined {
    if (uri === undefined || uri.parameters === '') return undefined;
    return this.encodedUris.read(uri, (id) => this.sessions.find(id));
  }

  /** The user agent whose dialog it is, else the first application on its way that has not had the request. */
  #sessionWith({ callId, toTag, fromTag }: NamedDialog, visited: readonly string[]): SessionOwner | undefined {
    const own = this.userAgentDialogs.find(callId, toTag, fromTag);
    const all = [...(own === undefined ? [] : [own]), ...this.proxiedDialogs.find(callId, toTag, fromTag)];
    return all
      .map((session) => session.applicationSession)
      .find((session) => session.isValid && !visited.includes(session.appName));
  }
}

/**
 * Removes our parameter from a Request-URI that names this element: it was for us, and the next hop must not learn the
 * key to a session of ours.
 */
export function withoutSession(request: Request): void {
  const { target } = request;
  if (target.parameter(SESSION_PARAMETER) === undefined) return;
  const { parts } = target;
  const kept = parts.parameters
    .split(';')
    .filter((parameter) => !parameter.trim().toLowerCase().startsWith(`${SESSION_PARAMETER}=`))
    .join(';');
  const at = target.text.indexOf(parts.parameters, target.text.indexOf(parts.host));
  request.uri = target.text.slice(0, at) + kept + target.text.slice(at + parts.parameters.length);
}
