// What operators and the rest of the container are told of deployments, and what they may say of them.
import type { DeployedApplication } from '../application/application.js';
import type { TypeCheck } from './type-check.js';

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
  | { readonly kind: 'undeployed'; readonly application: DeployedApplication }
  /** A version that was draining is gone. */
  | { readonly kind: 'unloaded'; readonly name: string; readonly version: string; readonly revision: number };

export interface DeploymentOptions {
  readonly typeCheck: TypeCheck;
  /** How long a replaced version may have calls, ms. */
  readonly drainTimeout?: number;
  /** Where archives are kept and unpacked. */
  readonly store?: string;
  /** Octets of an archive, packed and unpacked. */
  readonly archiveSize?: number;
  /** How long an application in this thread may take to load, and then to start, ms. */
  readonly startTimeout?: number;
}
