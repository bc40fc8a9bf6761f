// The applications of an engine in a thread, loaded on orders of the main thread and identified by their revision.
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import type { ApplicationServices } from '../deployment/create-application.js';
import { disposeOf } from '../deployment/draining.js';
import type { DeploymentEvent, DeploymentRecord } from '../deployment/records.js';
import { here } from '../deployment/stage.js';
import type { ActiveApplications } from '../routing/router.js';
import type { StartOrder } from './messages.js';

export class HostedApplications implements ActiveApplications {
  readonly #services: Omit<ApplicationServices, 'configOf'>;
  readonly #all = new Map<number, DeployedApplication>();
  readonly #starting = new Map<number, Promise<DeployedApplication>>();
  readonly #listeners = new Set<(event: DeploymentEvent) => void>();
  #active: readonly DeployedApplication[] = [];

  constructor(services: Omit<ApplicationServices, 'configOf'>) {
    this.#services = services;
  }

  get active(): readonly DeployedApplication[] {
    return this.#active;
  }

  get all(): readonly DeployedApplication[] {
    return [...this.#all.values()];
  }

  get log(): Logger {
    return this.#services.log;
  }

  of(revision: number): DeployedApplication | undefined {
    return this.#all.get(revision);
  }

  isActive(application: DeployedApplication): boolean {
    return this.#active.includes(application);
  }

  listen(listener: (event: DeploymentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  records(): DeploymentRecord[] {
    return this.all.map((application) => {
      const { name, version } = application;
      return { name, version, path: '', state: this.isActive(application) ? 'active' : 'draining', application };
    });
  }

  /** Throws a DeploymentError, and then leaves nothing behind. */
  async start({ deployable, revision, bundle, config }: StartOrder): Promise<readonly string[]> {
    const known = this.#all.get(revision);
    if (known !== undefined) return known.table.lines();
    const stage = here({ ...this.#services, configOf: () => config });
    const starting = stage.start(deployable, revision, bundle);
    this.#starting.set(revision, starting);
    try {
      const application = await starting;
      this.#all.set(revision, application);
      return application.table.lines();
    } finally {
      this.#starting.delete(revision);
    }
  }

  /** From now on these versions take initial requests, in this order. */
  activate(revisions: readonly number[]): void {
    const before = this.#active;
    this.#active = revisions.flatMap((revision) => this.#all.get(revision) ?? []);
    for (const application of this.#active) {
      if (before.includes(application)) continue;
      const replaced = before.find(({ name }) => name === application.name);
      this.#tell({ kind: 'deployed', application, replaced });
    }
  }

  /** Also disposes of a version that is still starting, as soon as it has started. */
  async dispose(revision: number): Promise<void> {
    await this.#starting.get(revision)?.catch(() => undefined);
    const application = this.#all.get(revision);
    if (application === undefined) return;
    this.#all.delete(revision);
    this.#active = this.#active.filter((each) => each !== application);
    await disposeOf(application);
    const { name, version } = application;
    this.#tell({ kind: 'unloaded', name, version, revision });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all.keys(), ...this.#starting.keys()].map((revision) => this.dispose(revision)));
  }

  #tell(event: DeploymentEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
