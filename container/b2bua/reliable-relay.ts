// Provisional answers in one dialog of the callee's side on their way to the caller, where both sides support reliable
// ones, or only one does (RFC 3262).

import type { Answering } from '../agent/answering.js';
import { Leg } from '../agent/leg.js';
import { reliabilityOf } from '../agent/reliable-provisionals.js';
import type { Request } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import { type Content, relayedResponse } from './relayed-response.js';

/** How many wait for the caller's PRACK (security: a callee that sends them in a loop). */
const MAX_PENDING = 32;

export class ReliableRelay {
  /** By the RSeq that was sent to the caller. */
  readonly #pending = new Map<string, ReceivedResponse>();
  /**
   * The answer to the caller's offer that was sent unreliably: the 2xx of that dialog need not repeat it (RFC 3262 §5).
   */
  answer: Content | undefined;

  constructor(
    readonly answering: Answering,
    /** The To tag of the caller's dialog. */
    readonly tag: string,
  ) {}

  relay(response: ReceivedResponse): void {
    const { answering } = this;
    const relayed = relayedResponse(answering, response.message, this.tag);
    const reliability = reliabilityOf(answering.request);
    if (!response.isReliable) {
      answering.relay(relayed, reliability === 'required');
      return;
    }
    if (reliability === 'unknown' || response.isPracked || this.#pending.size >= MAX_PENDING) {
      this.acknowledge(response);
      answering.relay(relayed, reliability === 'required');
      return;
    }
    answering.relay(relayed, true);
    this.#pending.set(relayed.value('rseq') ?? '', response);
  }

  /** The container acknowledges it in the caller's place (RFC 3262 §4). */
  acknowledge(response: ReceivedResponse): void {
    if (!response.isReliable || response.isPracked) return;
    const { message, session } = response;
    if (message.body !== '') this.answer = { type: message.value('content-type') ?? '', body: message.body };
    void Leg.of(session, this.answering.services).sendForContainer(response.createPrack());
  }

  acknowledgedBy(prack: Request): ReceivedResponse | undefined {
    const sequence = /^\d+/.exec(prack.value('rack') ?? '')?.[0] ?? '';
    const response = this.#pending.get(sequence);
    this.#pending.delete(sequence);
    return response;
  }
}
