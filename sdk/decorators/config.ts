// A decorator of constructor parameters and properties: the application's section of the configuration.

import { inject } from 'inversify';
import { CONFIG } from '../declarations.js';

/**
 * Injects the application's own section of the configuration, `apps.<name>`: the output of the `config` schema of
 * `@Siplet`, or the section itself if there is no schema. A missing section is {}.
 */
export function Config(): (target: object, property: string | symbol | undefined, index?: number) => void {
  return inject(CONFIG) as ReturnType<typeof Config>;
}
