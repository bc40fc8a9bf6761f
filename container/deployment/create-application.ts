// Makes one version of an application: its classes in an injector of their own, its instances, its handler
// table. RULES.md sections 1 and 2.
import {
  DeploymentError,
  type Duration,
  Logger as LoggerType,
  milliseconds,
  type SipletOptions,
  timeLimit,
} from '@siplet/sdk';
import { declarationOf, handlersOf, type SipletClass } from '@siplet/sdk/declarations';
import { Container, type ContainerModule, injectable, type ServiceIdentifier } from 'inversify';
import type { Logger } from 'pino';
import type { ApplicationInTheMaking, DeployedApplication } from '../application/application.js';
import type { DeployedSiplet, SipletDefaults, SipletEntry } from '../application/handler.js';
import { type AuthenticatedBy, HandlerTable } from '../application/handler-table.js';
import { bindConfig } from './config.js';
import type { Deployable } from './deployable.js';
import { exportedOf } from './exported.js';
import { endsInTime } from './in-time.js';
import { describeFault, type Loaded } from './load.js';

/** What the container gives to an application that is being deployed. */
export interface ApplicationServices {
  readonly log: Logger;
  /** The container's own injector, if it has one: the application's is its child. */
  readonly injector?: Container;
  /** `apps.<name>` of the configuration. */
  configOf(name: string): unknown;
  /** The file of that section. */
  readonly configFile?: string | undefined;
  /** Defaults of `@Siplet` options; `proxyTimeout` in milliseconds. */
  readonly defaults: { readonly supervised: boolean; readonly proxyTimeout: number };
  /** Puts `@Authenticated` before a handler. */
  readonly authenticated: AuthenticatedBy;
  /**
   * Types of the SDK with their objects: SipFactory, Sessions, Metrics, Authentication. Called once for each
   * application that is deployed.
   */
  tokens(application: ApplicationInTheMaking): Iterable<readonly [token: ServiceIdentifier, value: unknown]>;
}

/** Milliseconds. */
const SESSION_TIMEOUT = 180_000;

/** Makes the instances and the table. Throws a DeploymentError; nothing is left behind then. */
export async function createApplication(
  deployable: Deployable,
  revision: number,
  loaded: Loaded,
  services: ApplicationServices,
): Promise<DeployedApplication> {
  const { name, version } = deployable;
  const log = services.log.child({ app: name, version });
  const config = services.configOf(name) ?? {};
  const exported = exportedOf(loaded.exports);
  // Classes that are injected by type and that no module binds are bound as they are met.
  const injector = new Container(
    services.injector ? { autobind: true, parent: services.injector } : { autobind: true },
  );
  injector.bind(LoggerType).toConstantValue(log as unknown as LoggerType);
  let deployed: DeployedApplication | undefined;
  for (const [token, value] of services.tokens({ name, version, revision, deployed: () => deployed }))
    injector.bind(token).toConstantValue(value);

  let disposed = false;
  const dispose = async () => {
    if (disposed) return;
    disposed = true;
    try {
      if (!(await endsInTime(injector.unbindAllAsync())))
        log.warn(`${name} ${version}: a @PreDestroy method has not settled in time, and is not waited for`);
    } finally {
      loaded.release();
    }
  };
  try {
    await bindConfig(injector, exported.siplets, { name, section: config, file: services.configFile });
    for (const module of exported.modules) await loadInto(injector, module);
    for (const type of [...exported.siplets, ...exported.routers]) bindSingleton(type, injector);
    const siplets: SipletEntry[] = [];
    for (const type of exported.siplets) siplets.push({ siplet: await sipletOf(type, injector, services), type });
    const router = exported.routers[0] ? await instanceOf(exported.routers[0], injector) : undefined;
    const table = HandlerTable.compile(siplets, services.authenticated);
    const application = {
      name,
      version,
      revision,
      table,
      siplets: siplets.map(({ siplet }) => siplet),
      injector,
      log,
      config,
      dispose,
    };
    deployed = router ? { ...application, router } : application;
    return deployed;
  } catch (error) {
    await dispose().catch((fault: unknown) => log.warn({ err: fault }, 'a @PreDestroy method failed'));
    throw error;
  }
}

async function loadInto(injector: Container, module: ContainerModule): Promise<void> {
  try {
    await injector.loadAsync(module);
  } catch (error) {
    throw new DeploymentError(`a ContainerModule that it exports failed: ${describeFault(error)}`, { cause: error });
  }
}

async function sipletOf(
  type: SipletClass,
  injector: Container,
  services: ApplicationServices,
): Promise<DeployedSiplet> {
  const declaration = declarationOf(type);
  const options: Readonly<SipletOptions> = declaration?.options ?? {};
  const className = type.name || '(anonymous class)';
  const option = (
    key: 'sessionTimeout' | 'proxyTimeout' | 'sessionTimer',
    read: (duration: Duration, name: string) => number,
  ): number | undefined => {
    const value = options[key];
    try {
      return value === undefined ? undefined : read(value, `${key} of @Siplet`);
    } catch (error) {
      throw new DeploymentError(`${className}: ${(error as Error).message}`, { cause: error });
    }
  };
  const defaults: SipletDefaults = {
    supervised: options.supervised ?? services.defaults.supervised,
    stateless: options.stateless ?? handlersOf(type).some(({ kind }) => kind === 'stateless'),
    sessionTimeout: option('sessionTimeout', milliseconds) ?? SESSION_TIMEOUT,
    proxyTimeout: option('proxyTimeout', timeLimit) ?? services.defaults.proxyTimeout,
    sessionTimer: secondsOf(option('sessionTimer', milliseconds)),
  };
  return {
    name: declaration?.name ?? className,
    className,
    options: defaults,
    instance: await instanceOf(type, injector),
  };
}

/** RFC 4028 counts seconds. */
function secondsOf(duration: number | undefined): number | undefined {
  return duration === undefined ? undefined : Math.ceil(duration / 1000);
}

/** Whatever a module said of it: a siplet class is a singleton (RULES.md section 1). */
function bindSingleton(type: SipletClass, injector: Container): void {
  const newable = type as new (...args: unknown[]) => object;
  try {
    makeInjectable(newable);
    injector.unbind(newable);
    injector.bind(newable).toSelf().inSingletonScope();
  } catch (error) {
    throw new DeploymentError(`${type.name} could not be made: ${describeFault(error)}`, { cause: error });
  }
}

/** Made at deployment: a constructor or a @PostConstruct that throws fails it. */
async function instanceOf(type: SipletClass, injector: Container): Promise<object> {
  try {
    return await injector.getAsync(type as new (...args: unknown[]) => object);
  } catch (error) {
    throw new DeploymentError(`${type.name} could not be made: ${describeFault(error)}`, { cause: error });
  }
}

/** The author need not write @injectable() beside @Siplet(). */
function makeInjectable(type: new (...args: unknown[]) => object): void {
  try {
    injectable()(type);
  } catch (error) {
    // It is already, by the author or by @Siplet().
    if (!/multiple times/.test(String(error))) throw error;
  }
}
