// The calls that stand: a call has one Call-ID in all applications that proxy it, and one for each leg that an
// application has linked with another (JSR 289 §14.1).
import { Leg } from '../agent/leg.js';
import type { ProxiedDialogs } from '../session/proxied-dialogs.js';
import type { UserAgentDialogs } from '../session/user-agent-dialogs.js';

interface Dialogs {
  readonly proxiedDialogs: Pick<ProxiedDialogs, 'standing'>;
  readonly userAgents: Pick<UserAgentDialogs, 'standing'>;
}

/** How many calls have an established dialog. */
export function establishedCalls({ proxiedDialogs, userAgents }: Dialogs): number {
  const groups = new Groups();
  for (const { state, callId } of proxiedDialogs.standing()) if (state === 'confirmed') groups.add(callId);
  for (const session of userAgents.standing()) {
    if (session.state !== 'confirmed') continue;
    groups.add(session.callId);
    const other = Leg.find(session)?.linked?.session;
    if (other?.state === 'confirmed') groups.join(session.callId, other.callId);
  }
  return groups.count;
}

export function standingCallIds({ proxiedDialogs, userAgents }: Dialogs): Set<string> {
  const callIds = new Set<string>();
  for (const { callId } of proxiedDialogs.standing()) callIds.add(callId);
  for (const { callId } of userAgents.standing()) callIds.add(callId);
  return callIds;
}

/** Call-IDs, in groups that belong together. */
class Groups {
  count = 0;
  /** To another of the same group; the last one points to itself. */
  readonly #next = new Map<string, string>();

  add(callId: string): void {
    if (this.#next.has(callId)) return;
    this.#next.set(callId, callId);
    this.count++;
  }

  join(callId: string, other: string): void {
    this.add(other);
    const [one, two] = [this.#lastOf(callId), this.#lastOf(other)];
    if (one === two) return;
    this.#next.set(one, two);
    this.count--;
  }

  #lastOf(callId: string): string {
    let last = callId;
    for (let next = this.#next.get(last); next !== undefined && next !== last; next = this.#next.get(last)) last = next;
    return last;
  }
}
