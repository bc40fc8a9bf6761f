// What user agents need from the container.
import type * as sdk from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { Request, Uri } from '../message/index.js';
import type { Location } from '../proxy/next-hop.js';
import type { OwnRequest } from '../servlet/sender.js';
import type { Invocation } from '../session/invocation.js';
import type { SipSession } from '../session/sip-session.js';
import type { UserAgentDialogs } from '../session/user-agent-dialogs.js';
import type { ClientUser, Transactions } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import type { TimerSettings } from './session-terms.js';

/** Milliseconds; session timers are in seconds. */
export interface AgentSettings extends TimerSettings {
  readonly t1: number;
  readonly t2: number;
  /** How long an INVITE of ours may stay unanswered after its last 1xx. */
  readonly timerC: number;
}

export interface AgentServices extends Location {
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly transactions: Transactions;
  readonly settings: AgentSettings;
  readonly userAgents: UserAgentDialogs;
  readonly invocation: Invocation;
  /** Header fields with the container's own capabilities (§11.2). */
  readonly capabilities: readonly (readonly [name: string, value: string])[];
  /** The address of this container, host:port, for a request whose flow is not yet known. */
  readonly ownSentBy: string;
  open(hop: Hop): Flow;
  /**
   * A flow to this container itself, when the next hop of a request in a dialog is a Record-Route URI or a Contact of
   * ours. `origin` is the flow on which the request from which it was made entered the container.
   */
  internalFlowTo(next: Uri, origin: Flow | undefined): Flow | undefined;
  /**
   * The next hop of an initial request that an application sends: the flow to the next application, or a status if none
   * can be determined; undefined: it leaves the container, with the routes that were pushed onto it (RULES.md section
   * 5).
   */
  nextHopFor(
    request: Request,
    sender: DeployedApplication,
    held: Pick<OwnRequest, 'routingState' | 'routingDirective' | 'entryFlow'>,
  ): Flow | number | undefined;
  /** The helper that joins the leg of a session to others (JSR 289 §14). */
  b2bua(request: sdk.SipRequest, session: SipSession): sdk.B2bua;
  /** The user of transactions in which only what is sent again can arrive. */
  readonly lingering: ClientUser;
  /** Sends a request of the container's own in a dialog whose session has ended. Resolves as that of sessions does. */
  sendInDialog(request: Request, heardOn: Flow | undefined): Promise<void>;
  /** For those who observe: these two Call-IDs are legs of one call. */
  joined(callId: string, other: string): void;
  /** Something about one call that an operator may want to know. */
  problem(text: string, error: unknown): void;
}
