// What user agents need of the house around them.
import type { Clock } from '../clock.js';
import type { DeployedApplication } from '../deployment/application.js';
import type { Identifiers } from '../identifiers.js';
import type { Request, Uri } from '../message/index.js';
import type { Turn } from '../session/mailbox.js';
import type { UserAgentDialogs } from '../session/user-agent-dialogs.js';
import type { Transactions } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';

/** Milliseconds. */
export interface AgentSettings {
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
  /** A flow to this container itself, when the next hop of a request in a dialog is a Record-Route URI of ours. */
  internalFlowTo(next: Uri): Flow | undefined;
  /** The flow to the application that is next for an initial request which an application sends; undefined: it leaves the container. */
  nextApplicationFor(request: Request, sender: DeployedApplication, visited: readonly string[]): Flow | undefined;
  /** Where this container is reached, when it is not known yet by which flow a request leaves: host:port. */
  readonly ownSentBy: string;
  handlerFailed(label: string, application: DeployedApplication, error: unknown, request?: Request): void;
  problem(text: string, error: unknown): void;
}
