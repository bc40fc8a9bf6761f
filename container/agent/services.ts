// What user agents need of the container around them.
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
import type { Transactions } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import type { TimerSettings } from './session-terms.js';

/** Milliseconds, but for session timers: seconds. */
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
  /** Header fields that say what the container itself can do (§11.2). */
  readonly capabilities: readonly (readonly [name: string, value: string])[];
  /** Where this container is reached, while it is not known yet by which flow a request leaves: host:port. */
  readonly ownSentBy: string;
  open(hop: Hop): Flow;
  /**
   * A flow to this container itself, when the next hop of a request in a dialog is a Record-Route URI or a Contact of
   * ours. `origin` is the flow on which the request that it was made from entered the container.
   */
  internalFlowTo(next: Uri, origin: Flow | undefined): Flow | undefined;
  /**
   * Where an initial request goes that an application sends: the flow to the application that is next; a status where
   * none can be told; undefined: it leaves the container, with the routes that were pushed onto it (RULES.md section
   * 5).
   */
  nextHopFor(
    request: Request,
    sender: DeployedApplication,
    held: Pick<OwnRequest, 'routingState' | 'routingDirective' | 'entryFlow'>,
  ): Flow | number | undefined;
  /** The helper that joins the leg of a session to others (JSR 289 §14). */
  b2bua(request: sdk.SipRequest, session: SipSession): sdk.B2bua;
  /** Something about one call that an operator may want to know. */
  problem(text: string, error: unknown): void;
}
