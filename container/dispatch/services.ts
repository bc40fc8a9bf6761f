// What dispatching needs from the container.
import type { Logger } from 'pino';
import type { AgentServices } from '../agent/services.js';
import type { Clock } from '../base/clock.js';
import type { DigestServer } from '../digest/index.js';
import type { LoopDetection } from '../proxy/loop-detection.js';
import type { RouteCookies } from '../proxy/route-cookie.js';
import type { Own } from '../proxy/route-preprocessing.js';
import type { ProxyServices } from '../proxy/services.js';
import type { NextApplication } from '../routing/next-application.js';
import type { Router } from '../routing/router.js';
import type { ApplicationSessions } from '../session/application-sessions.js';
import type { Invocation } from '../session/invocation.js';
import type { ProxiedDialogs } from '../session/proxied-dialogs.js';
import type { Targeting } from '../session/targeting.js';
import type { UserAgentDialogs } from '../session/user-agent-dialogs.js';
import type { Transactions } from '../transaction/user.js';
import type { MergedRequests } from './merged-requests.js';

/** Milliseconds (C-41a). */
export interface DispatchSettings {
  /** After this time an unanswered request causes a warning. */
  readonly answerWarning: number;
  /** After this time it is answered 500. */
  readonly answerTimeout: number;
}

/** Plain numbers, for metrics. */
export interface DispatchCounters {
  initial: number;
  subsequent: number;
  refused: number;
  orphans: number;
  strays: number;
  malformed: number;
  /**
   * Requests that an application has and that have no final response; unlike the others, this number also decreases.
   */
  unanswered: number;
}

export interface DispatchServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: DispatchSettings;
  readonly counters: DispatchCounters;
  readonly transactions: Transactions;
  readonly own: Own;
  readonly digest: DigestServer;
  readonly loopDetection: LoopDetection;
  readonly routeCookies: RouteCookies;
  readonly proxy: ProxyServices;
  readonly agent: AgentServices;
  readonly invocation: Invocation;
  readonly sessions: ApplicationSessions;
  readonly targeting: Targeting;
  readonly proxiedDialogs: ProxiedDialogs;
  readonly userAgents: UserAgentDialogs;
  readonly router: Router;
  readonly nextApplication: NextApplication;
  readonly merged: MergedRequests;
  /** New initial requests get 503: the container is stopping, or is overloaded (§21.5.4). */
  refusesNew(): boolean;
}
