// The state of all deployments: the versions in service, the versions that drain, the failures, and the listeners to
// changes. RULES.md section 7.
import type { DeploymentError } from '@siplet/sdk';
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import { present } from '../base/present.js';
import { shortened } from './compile.js';
import type { Deployable } from './deployable.js';
import { Draining, disposeOf, type Sessions } from './draining.js';
import { History, type Snapshot } from './history.js';
import { Names } from './names.js';
import type { DeploymentEvent, DeploymentRecord } from './records.js';
import { faultOf } from './source.js';
import type { ArchiveStore } from './store.js';

/** Failures that are remembered: an archive that is sent may have any name. */
const MAX_FAILURES = 200;

/** What is known of a source, also of one that cannot be read; `path` is '' for an archive without a name. */
export type Identity = Pick<Deployable, 'name' | 'version' | 'path'>;

export class Registry {
  readonly names = new Names();
  readonly history = new History();
  readonly #log: Logger;
  readonly #store: ArchiveStore;
  readonly #active = new Map<string, DeployedApplication>();
  readonly #draining: Draining;
  /** By path. */
  readonly #failed = new Map<string, DeploymentRecord>();
  readonly #snapshots = new WeakMap<DeployedApplication, Snapshot>();
  readonly #listeners = new Set<(event: DeploymentEvent) => void>();
  #ordered: readonly DeployedApplication[] = [];
  #isClosed = false;

  /** `drainTimeout` in ms. */
  constructor(log: Logger, store: ArchiveStore, drainTimeout: number) {
    this.#log = log;
    this.#store = store;
    this.#draining = new Draining(drainTimeout, (gone) => this.#unloaded(gone));
  }

  /** What takes initial requests, in alphabetical order. Each change makes a new list. */
  get active(): readonly DeployedApplication[] {
    return this.#ordered;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get(name: string): DeployedApplication | undefined {
    return this.#active.get(name);
  }

  set sessions(sessions: Sessions) {
    this.#draining.sessions = sessions;
  }

  records(): DeploymentRecord[] {
    const records: DeploymentRecord[] = this.#ordered.map((each) => this.#recordOf(each, 'active'));
    for (const each of this.#draining.applications) records.push(this.#recordOf(each, 'draining'));
    for (const failure of this.#failed.values())
      if (this.names.ownerOf(failure.name) !== failure.path || !this.#active.has(failure.name)) records.push(failure);
    return records;
  }

  listen(listener: (event: DeploymentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The version takes initial requests from now on, and the one that it replaces drains. Returns the other names of its
   * path, which are free now: the deployable has another name now.
   */
  activate(application: DeployedApplication, snapshot: Snapshot, ms: number): string[] {
    const { name, version, table } = application;
    const { path } = snapshot.deployable;
    const replaced = this.#active.get(name);
    this.#snapshots.set(application, snapshot);
    this.names.take(name, path);
    this.#active.set(name, application);
    this.history.started(snapshot);
    this.#failed.delete(path);
    this.#reorder();
    this.#log.info({ app: name, version, ms, handlers: table.lines() }, `${name} ${version} deployed`);
    this.#tell({ kind: 'deployed', application, replaced });
    if (replaced) this.#draining.add(replaced);
    const former = this.names.namesOf(path).filter((each) => each !== name);
    for (const each of former) this.undeploy(each);
    return former;
  }

  /** It takes no initial requests any more (D-4). False when there is none of that name, and none that failed. */
  undeploy(name: string): boolean {
    const application = this.#active.get(name);
    const path = this.names.ownerOf(name);
    if (path !== undefined) this.#failed.delete(path);
    this.names.free(name);
    if (!application) return this.#forgetFailures(name);
    this.history.ended(name);
    if (this.#store.has(this.#pathOf(application))) this.#forgetArchive(name);
    this.#active.delete(name);
    this.#reorder();
    this.#log.info({ app: name, version: application.version }, `${name} ${application.version} undeployed`);
    this.#tell({ kind: 'undeployed', application });
    this.#draining.add(application);
    return true;
  }

  /** What stood at `path` is gone. Returns the names that it had, which are free now. */
  removed(path: string): string[] {
    this.names.forget(path);
    this.#failed.delete(path);
    const names = this.names.namesOf(path);
    for (const name of names) this.undeploy(name);
    return names;
  }

  /** Records, logs and tells a failure, unless it is superseded: then the next attempt will tell. */
  fail(refused: Identity, error: unknown, isSuperseded: () => boolean): DeploymentError {
    const { name, version, path } = refused;
    const fault = faultOf(error);
    if (isSuperseded() || this.#isClosed) return fault;
    const active = this.#active.get(name);
    // A failed archive without a name is not remembered.
    if (path !== '') this.#remember({ name, version, path, state: 'failed', error: fault.message });
    // An archive that was sent takes over its name, and has no path in the directory.
    const isSent = path === '' || this.#store.has(path);
    const remains = active && (isSent || this.names.ownerOf(name) === path);
    const stays = remains ? `; ${active.version} stays in service` : '';
    const what = version !== '' ? `${name} ${version}` : isSent ? name : shortened(path);
    this.#log.error({ app: name, version, path }, `${what} is not deployed${stays}: ${fault.message}`);
    this.#tell({ kind: 'failed', name, path, error: fault.message });
    return fault;
  }

  idleRevision(revision: number): void {
    const application = this.#draining.applications.find((each) => each.revision === revision);
    if (application !== undefined) this.idle(application);
  }

  idle(application: DeployedApplication): void {
    this.#draining.idle(application);
  }

  async release(application: DeployedApplication): Promise<void> {
    await this.#draining.release(application);
  }

  /** Disposes of every version; `settled` waits for deployments that are under way. */
  async close(settled: () => Promise<void>): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#active.values()];
    this.#active.clear();
    this.#reorder();
    await Promise.all([...all.map(disposeOf), this.#draining.close(), settled()]);
    this.history.close();
    this.#listeners.clear();
  }

  #remember(failure: DeploymentRecord): void {
    this.#failed.set(failure.path, failure);
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > MAX_FAILURES && oldest !== undefined) this.#failed.delete(oldest);
  }

  /** Whether there were any. */
  #forgetFailures(name: string): boolean {
    const failures = [...this.#failed.values()].filter((each) => each.name === name);
    for (const { path } of failures) this.#failed.delete(path);
    return failures.length > 0;
  }

  /** It is out of service whatever the disk says; only after a restart it would be there again. */
  #forgetArchive(name: string): void {
    try {
      this.#store.remove(name);
    } catch (error) {
      this.#log.error({ app: name }, `${name} will be deployed again after a restart: ${(error as Error).message}`);
    }
  }

  #unloaded(application: DeployedApplication): void {
    const { name, version, revision } = application;
    this.#log.info({ app: name, version, revision }, `${name} ${version} unloaded`);
    this.#tell({ kind: 'unloaded', name, version, revision });
    const alive = [...this.#active.values(), ...this.#draining.applications];
    this.history.sweep(alive.map((each) => this.#snapshots.get(each)));
  }

  #recordOf(application: DeployedApplication, state: 'active' | 'draining'): DeploymentRecord {
    const { name, version } = application;
    const path = this.#pathOf(application);
    const error = state === 'active' ? this.#failed.get(path)?.error : undefined;
    const record = { name, version, path, state, application };
    return error === undefined ? record : { ...record, error };
  }

  #pathOf(application: DeployedApplication): string {
    return present(this.#snapshots.get(application), 'the snapshot of a version').deployable.path;
  }

  #reorder(): void {
    this.#ordered = [...this.#active.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #tell(event: DeploymentEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
