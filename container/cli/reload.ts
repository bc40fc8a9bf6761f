// SIGHUP: the configuration is read again, and the keys that a running container can take over are applied; the others
// are named.
import { isDeepStrictEqual } from 'node:util';
import type { RunningContainer } from '../composition/container.js';
import type { Configuration } from '../configuration/configuration.js';
import type { Logger } from '../observe/log.js';

/** The part of a configuration that a running container takes over. */
interface Reloading {
  readonly container: RunningContainer;
  readonly log: Logger;
  /** Throws when the file has faults: then nothing changes. */
  read(): Configuration;
}

/**
 * Reads the file again at every SIGHUP, one at a time; without a file it does nothing. Returns the function that ends
 * it.
 */
export function reloadOnHangup(configuration: Configuration, { container, log, read }: Reloading): () => void {
  if (configuration.file === undefined) return () => {};
  let current = configuration;
  let turn = Promise.resolve();
  const hangup = (): void => {
    turn = turn.then(async () => {
      try {
        const next = read();
        await reload(current, next, container, log);
        current = next;
      } catch (error) {
        log.error(`the configuration is not reloaded: ${(error as Error).message}`);
      }
    });
  };
  process.on('SIGHUP', hangup);
  return () => void process.off('SIGHUP', hangup);
}

export async function reload(
  before: Configuration,
  next: Configuration,
  container: Pick<RunningContainer, 'deployments' | 'configure' | 'reorder' | 'setLogLevel'>,
  log: Logger,
): Promise<void> {
  const changed: string[] = [];
  container.configure(next);
  if (next.log.level !== before.log.level) {
    changed.push('log.level');
    log.level = next.log.level;
    container.setLogLevel(next.log.level);
  }
  if (!isDeepStrictEqual(next.router.order, before.router.order)) {
    changed.push('router');
    container.reorder(next.router.order);
  }
  const apps = changedApps(before, next);
  const failed = await redeployed(apps, container.deployments);
  changed.push(...apps.map((name) => `apps.${name}`));
  const restart = needRestart(before, next);
  log.info({ changed, restart, failed }, told(changed, restart));
}

/** Names of applications whose section has changed. */
function changedApps(before: Configuration, next: Configuration): string[] {
  const names = new Set([...before.apps.keys(), ...next.apps.keys()]);
  return [...names].filter((name) => !isDeepStrictEqual(before.apps.get(name), next.apps.get(name)));
}

/**
 * Deploys them again; names those that failed. Calls go on with the section that they began with (D-2); a version that
 * does not accept its section is not put in service (D-1).
 */
async function redeployed(names: readonly string[], deployments: RunningContainer['deployments']): Promise<string[]> {
  const failed: string[] = [];
  for (const name of names) {
    const record = deployments.records().find((each) => each.name === name && each.state !== 'draining');
    if (record) await deployments.deploy(record.path).catch(() => failed.push(name));
  }
  return failed;
}

/** Keys that a running container takes over. */
const LIVE: ReadonlySet<string> = new Set(['log.level', 'router.order']);

/** Keys whose change has no effect before the next start. */
function needRestart(before: Configuration, next: Configuration): string[] {
  return (Object.keys(next) as (keyof Configuration)[])
    .filter((key) => key !== 'apps' && key !== 'file')
    .flatMap((key) => changedKeys(key, before, next))
    .filter((key) => !LIVE.has(key));
}

function changedKeys(key: keyof Configuration, before: Configuration, next: Configuration): string[] {
  const [a, b] = [part(before, key), part(next, key)];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names]
    .filter((name) => !isDeepStrictEqual(a[name], b[name]))
    .map((name) => (name === '' ? key : `${key}.${name}`));
}

/** The keys of a section; a key without a section has the name ''. */
function part(configuration: Configuration, key: keyof Configuration): Record<string, unknown> {
  const value: unknown = configuration[key];
  const isSection = typeof value === 'object' && value !== null && !Array.isArray(value) && key !== 'admin';
  return isSection ? { ...(key === 'router' ? { application: undefined } : {}), ...value } : { '': value };
}

function told(changed: readonly string[], restart: readonly string[]): string {
  const now = changed.length === 0 ? 'nothing has changed' : `${changed.join(', ')} changed`;
  const later = restart.length === 0 ? '' : `; ${restart.join(', ')} will change when the container is restarted`;
  return `the configuration is reloaded: ${changed.length === 0 && later !== '' ? '' : now}${later}`.replace(
    ': ;',
    ':',
  );
}
