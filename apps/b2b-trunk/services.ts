// What the application is given beside the container's own: time, chance and the records. A test, or
// another package, binds others.
import { APP_CONFIG, LOGGER } from '@siplet/sdk';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { Records } from './records.js';
import type { Chance } from './routes.js';
import { Settings } from './settings.js';

/** Milliseconds since 1970. */
export type Clock = () => number;

export const CLOCK: ServiceIdentifier<Clock> = Symbol.for('b2b-trunk.CLOCK');
export const CHANCE: ServiceIdentifier<Chance> = Symbol.for('b2b-trunk.CHANCE');

export const services = new ContainerModule(({ bind }) => {
  bind(CLOCK).toConstantValue(Date.now);
  bind(CHANCE).toConstantValue(Math.random);
  bind(Settings)
    .toResolvedValue((config) => new Settings(config), [APP_CONFIG])
    .inSingletonScope();
  bind(Records)
    .toResolvedValue(({ records }, log) => new Records(records, log), [Settings, LOGGER])
    .inSingletonScope();
});
