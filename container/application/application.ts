// What a deployed application is to those who call it: its name, its siplets, which method takes what.
import type { Container } from 'inversify';
import type { Logger } from 'pino';
import type { DeployedSiplet } from './handler.js';
import type { HandlerTable } from './handler-table.js';

export interface DeployedApplication {
  readonly name: string;
  readonly version: string;
  /** Counts the deployments of this container: tells two of one version apart. */
  readonly revision: number;
  readonly table: HandlerTable;
  readonly siplets: readonly DeployedSiplet[];
  /** The instance of the exported `@ApplicationRouter()`, if there is one. */
  readonly router?: object;
  readonly injector: Container;
  readonly log: Logger;
  readonly config: unknown;
  /** Runs `@PreDestroy`, forgets instances and classes. Twice is as once. */
  dispose(): Promise<void>;
}

export interface ApplicationIdentity {
  readonly name: string;
  readonly version: string;
  readonly revision: number;
}

/** An application that is being made: it is there when all of its siplets are. */
export interface ApplicationInTheMaking extends ApplicationIdentity {
  deployed(): DeployedApplication | undefined;
}
