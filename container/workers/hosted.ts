// The applications of an engine in a thread: loaded when the main thread says so, and told apart by their revision.
import type { Logger } from 'pino';
import type { ApplicationServices, DeployedApplication } from '../deployment/application.js';
import { disposeOf } from '../deployment/draining.js';
import type { DeploymentEvent, DeploymentRecord } from '../deployment/records.js';
import { here } from '../deployment/stage.js';
import type { ActiveApplications } from '../routing/router.js';
import type { StartOrder } from './messages.js';

export class HostedApplications implements ActiveApplications {
  readonly #services: Omit<ApplicationServices, 'configOf'>;
  readonly #all = new Map<number, DeployedApplication>();
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

  /** Throws a DeploymentError; nothing of it is left behind then. */
  async start({ deployable, revision, bundle, config }: StartOrder): Promise<readonly string[]> {
    const known = this.#all.get(revision);
    if (known !== undefined) return known.table.lines();
    const stage = here({ ...this.#services, configOf: () => config });
    const application = await stage.start(deployable, revision, bundle);
    this.#all.set(revision, application);
    return application.table.lines();
  }

  /** Those take initial requests from now on, in this order. Those that do not any more are given back. */
  activate(revisions: readonly number[]): DeployedApplication[] {
    const before = this.#active;
    this.#active = revisions.flatMap((revision) => this.#all.get(revision) ?? []);
    for (const application of this.#active) {
      if (before.includes(application)) continue;
      const replaced = before.find(({ name }) => name === application.name);
      this.#tell({ kind: 'deployed', application, replaced });
    }
    return before.filter((application) => !this.isActive(application));
  }

  async dispose(revision: number): Promise<void> {
    const application = this.#all.get(revision);
    if (application === undefined) return;
    this.#all.delete(revision);
    this.#active = this.#active.filter((each) => each !== application);
    await disposeOf(application);
    const { name, version } = application;
    this.#tell({ kind: 'unloaded', name, version, revision });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all.keys()].map((revision) => this.dispose(revision)));
  }

  #tell(event: DeploymentEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
