// Which applications are deployed, and in which version: the registry that dispatch and routing ask. Contract section 7.
import { DeploymentError } from '@siplet/sdk';
import type { Logger } from 'pino';
import { type ApplicationServices, createApplication, type DeployedApplication } from './application.js';
import { compile, shortened } from './compile.js';
import { type Deployable, deployableAt, deployablesIn } from './deployable.js';
import { describeFault, load } from './load.js';
import { type TypeCheck, typeCheck } from './type-check.js';

export interface DeploymentRecord {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly state: 'active' | 'draining' | 'failed';
  readonly application?: DeployedApplication;
  /** Why it is not in service, or why its newest version is not. */
  readonly error?: string;
}

export type DeploymentEvent =
  | {
      readonly kind: 'deployed';
      readonly application: DeployedApplication;
      readonly replaced: DeployedApplication | undefined;
    }
  | { readonly kind: 'failed'; readonly name: string; readonly path: string; readonly error: string }
  | { readonly kind: 'undeployed'; readonly application: DeployedApplication };

export interface DeploymentOptions {
  readonly typeCheck: TypeCheck;
}

/** Compilers at one time. */
const PARALLEL = 4;

export class Deployments {
  readonly #services: ApplicationServices;
  readonly #options: DeploymentOptions;
  readonly #log: Logger;
  readonly #active = new Map<string, DeployedApplication>();
  readonly #draining = new Set<DeployedApplication>();
  readonly #failed = new Map<string, DeploymentRecord>();
  /** Which path a name belongs to (D-5). */
  readonly #claims = new Map<string, string>();
  readonly #listeners = new Set<(event: DeploymentEvent) => void>();
  #ordered: readonly DeployedApplication[] = [];
  #revision = 0;

  constructor(services: ApplicationServices, options: DeploymentOptions) {
    this.#services = services;
    this.#options = options;
    this.#log = services.log;
  }

  /** What takes initial requests, in alphabetical order. The list is a new one after every change, never changed in place. */
  get active(): readonly DeployedApplication[] {
    return this.#ordered;
  }

  /** The version of that application that takes initial requests. */
  get(name: string): DeployedApplication | undefined {
    return this.#active.get(name);
  }

