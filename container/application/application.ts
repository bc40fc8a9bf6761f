// A deployed application, as the layers above see it: its name, its siplets and its handlers.
import type { Container } from 'inversify';
import type { Logger } from 'pino';
import type { DeployedSiplet } from './handler.js';
import type { HandlerTable } from './handler-table.js';

export interface DeployedApplication {
  readonly name: string;
  readonly version: string;
  /** Counts the deployments of this container; it distinguishes two deployments of the same version. */
  readonly revision: number;
  readonly table: HandlerTable;
  readonly siplets: readonly DeployedSiplet[];
  /** The instance of the exported `@ApplicationRouter()`, if there is one. */
  readonly router?: object;
  readonly injector: Container;
  readonly log: Logger;
  readonly config: unknown;
  /** Runs `@PreDestroy` and releases instances and classes. A second call does nothing. */
  dispose(): Promise<void>;
}

export interface ApplicationIdentity {
  readonly name: string;
  readonly version: string;
  readonly revision: number;
}

/** An application whose siplets are being created; `application` is set when all of them exist. */
export interface ApplicationInTheMaking extends ApplicationIdentity {
  deployed(): DeployedApplication | undefined;
}
