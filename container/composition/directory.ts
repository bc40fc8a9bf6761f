// The applications of one directory: deployed when the container starts, and watched afterwards.
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Deployments } from '../deployment/deployments.js';
import { Watch } from '../deployment/watch.js';

export class ApplicationDirectory {
  readonly #path: string | undefined;
  readonly #deployments: Deployments;
  readonly #watch: Watch | undefined;

  /** Without a path there are no applications. */
  constructor(path: string | undefined, deployments: Deployments, log: Logger, isWatched: boolean) {
    this.#path = path;
    this.#deployments = deployments;
    this.#watch = isWatched && path !== undefined ? new Watch(path, deployments, log) : undefined;
  }

  /**
   * Deploys everything in the directory. A version that fails is logged and does not keep the others from service
   * (D-1).
   */
  async deploy(): Promise<void> {
    if (this.#path === undefined) return;
    // Watch first, so that no change is missed while deploying.
    if (existsSync(this.#path)) await this.#watch?.start();
    await this.#deployments.deployAll(this.#path);
  }

  /** From now on changes have no effect. */
  async close(): Promise<void> {
    await this.#watch?.close();
  }
}
