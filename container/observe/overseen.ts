// The port of the admin address: what operators can ask of a container with one engine or several.
import type { DeployedApplication } from '../application/application.js';
import type { Deployments } from '../deployment/deployments.js';
import type { Engine } from '../engine/engine.js';
import type { CallSummary, CallTrace } from './calls.js';
import type { Events } from './events.js';
import type { Observation } from './observation.js';

export interface Overseen {
  readonly events: Pick<Events, 'listen'>;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Whether recent calls are kept. */
  readonly tracesCalls: boolean;
  /** The newest first. */
  calls(): readonly CallSummary[] | Promise<readonly CallSummary[]>;
  /** The call that has a leg with that Call-ID. */
  call(callId: string): CallTrace | undefined | Promise<CallTrace | undefined>;
  /** How many sessions each version has. */
  sessions(): Promise<(application: DeployedApplication) => number>;
  /** Why new calls should go elsewhere. */
  reasonsAgainst(): readonly string[] | Promise<readonly string[]>;
}

/** A container of one engine. */
export function overseenAlone(engine: Engine, deployments: Deployments, observation: Observation): Overseen {
  return {
    events: observation.events,
    metrics: observation.metrics,
    tracesCalls: observation.calls !== undefined,
    calls: () => observation.calls?.list() ?? [],
    call: (callId) => observation.calls?.get(callId),
    sessions: async () => (application) => engine.sessions.countOf(application),
    reasonsAgainst: () => {
      const reasons: string[] = [];
      if (engine.stopping) reasons.push('stopping');
      if (engine.congestion.reason !== undefined) reasons.push(engine.congestion.reason);
      if (engine.transport.listenings.length === 0) reasons.push('not listening');
      if (deployments.active.length === 0) reasons.push('no application is in service');
      // Requests are answered 503 until there is a router.
      else if (engine.router.problem !== undefined) reasons.push(engine.router.problem);
      return reasons;
    },
  };
}
