// What the application is given beside the container's own: time, and the accounts. A test, or
// another package, binds others.
import { APP_CONFIG } from '@siplet/sdk';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { ACCOUNTS, AccountsInFile, AccountsInMemory } from './accounts.js';
import { Settings } from './settings.js';

/** Milliseconds since 1970. */
export type Clock = () => number;

export const CLOCK: ServiceIdentifier<Clock> = Symbol.for('b2b-prepaid.CLOCK');

export const services = new ContainerModule(({ bind }) => {
  bind(CLOCK).toConstantValue(Date.now);
  bind(Settings)
    .toResolvedValue((config) => new Settings(config), [APP_CONFIG])
    .inSingletonScope();
  bind(ACCOUNTS)
    .toResolvedValue(
      ({ file, accounts }) =>
        file === undefined ? new AccountsInMemory(accounts) : new AccountsInFile(file, accounts),
      [Settings],
    )
    .inSingletonScope();
});
