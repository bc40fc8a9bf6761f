// A peer has changed its description in answer to a refresh of the container's own (RFC 4028 §7.4): the other leg gets
// it in a re-INVITE, and the first one gets the answer of the other leg once if that has changed too (RFC 3264 §8).
import type { Leg } from '../agent/leg.js';
import { type Description, descriptionOf, isSame } from '../agent/session-description.js';
import { textOf } from '../message/index.js';
import { reinvite } from './reinvite.js';

/** A leg of a bridge. */
interface DescribedLeg {
  readonly leg: Leg;
  readonly peer: DescribedLeg | undefined;
  readonly isContinued: boolean;
  continuing(body: string, isAnswer: boolean): string;
}

/** Ends after two exchanges at most, whatever the peers answer. */
export async function passOn(description: Description, from: DescribedLeg): Promise<void> {
  const to = from.peer;
  if (to === undefined) return;
  const agreed = to.leg.offers.remote;
  const answer = await offered(description, to);
  if (answer === undefined || (agreed !== undefined && isSame(answer, agreed)) || from.peer !== to) return;
  await offered(answer, from);
}

/** Undefined: the leg has refused it, or ended. */
async function offered({ body }: Description, leg: DescribedLeg): Promise<Description | undefined> {
  const text = textOf(body);
  try {
    const response = await reinvite(leg.leg, leg.isContinued ? leg.continuing(text, false) : text);
    if (response.status >= 300) return undefined;
    if (!response.isAcknowledged) void response.createAck().send();
    return descriptionOf(response.message);
  } catch {
    return undefined;
  }
}
