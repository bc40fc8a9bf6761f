// Sessions and requests of the two legs that belong together (JSR 289 §14.1, §14.4).
import { IllegalStateError } from '@siplet/sdk';
import type { Leg } from '../agent/leg.js';

/** Makes them the legs of one call. Throws IllegalStateError when one is linked with another, or has ended. */
export function link(one: Leg, other: Leg): void {
  for (const leg of [one, other]) {
    const { session, linked } = leg;
    if (!session.isValid || session.state === 'terminated')
      throw new IllegalStateError(`link: the session of ${session.callId} has ended`);
    if (linked !== undefined && linked !== one && linked !== other)
      throw new IllegalStateError(`link: the session of ${session.callId} is linked with another`);
  }
  one.linked = other;
  other.linked = one;
  join(one, other);
}

/** Links the leg with one that was made from it, in place of one that was made before. */
export function relink(leg: Leg, made: Leg): void {
  unlink(leg);
  leg.linked = made;
  made.linked = leg;
  join(leg, made);
}

function join({ services, session }: Leg, other: Leg): void {
  services.joined(session.callId, other.session.callId);
}

export function unlink(leg: Leg): void {
  const { linked } = leg;
  leg.linked = undefined;
  if (linked?.linked === leg) linked.linked = undefined;
}
