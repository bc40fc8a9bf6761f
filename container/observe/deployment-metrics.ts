// The metrics of deployments and of the process, which exist once, however many engines there are.
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { DeploymentEvent, Deployments } from '../deployment/deployments.js';
import { type Family, family, Numbers } from './series.js';

const KINDS: readonly DeploymentEvent['kind'][] = ['deployed', 'failed', 'undeployed', 'unloaded'];
const STATES = ['active', 'draining', 'failed'];

export class DeploymentMetrics {
  readonly #counts = new Numbers();
  readonly families: readonly Family[];

  constructor(deployments: Pick<Deployments, 'records'>) {
    for (const kind of KINDS) this.#counts.add(0, { result: kind });
    this.families = [
      family('siplet_applications', 'gauge', 'Applications, by state', () => {
        const records = deployments.records();
        return STATES.map((state) => ({
          labels: { state },
          value: records.filter((record) => record.state === state).length,
        }));
      }),
      family('siplet_deployments_total', 'counter', 'Deployments, by result', () => this.#counts.values()),
    ];
  }

  deployed({ kind }: DeploymentEvent): void {
    this.#counts.add(1, { result: kind });
  }
}

let ofProcess: Registry | undefined;

/** The metrics of the process: one registry, however many containers are in it. */
export function processMetrics(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

/** The text that Prometheus reads, from several registries. */
export async function textOf(registries: readonly Registry[]): Promise<string> {
  const parts = await Promise.all(registries.map((each) => each.metrics()));
  return parts.filter((part) => part.trim() !== '').join('\n');
}
