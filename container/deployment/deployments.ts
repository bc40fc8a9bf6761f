// Which applications are deployed, and in which version: the registry that dispatch and
// routing ask. Contract section 7.
import { DeploymentError } from '@siplet/sdk';
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import { type Bundle, compile, shortened } from './compile.js';
import type { ApplicationServices } from './create-application.js';
import { type Deployable, deployablesIn } from './deployable.js';
import { Draining, disposeOf, type Sessions } from './draining.js';
import { framedFaults } from './frame.js';
import { History, removeRoom, type Snapshot } from './history.js';
import { Names } from './names.js';
import type { DeploymentEvent, DeploymentOptions, DeploymentRecord } from './records.js';
import { faultOf, type Source, sourceAt, sourceOf } from './source.js';
import { here, type Stage } from './stage.js';
import { ArchiveStore } from './store.js';
import { Turns } from './turns.js';
import { typeCheck } from './type-check.js';
import { TypeWarnings } from './type-warnings.js';

export type { DeploymentEvent, DeploymentOptions, DeploymentRecord };

/** Compilers at one time. */
const PARALLEL = 4;
const DRAIN_TIMEOUT = 3_600_000;
const ARCHIVE_SIZE = 64 * 1_048_576;

/** How long a stop waits for a deployment that is under way, ms. */
const CLOSING = 3000;

const never = (): boolean => false;

interface Attempt {
  readonly source: Source;
  readonly revision: number;
  readonly began: number;
  /** Whoever has the name: an operator has said so. */
  readonly takesOver: boolean;
  isSuperseded(): boolean;
}

/** Failures that are kept in mind: whoever sends archives can give them any name. */
const MAX_FAILURES = 200;

export class Deployments {
  readonly #stage: Stage;
  readonly #options: DeploymentOptions;
  readonly #log: Logger;
  readonly #store: ArchiveStore;
  readonly #archiveSize: number;
  readonly #active = new Map<string, DeployedApplication>();
  readonly #draining: Draining;
  /** By path. */
  readonly #failed = new Map<string, DeploymentRecord>();
  readonly #names = new Names();
  readonly #history = new History();
  readonly #turns = new Turns(PARALLEL);
  readonly #typeWarnings: TypeWarnings;
  readonly #snapshots = new WeakMap<DeployedApplication, Snapshot>();
  readonly #listeners = new Set<(event: DeploymentEvent) => void>();
  #ordered: readonly DeployedApplication[] = [];
  #revision = 0;
  #closed = false;

  /** Applications run on `stage`: in this thread, when what they are to be given is all that is said. */
  constructor(stage: Stage | ApplicationServices, options: DeploymentOptions) {
    this.#stage = 'start' in stage ? stage : here(stage);
    this.#options = options;
    this.#log = stage.log;
    this.#typeWarnings = new TypeWarnings(stage.log);
    this.#store = new ArchiveStore(options.store ?? '.siplet');
    this.#archiveSize = options.archiveSize ?? ARCHIVE_SIZE;
    this.#draining = new Draining(options.drainTimeout ?? DRAIN_TIMEOUT, (gone) => this.#unloaded(gone));
  }

  /**
   * What takes initial requests, in alphabetical order. The list is a new one after every
   * change, never changed in place.
   */
  get active(): readonly DeployedApplication[] {
    return this.#ordered;
  }

  /** The version of that application that takes initial requests. */
  get(name: string): DeployedApplication | undefined {
    return this.#active.get(name);
  }

  /** Who knows how many calls a version has; without, replaced versions drain until `release`. */
  set sessions(sessions: Sessions) {
    this.#draining.sessions = sessions;
  }

