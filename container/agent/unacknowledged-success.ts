// A 2xx to an INVITE of the application that the application has not acknowledged (§13.2.2.4): the container does so,
// and ends the call.
import type { Clock } from '../base/clock.js';
import type { ReceivedResponse } from '../servlet/received-response.js';

/** The leg that the 2xx has made. */
export interface AcknowledgingLeg {
  readonly services: { readonly clock: Clock; readonly settings: { readonly t1: number } };
  /** The other leg of the call, whose ACK may be the one to pass on (JSR 289 §14). */
  readonly linked: { readonly awaitsAck: boolean; whenAcknowledged(): Promise<void> } | undefined;
  endUnwanted(success: ReceivedResponse): void;
}

/**
 * The code that has taken the 2xx has had its turn. An application that joins two legs by hand may acknowledge it
 * later, when the ACK of the other leg has come. `isLater`: it runs outside of all handlers, and may do so until the
 * callee gives up.
 */
export function endUnlessAcknowledged(success: ReceivedResponse, leg: AcknowledgingLeg, isLater: boolean): void {
  if (!success.isUnacknowledgedSuccess) return;
  const { linked, services } = leg;
  const { t1 } = services.settings;
  if (isLater) again(success, leg, 64 * t1);
  else if (linked?.awaitsAck === true) void linked.whenAcknowledged().then(() => again(success, leg, t1));
  else leg.endUnwanted(success);
}

/** Looks again after so many milliseconds, when no handler of the session runs. */
function again(success: ReceivedResponse, leg: AcknowledgingLeg, milliseconds: number): void {
  const look = (): void => endUnlessAcknowledged(success, leg, false);
  const expire = (): void => {
    const { isValid, applicationSession } = success.session;
    if (!isValid) return;
    if (applicationSession.mailbox.isIdle) look();
    else applicationSession.mailbox.whenIdle(look);
  };
  leg.services.clock.start(milliseconds, { expire }, 'acknowledgement');
}
