// What user agents need of the house around them.
import type { RoutingDirective } from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { Request, Uri } from '../message/index.js';
import type { Turn } from '../session/mailbox.js';
import type { UserAgentDialogs } from '../session/user-agent-dialogs.js';
import type { Transactions } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import type { Passage } from '../transport/passage.js';
import type { TimerSettings } from './session-terms.js';

/** Milliseconds, but for session timers: seconds. */
export interface AgentSettings extends TimerSettings {
  readonly t1: number;
  readonly t2: number;
  /** How long an INVITE of ours may stay unanswered after its last 1xx. */
  readonly timerC: number;
}

export interface AgentServices {
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly transactions: Transactions;
  readonly agentSettings: AgentSettings;
  readonly userAgents: UserAgentDialogs;
  /** In whose handler we are; undefined outside of all. */
  readonly turn: Turn | undefined;
  open(hop: Hop): Flow;
  /** RFC 3263; a promise only where names are to be resolved. */
  locate(uri: Uri, size: number): readonly Hop[] | Promise<readonly Hop[]>;
  /** This hop has failed: for a while it comes last (RFC 3263 §4.3). */
  avoid(hop: Hop): void;
  /** A flow to this container itself, when the next hop of a request in a dialog is a Record-Route URI or a Contact of ours. */
  internalFlowTo(next: Uri): Flow | undefined;
  /**
   * Where an initial request goes that an application sends: the flow to the application that is next; a status where none can be told; undefined: it leaves the
   * container, with the routes that were pushed onto it (contract section 5).
   */
  nextHopFor(
    request: Request,
    sender: DeployedApplication,
    passage: Passage,
    directive: RoutingDirective,
  ): Flow | number | undefined;
  /** Where this container is reached, when it is not known yet by which flow a request leaves: host:port. */
  readonly ownSentBy: string;
  handlerFailed(label: string, application: DeployedApplication, error: unknown, request?: Request): void;
  problem(text: string, error: unknown): void;
}