  /** Everything that was deployed or could not be: for operators. */
  records(): DeploymentRecord[] {
    const records: DeploymentRecord[] = this.#ordered.map((each) => this.#recordOf(each, 'active'));
    for (const each of this.#draining) records.push(this.#recordOf(each, 'draining'));
    for (const failure of this.#failed.values())
      if (this.#claims.get(failure.name) !== failure.path || !this.#active.has(failure.name)) records.push(failure);
    return records;
  }

  /** `listener` is told of every change, in order. Gives back what ends it. */
  listen(listener: (event: DeploymentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Deploys whatever is in `directory`. What fails is logged and recorded, and disturbs nothing else. Throws when there is no such directory. */
  async deployAll(directory: string): Promise<void> {
    const { deployables, archives } = deployablesIn(directory);
    for (const archive of archives) {
      this.#log.warn(
        { path: archive },
        `${shortened(archive)} is not deployed: archives cannot be deployed yet; unpack it and deploy the directory`,
      );
    }
    // Names are claimed in alphabetical order of the paths before anything is compiled, so that the same one of two is refused every time.
    const claimed: Deployable[] = [];
    for (const path of deployables) {
      try {
        claimed.push(this.#claim(path));
      } catch {
        // Logged and recorded.
      }
    }
    const compiler = async () => {
      for (let next = claimed.shift(); next; next = claimed.shift()) await this.#deploy(next).catch(() => undefined);
    };
    await Promise.all(Array.from({ length: PARALLEL }, compiler));
  }

  /**
   * Compiles, loads and checks what is at `path`; only when all of it succeeded does it take initial requests (D-1). A version that it replaces is
   * draining from then on, until `release`. Throws a DeploymentError, logged already.
   */
  async deploy(path: string): Promise<DeployedApplication> {
    return this.#deploy(this.#claim(path));
  }

  /** No initial request sees it any more (D-4); it is draining until `release`. False when there is none of that name. */
  undeploy(name: string): boolean {
    const application = this.#active.get(name);
    this.#claims.delete(name);
    this.#failed.delete(name);
    if (!application) return false;
    this.#active.delete(name);
    this.#draining.add(application);
    this.#reorder();
    this.#log.info({ app: name, version: application.version }, `${name} ${application.version} undeployed`);
    this.#tell({ kind: 'undeployed', application });
    return true;
  }

  /** Its last session has ended: the draining version is disposed of. */
  async release(application: DeployedApplication): Promise<void> {
    if (this.#draining.delete(application)) await this.#dispose(application);
  }

  /** Disposes of every version. */
  async close(): Promise<void> {
    const all = [...this.#active.values(), ...this.#draining];
    this.#active.clear();
    this.#draining.clear();
    this.#reorder();
    await Promise.all(all.map((each) => this.#dispose(each)));
    this.#listeners.clear();
  }

  #claim(path: string): Deployable {
    let deployable: Deployable;
    try {
      deployable = deployableAt(path);
    } catch (error) {
      throw this.#fail({ name: path, version: '', path }, error);
    }
    const owner = this.#claims.get(deployable.name);
    if (owner !== undefined && owner !== deployable.path) {
      const { name } = deployable;
      throw this.#fail(
        deployable,
        new DeploymentError(`${shortened(path)}: the name '${name}' belongs to ${shortened(owner)} already`),
      );
    }
    this.#claims.set(deployable.name, deployable.path);
    return deployable;
  }

  async #deploy(deployable: Deployable): Promise<DeployedApplication> {
    const revision = ++this.#revision;
    const started = performance.now();
    try {
      const bundle = await compile(deployable, revision);
      for (const warning of bundle.warnings) this.#log.warn({ app: deployable.name }, warning);
      if (this.#options.typeCheck === 'strict') {
        const faults = await typeCheck(deployable, this.#log);
        if (faults.length > 0) throw new DeploymentError(faults.join('\n'));
      }
      const application = await createApplication(deployable, revision, load(bundle), this.#services);
      this.#activate(application, deployable, Math.round(performance.now() - started));
      return application;
    } catch (error) {
      throw this.#fail(deployable, error);
    }
  }

  #activate(application: DeployedApplication, deployable: Deployable, ms: number): void {
    const { name, version, table } = application;
    const replaced = this.#active.get(name);
    this.#active.set(name, application);
    this.#failed.delete(deployable.path);
    if (replaced) this.#draining.add(replaced);
    this.#reorder();
    this.#log.info({ app: name, version, ms, handlers: table.lines() }, `${name} ${version} deployed`);
    this.#tell({ kind: 'deployed', application, replaced });
    if (this.#options.typeCheck === 'warn') void this.#warnOfTypes(deployable);
  }

  /** After the deployment, so that it never delays one. */
  async #warnOfTypes(deployable: Deployable): Promise<void> {
    const faults = await typeCheck(deployable, this.#log);
    const { name, version } = deployable;
    if (faults.length > 0)
      this.#log.warn(
        { app: name, version, faults },
        `${name} ${version} has type errors, and is deployed all the same`,
      );
  }

  #fail(deployable: Pick<Deployable, 'name' | 'version' | 'path'>, error: unknown): DeploymentError {
    const { name, version, path } = deployable;
    const fault =
      error instanceof DeploymentError ? error : new DeploymentError(describeFault(error), { cause: error });
    const active = this.#active.get(name);
    this.#failed.set(path, { name, version, path, state: 'failed', error: fault.message });
    const remains = active && this.#claims.get(name) === path ? `; ${active.version} stays in service` : '';
    const what = version === '' ? shortened(path) : `${name} ${version}`;
    this.#log.error({ app: name, version, path }, `${what} is not deployed${remains}: ${fault.message}`);
    this.#tell({ kind: 'failed', name, path, error: fault.message });
    return fault;
  }

  #recordOf(application: DeployedApplication, state: 'active' | 'draining'): DeploymentRecord {
    const { name, version } = application;
    const path = this.#claims.get(name) ?? '';
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

  async #dispose(application: DeployedApplication): Promise<void> {
    try {
      await application.dispose();
    } catch (error) {
      application.log.error({ err: error }, 'a @PreDestroy method failed');
    }
  }
}