  /** Everything that was deployed or could not be: for operators. */
  records(): DeploymentRecord[] {
    const records: DeploymentRecord[] = this.#ordered.map((each) => this.#recordOf(each, 'active'));
    for (const each of this.#draining.applications) records.push(this.#recordOf(each, 'draining'));
    for (const failure of this.#failed.values())
      if (this.#names.ownerOf(failure.name) !== failure.path || !this.#active.has(failure.name)) records.push(failure);
    return records;
  }

  /** `listener` is told of every change, in order. Gives back what ends it. */
  listen(listener: (event: DeploymentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Deploys the archives that were in service when the container was stopped. What fails is logged and recorded. */
  async restore(): Promise<void> {
    let kept: string[] = [];
    try {
      kept = this.#store.open();
    } catch (error) {
      this.#log.error(`archives that were sent are not deployed: ${(error as Error).message}`);
    }
    await this.#deployEach(kept);
  }

  /**
   * Deploys whatever is in `directory`. What fails is logged and recorded, and disturbs nothing else. Throws
   * when there is no such directory.
   */
  async deployAll(directory: string): Promise<void> {
    await this.#deployEach(deployablesIn(directory));
  }

  async #deployEach(paths: readonly string[]): Promise<void> {
    // Names are claimed in alphabetical order of the paths before anything is compiled, so that the same
    // one of two is refused every time.
    const deployed: Promise<unknown>[] = [];
    for (const path of paths) {
      try {
        const source = await this.#claim(path);
        deployed.push(this.#deploy(source, never).catch(() => undefined));
      } catch {
        // Logged and recorded.
      }
    }
    await Promise.all(deployed);
  }

  /**
   * Compiles, loads and checks what is at `path`; only when all of it succeeded does it take initial requests
   * (D-1). A version that it replaces is draining from then on, until its last session has ended. Throws a
   * DeploymentError, logged already.
   */
  async deploy(path: string): Promise<DeployedApplication> {
    return (await this.#deploy(await this.#claim(path), never))!;
  }

  /**
   * As `deploy`, but what it comes to counts for nothing, and is not told of, when
   * `isSuperseded` by the time it is ready.
   */
  async deployUnless(path: string, isSuperseded: () => boolean): Promise<DeployedApplication | undefined> {
    return this.#deploy(await this.#claim(path, isSuperseded), isSuperseded);
  }

  /**
   * Deploys a .tgz that an operator sent, under `name` if that is said, in place of whatever has that name; it survives
   * a restart of the container. Throws a DeploymentError.
   */
  async deployArchive(archive: Uint8Array, name?: string): Promise<DeployedApplication> {
    const told = { name: name ?? 'an archive', version: '', path: name === undefined ? '' : this.#store.pathOf(name) };
    let source: Source;
    try {
      source = await sourceOf(archive, this.#store, this.#archiveSize);
    } catch (error) {
      throw this.#fail(told, error);
    }
    const { deployable, room } = source;
    if (name !== undefined && name !== deployable.name) {
      removeRoom(room);
      const message = `the archive is named '${deployable.name}' in its package.json, and not '${name}'`;
      throw this.#fail(told, new DeploymentError(message));
    }
    return this.#holding(deployable, async () => (await this.#deploy(source, never))!);
  }

  /**
   * Puts the version back that was in service before this one, or before the undeployment. Throws a DeploymentError.
   */
  async rollback(name: string): Promise<DeployedApplication> {
    const snapshot = this.#history.previous(name);
    const kept = this.#store.pathOf(name);
    const owner = this.#names.ownerOf(name);
    const isKept = (snapshot?.deployable.path ?? owner ?? kept) === kept;
    const archive = isKept ? this.#store.previous(name) : undefined;
    if (!snapshot) {
      // Before a restart of the container: only archives are known from then.
      if (archive) return this.deployArchive(archive, name);
      throw new DeploymentError(`${name}: there is no previous version to put back`);
    }
    const { deployable, bundle, room } = snapshot;
    const source: Source = { deployable, ...(room ? { room } : {}), ...(archive ? { archive } : {}) };
    const attempt = { ...this.#attempt(source), takesOver: true };
    try {
      // A name of its own, as every revision has.
      const file = bundle.file.replace(/\+\d+\.cjs$/, `+${attempt.revision}.cjs`);
      const start = () => this.#start(attempt, { ...bundle, file });
      const application = await this.#holding(deployable, () => this.#turns.run(name, start));
      this.#history.forget(snapshot);
      return application;
    } catch (error) {
      throw this.#fail(deployable, error);
    }
  }

  /** The name is its own while it is being deployed, if it is nobody's; it stays so only when that succeeds. */
  async #holding<T>({ name, path }: Deployable, deployed: () => Promise<T>): Promise<T> {
    const isNobodys = this.#names.ownerOf(name) === undefined;
    if (isNobodys) this.#names.claim(name, path);
    try {
      return await deployed();
    } catch (error) {
      if (isNobodys && !this.#active.has(name)) this.#names.free(name);
      throw error;
    }
  }

  /**
   * No initial request sees it any more (D-4); its calls go on to their end. What failed is forgotten. False
   * when there is none of that name.
   */
  undeploy(name: string): boolean {
    const application = this.#active.get(name);
    const path = this.#names.ownerOf(name);
    if (path !== undefined) this.#failed.delete(path);
    this.#names.free(name);
    if (!application) return this.#forgetFailures(name);
    this.#history.ended(name);
    if (this.#store.has(this.#snapshots.get(application)!.deployable.path)) this.#forgetArchive(name);
    this.#active.delete(name);
    this.#reorder();
    this.#log.info({ app: name, version: application.version }, `${name} ${application.version} undeployed`);
    this.#tell({ kind: 'undeployed', application });
    this.#draining.add(application);
    return true;
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

  /**
   * What stood at `path` is gone: what it was is undeployed (D-4), and who was refused for the sake
   * of its name is deployed (D-5).
   */
  async removed(path: string): Promise<void> {
    this.#names.forget(path);
    this.#failed.delete(path);
    const names = this.#names.namesOf(path);
    for (const name of names) this.undeploy(name);
    await this.#freed(names);
  }

  /** As `idle`, of a version that is known by its revision. */
  idleRevision(revision: number): void {
    const application = this.#draining.applications.find((each) => each.revision === revision);
    if (application !== undefined) this.idle(application);
  }

  /** A version of it has no session any more. */
  idle(application: DeployedApplication): void {
    this.#draining.idle(application);
  }

  /** Its last session has ended: the draining version is disposed of. */
  async release(application: DeployedApplication): Promise<void> {
    await this.#draining.release(application);
  }

  /** Disposes of every version. */
  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#active.values()];
    this.#active.clear();
    this.#reorder();
    await Promise.all([...all.map(disposeOf), this.#draining.close(), this.#turns.idle(CLOSING)]);
    this.#history.close();
    this.#listeners.clear();
  }

  async #claim(path: string, isSuperseded = never): Promise<Source> {
    let source: Source;
    try {
      source = await sourceAt(path, this.#store, this.#archiveSize);
    } catch (error) {
      throw this.#fail(this.#known(path), error, isSuperseded);
    }
    const { deployable, room } = source;
    try {
      this.#names.claim(deployable.name, deployable.path);
      return source;
    } catch (error) {
      removeRoom(room);
      throw this.#fail(deployable, error, isSuperseded);
    }
  }

  /** Of what cannot be read: the name that it had, if it had one. */
  #known(path: string): Pick<Deployable, 'name' | 'version' | 'path'> {
    return { name: this.#names.namesOf(path)[0] ?? path, version: '', path };
  }

  async #deploy(source: Source, isSuperseded: () => boolean): Promise<DeployedApplication | undefined> {
    const { deployable, room } = source;
    const attempt = this.#attempt(source, isSuperseded);
    try {
      return await this.#turns.run(deployable.name, async () => {
        const bundle = await compile(deployable, attempt.revision);
        for (const warning of bundle.warnings) this.#log.warn({ app: deployable.name }, warning);
        if (this.#options.typeCheck === 'strict') {
          const faults = await typeCheck(deployable, this.#log);
          if (faults.length > 0) throw new DeploymentError(framedFaults(faults, deployable.directory));
        }
        return this.#start(attempt, bundle);
      });
    } catch (error) {
      const fault = this.#fail(deployable, faultOf(error, source), isSuperseded);
      removeRoom(room);
      if (isSuperseded()) return undefined;
      throw fault;
    }
  }

  #attempt(source: Source, isSuperseded = never): Attempt {
    const takesOver = source.archive !== undefined;
    return { source, revision: ++this.#revision, began: performance.now(), takesOver, isSuperseded };
  }

  /** Throws when it cannot be started, or must not be any more. */
  async #start(attempt: Attempt, bundle: Bundle): Promise<DeployedApplication> {
    const { source, revision, began } = attempt;
    const { deployable, archive, room } = source;
    const application = await this.#stage.start(deployable, revision, bundle);
    try {
      this.#assertWanted(attempt);
      if (archive) this.#store.put(deployable.name, archive);
      else if (this.#names.ownerOf(deployable.name) !== deployable.path) this.#store.remove(deployable.name);
    } catch (error) {
      await disposeOf(application);
      throw error;
    }
    this.#snapshots.set(application, room === undefined ? { deployable, bundle } : { deployable, bundle, room });
    this.#activate(application, deployable, Math.round(performance.now() - began));
    return application;
  }

  /** Much may have happened since it was asked for. */
  #assertWanted({ source: { deployable }, takesOver, isSuperseded }: Attempt): void {
    const { name, path } = deployable;
    const owner = this.#names.ownerOf(name);
    if (isSuperseded() || this.#closed) throw new DeploymentError('it has changed again meanwhile');
    if (owner === undefined) throw new DeploymentError('it was undeployed meanwhile');
    if (!takesOver) this.#names.claim(name, path);
  }

  #activate(application: DeployedApplication, deployable: Deployable, ms: number): void {
    const { name, version, table } = application;
    const replaced = this.#active.get(name);
    this.#names.take(name, deployable.path);
    this.#active.set(name, application);
    this.#history.started(this.#snapshots.get(application)!);
    this.#failed.delete(deployable.path);
    this.#reorder();
    this.#log.info({ app: name, version, ms, handlers: table.lines() }, `${name} ${version} deployed`);
    this.#tell({ kind: 'deployed', application, replaced });
    if (replaced) this.#draining.add(replaced);
    if (this.#options.typeCheck === 'warn')
      void this.#typeWarnings.check(deployable, () => this.#active.get(name) === application);
    // What stands there has another name now.
    const former = this.#names.namesOf(deployable.path).filter((each) => each !== name);
    for (const each of former) this.undeploy(each);
    void this.#freed(former);
  }

  async #freed(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const [next] = this.#names.waitingFor(name);
      if (next !== undefined) await this.deploy(next).catch(() => undefined);
    }
  }

  #fail(
    deployable: Pick<Deployable, 'name' | 'version' | 'path'>,
    error: unknown,
    isSuperseded = never,
  ): DeploymentError {
    const { name, version, path } = deployable;
    const fault = faultOf(error, { deployable: deployable as Deployable });
    // The next attempt will tell.
    if (isSuperseded() || this.#closed) return fault;
    const active = this.#active.get(name);
    // An archive that nobody could tell the name of is nothing to keep in mind.
    if (path !== '') {
      this.#failed.set(path, { name, version, path, state: 'failed', error: fault.message });
      if (this.#failed.size > MAX_FAILURES) this.#failed.delete(this.#failed.keys().next().value!);
    }
    // What an operator sent would have had the name, whoever has it, and stands nowhere that anybody knows.
    const isSent = path === '' || this.#store.has(path);
    const remains = active && (isSent || this.#names.ownerOf(name) === path);
    const stays = remains ? `; ${active.version} stays in service` : '';
    const what = version !== '' ? `${name} ${version}` : isSent ? name : shortened(path);
    this.#log.error({ app: name, version, path }, `${what} is not deployed${stays}: ${fault.message}`);
    this.#tell({ kind: 'failed', name, path, error: fault.message });
    return fault;
  }

  #unloaded(application: DeployedApplication): void {
    const { name, version, revision } = application;
    this.#log.info({ app: name, version, revision }, `${name} ${version} unloaded`);
    this.#tell({ kind: 'unloaded', name, version, revision });
    const alive = [...this.#active.values(), ...this.#draining.applications];
    this.#history.sweep(alive.map((each) => this.#snapshots.get(each)));
  }

  #recordOf(application: DeployedApplication, state: 'active' | 'draining'): DeploymentRecord {
    const { name, version } = application;
    const path = this.#snapshots.get(application)!.deployable.path;
    const error = state === 'active' ? this.#failed.get(path)?.error : undefined;
    const record = { name, version, path, state, application };
    return error === undefined ? record : { ...record, error };
  }

  #reorder(): void {
    this.#ordered = [...this.#active.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #tell(event: DeploymentEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
