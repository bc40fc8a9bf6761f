// From a path or an archive to a version in service, and out of service again: what operators and the watched directory
// ask for. RULES.md section 7.
import { DeploymentError } from '@siplet/sdk';
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import { type Bundle, compile, shortened } from './compile.js';
import type { ApplicationServices } from './create-application.js';
import type { Deployable } from './deployable.js';
import { deployablesIn, otherPackagesIn } from './deployables.js';
import { disposeOf, type Sessions } from './draining.js';
import { framedFaults } from './frame.js';
import { removeRoom } from './history.js';
import type { DeploymentEvent, DeploymentOptions, DeploymentRecord } from './records.js';
import { type Identity, Registry } from './registry.js';
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

function withTypeErrors(error: unknown, faults: readonly string[], { directory }: Deployable): DeploymentError {
  const { message } = faultOf(error);
  const told = `${message}\nIts types have errors, which may be the cause:\n${framedFaults(faults, directory)}`;
  return new DeploymentError(told, { cause: error });
}

interface Attempt {
  readonly source: Source;
  readonly revision: number;
  readonly began: number;
  /** Whether it takes its name from any owner, as an operator has said. */
  readonly takesOver: boolean;
  isSuperseded(): boolean;
}

export class Deployments {
  readonly #stage: Stage;
  readonly #options: DeploymentOptions;
  readonly #log: Logger;
  readonly #store: ArchiveStore;
  readonly #archiveSize: number;
  readonly #registry: Registry;
  readonly #turns = new Turns(PARALLEL);
  readonly #typeWarnings: TypeWarnings;
  #revision = 0;

  /** Applications run on `stage`; given the services alone, in this thread. */
  constructor(stage: Stage | ApplicationServices, options: DeploymentOptions) {
    this.#stage = 'start' in stage ? stage : here(stage, options.startTimeout);
    this.#options = options;
    this.#log = stage.log;
    this.#typeWarnings = new TypeWarnings(stage.log);
    this.#store = new ArchiveStore(options.store ?? '.siplet');
    this.#archiveSize = options.archiveSize ?? ARCHIVE_SIZE;
    this.#registry = new Registry(stage.log, this.#store, options.drainTimeout ?? DRAIN_TIMEOUT);
  }

  /** What takes initial requests, in alphabetical order. Each change makes a new list. */
  get active(): readonly DeployedApplication[] {
    return this.#registry.active;
  }

  /** The version of that application that takes initial requests. */
  get(name: string): DeployedApplication | undefined {
    return this.#registry.get(name);
  }

  /** Knows how many calls a version has. Without it, replaced versions drain until `release`. */
  set sessions(sessions: Sessions) {
    this.#registry.sessions = sessions;
  }

  /** Everything that was deployed or could not be: for operators. */
  records(): DeploymentRecord[] {
    return this.#registry.records();
  }

