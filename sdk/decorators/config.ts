// A decorator of constructor parameters and properties: the application's section of the configuration.

import { inject } from 'inversify';
import { CONFIG } from '../declarations.js';

/**
 * Injects the application's own section of the configuration, `apps.<name>`: the value that the `config` schema of
 * `@Siplet` gave for it; without a schema, the section as it is, {} when there is none.
 */
export function Config(): (target: object, property: string | symbol | undefined, index?: number) => void {
  return inject(CONFIG) as ReturnType<typeof Config>;
}
