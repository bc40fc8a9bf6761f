// Where finished bundles become applications: in this thread, or in those of several engines.
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import type { Bundle } from './compile.js';
import { type ApplicationServices, createApplication } from './create-application.js';
import type { Deployable } from './deployable.js';
import { inTime } from './in-time.js';
import { load } from './load.js';
import { placedFault } from './places.js';

export interface Stage {
  readonly log: Logger;
  /** Loads and starts it; it takes no requests yet. Throws a DeploymentError; nothing of it is left behind then. */
  start(deployable: Deployable, revision: number, bundle: Bundle): Promise<DeployedApplication>;
}

/** In this thread. `limit`: ms for each part of a start, when they are not to be what they are by default. */
export function here(services: ApplicationServices, limit?: number): Stage {
  return {
    log: services.log,
    start: async (deployable, revision, bundle) => {
      try {
        const loaded = await load(bundle, limit);
        const made = createApplication(deployable, revision, loaded, services);
        return await inTime(made, () => loaded.release(), limit);
      } catch (error) {
        throw placedFault(error, bundle);
      }
    },
  };
}