  /** `listener` is told of every change, in order. Returns what ends it. */
  listen(listener: (event: DeploymentEvent) => void): () => void {
    return this.#registry.listen(listener);
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
    const paths = deployablesIn(directory);
    for (const path of otherPackagesIn(directory))
      this.#log.info(
        `${shortened(path)} is not an application: its package.json has no 'siplet' key and does not depend on @siplet/sdk`,
      );
    await this.#deployEach(paths);
  }

  /** Whether what stands at `path` has been deployed, or was refused when it should be. */
  knows(path: string): boolean {
    return this.#registry.names.namesOf(path).length > 0;
  }

  async #deployEach(paths: readonly string[]): Promise<void> {
    // Names are claimed in alphabetical order of the paths before anything is compiled, so that the same
    // one of two is refused every time.
    const deployed: Promise<unknown>[] = [];
    for (const path of paths) {
      try {
        const source = await this.#claim(path);
        deployed.push(this.#deploy(source).catch(() => undefined));
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
    return this.#deploy(await this.#claim(path));
  }

  /** As `deploy`; what is superseded when it is ready counts for nothing, and nobody is told of it. */
  async deployUnless(path: string, isSuperseded: () => boolean): Promise<DeployedApplication | undefined> {
    const source = await this.#claim(path, isSuperseded);
    try {
      return await this.#deploy(source, isSuperseded);
    } catch (error) {
      if (isSuperseded()) return undefined;
      throw error;
    }
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
      throw this.#registry.fail(told, error, never);
    }
    const { deployable, room } = source;
    if (name !== undefined && name !== deployable.name) {
      removeRoom(room);
      const message = `the archive is named '${deployable.name}' in its package.json, and not '${name}'`;
      throw this.#registry.fail(told, new DeploymentError(message), never);
    }
    return this.#holding(deployable, () => this.#deploy(source));
  }

  /**
   * Puts the version back that was in service before this one, or before the undeployment. Throws a DeploymentError.
   */
  async rollback(name: string): Promise<DeployedApplication> {
    const { history, names } = this.#registry;
    const snapshot = history.previous(name);
    const kept = this.#store.pathOf(name);
    const isKept = (snapshot?.deployable.path ?? names.ownerOf(name) ?? kept) === kept;
    const archive = isKept ? this.#store.previous(name) : undefined;
    if (!snapshot) {
      // Before a restart of the container: only archives are known from then.
      if (archive) return this.deployArchive(archive, name);
      throw new DeploymentError(`${name}: there is no previous version to put back`);
    }
    const { deployable, bundle, room } = snapshot;
    const source: Source = { deployable, ...(room ? { room } : {}), ...(archive ? { archive } : {}) };
    const attempt = { ...this.#attempt(source, never), takesOver: true };
    try {
      // A name of its own, as every revision has.
      const file = bundle.file.replace(/\+\d+\.cjs$/, `+${attempt.revision}.cjs`);
      const start = () => this.#start(attempt, { ...bundle, file });
      const application = await this.#holding(deployable, () => this.#turns.run(name, start));
      history.forget(snapshot);
      return application;
    } catch (error) {
      throw this.#registry.fail(deployable, error, never);
    }
  }

  /**
   * No initial request sees it any more (D-4); its calls go on to their end. What failed is forgotten. False
   * when there is none of that name.
   */
  undeploy(name: string): boolean {
    return this.#registry.undeploy(name);
  }

  /**
   * What stood at `path` is gone: what it was is undeployed (D-4), and what was refused for the sake of its name is
   * deployed (D-5).
   */
  async removed(path: string): Promise<void> {
    await this.#freed(this.#registry.removed(path));
  }

  /** As `idle`, of a version that is known by its revision. */
  idleRevision(revision: number): void {
    this.#registry.idleRevision(revision);
  }

  /** The last session of the version has ended. */
  idle(application: DeployedApplication): void {
    this.#registry.idle(application);
  }

  /** Disposes of a version that drains. */
  async release(application: DeployedApplication): Promise<void> {
    await this.#registry.release(application);
  }

  /** Disposes of every version. */
  async close(): Promise<void> {
    await this.#registry.close(() => this.#turns.idle(CLOSING));
  }

  /** The name is the deployable's while it is being deployed, if nobody has it; it stays so only on success. */
  async #holding<T>({ name, path }: Deployable, deployed: () => Promise<T>): Promise<T> {
    const { names } = this.#registry;
    const isNobodys = names.ownerOf(name) === undefined;
    if (isNobodys) names.claim(name, path);
    try {
      return await deployed();
    } catch (error) {
      if (isNobodys && this.#registry.get(name) === undefined) names.free(name);
      throw error;
    }
  }

  async #claim(path: string, isSuperseded = never): Promise<Source> {
    let source: Source;
    try {
      source = await sourceAt(path, this.#store, this.#archiveSize);
    } catch (error) {
      throw this.#registry.fail(this.#known(path), error, isSuperseded);
    }
    const { deployable, room } = source;
    try {
      this.#registry.names.claim(deployable.name, deployable.path);
      return source;
    } catch (error) {
      removeRoom(room);
      throw this.#registry.fail(deployable, error, isSuperseded);
    }
  }

  /** What cannot be read has the name that it had before, if it had one. */
  #known(path: string): Identity {
    return { name: this.#registry.names.namesOf(path)[0] ?? path, version: '', path };
  }

  async #deploy(source: Source, isSuperseded = never): Promise<DeployedApplication> {
    const { deployable, room } = source;
    const attempt = this.#attempt(source, isSuperseded);
    try {
      return await this.#turns.run(deployable.name, async () => {
        const bundle = await this.#compiled(deployable, attempt.revision);
        return this.#start(attempt, bundle);
      });
    } catch (error) {
      const fault = this.#registry.fail(deployable, faultOf(error, source), isSuperseded);
      removeRoom(room);
      throw fault;
    }
  }

  #attempt(source: Source, isSuperseded: () => boolean): Attempt {
    const takesOver = source.archive !== undefined;
    return { source, revision: ++this.#revision, began: performance.now(), takesOver, isSuperseded };
  }

  async #compiled(deployable: Deployable, revision: number): Promise<Bundle> {
    const bundle = await compile(deployable, revision);
    for (const warning of bundle.warnings) this.#log.warn({ app: deployable.name }, warning);
    if (this.#options.typeCheck === 'strict') {
      const { faults, unchecked } = await typeCheck(deployable);
      if (unchecked !== undefined)
        throw new DeploymentError(`its types cannot be checked, and deploy.typeCheck is strict: ${unchecked}`);
      if (faults.length > 0) throw new DeploymentError(framedFaults(faults, deployable.directory));
    }
    return bundle;
  }

  /** Throws when it cannot be started, or must not be any more. */
  async #start(attempt: Attempt, bundle: Bundle): Promise<DeployedApplication> {
    const { source, began } = attempt;
    const { deployable, archive, room } = source;
    const application = await this.#started(attempt, bundle);
    try {
      this.#assertWanted(attempt);
      if (archive) this.#store.put(deployable.name, archive);
      else if (this.#registry.names.ownerOf(deployable.name) !== deployable.path) this.#store.remove(deployable.name);
    } catch (error) {
      await disposeOf(application);
      throw error;
    }
    const snapshot = room === undefined ? { deployable, bundle } : { deployable, bundle, room };
    const freed = this.#registry.activate(application, snapshot, Math.round(performance.now() - began));
    if (this.#options.typeCheck === 'warn')
      void this.#typeWarnings.check(deployable, () => this.get(deployable.name) === application);
    void this.#freed(freed);
    return application;
  }

  /** What cannot be loaded often says in its types why. */
  async #started({ source: { deployable }, revision, isSuperseded }: Attempt, bundle: Bundle) {
    try {
      return await this.#stage.start(deployable, revision, bundle);
    } catch (error) {
      if (this.#options.typeCheck === 'off' || isSuperseded()) throw error;
      const { faults } = await typeCheck(deployable);
      throw faults.length === 0 ? error : withTypeErrors(error, faults, deployable);
    }
  }

  /** Much may have happened since it was asked for. */
  #assertWanted({ source: { deployable }, takesOver, isSuperseded }: Attempt): void {
    const { name, path } = deployable;
    const { names, isClosed } = this.#registry;
    if (isSuperseded() || isClosed) throw new DeploymentError('it has changed again meanwhile');
    if (names.ownerOf(name) === undefined) throw new DeploymentError('it was undeployed meanwhile');
    if (!takesOver) names.claim(name, path);
  }

  /** Deploys what was refused for the sake of these names (D-5). */
  async #freed(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const [next] = this.#registry.names.waitingFor(name);
      if (next !== undefined) await this.deploy(next).catch(() => undefined);
    }
  }
}
