// `siplet run DIR`: a container until it is told to stop.
import { setFlagsFromString } from 'node:v8';
import type { Logger } from 'pino';
import type { ContainerOptions, RunningContainer } from '../composition/container.js';
import { listenText, readConfiguration } from '../configuration/configuration.js';
import { createLog } from '../observe/log.js';
import { reloadOnHangup } from './reload.js';
import type { ExitStatus } from './terminal.js';
import { v8FlagsBeside } from './v8-flags.js';

export interface RunOptions {
  readonly listen?: readonly string[];
  readonly workers?: number | 'auto';
  readonly admin?: string;
  readonly config?: string;
  readonly logLevel?: string;
  /** False after --no-watch. */
  readonly watch: boolean;
}

/** Ends with 0 after SIGTERM or SIGINT. Throws when the container cannot start. */
export async function run(directory: string, options: RunOptions): Promise<ExitStatus> {
  const read = () =>
    readConfiguration(options.config, {
      listen: options.listen,
      workers: options.workers,
      admin: options.admin,
      logLevel: options.logLevel,
      watch: options.watch ? undefined : false,
    });
  const configuration = read();
  for (const flag of v8FlagsBeside(process.execArgv)) setFlagsFromString(flag);
  const log = createLog(configuration.log);
  // A closing terminal sends SIGHUP. With a configuration file, SIGHUP is the operator's request to read the file
  // again.
  const stopped = stopSignal(log, configuration.file === undefined ? [...STOPPING, 'SIGHUP'] : STOPPING);
  // Loaded only there, so that the other commands start without it.
  const container = await start({ configuration, log, directory });
  reloadOnHangup(configuration, { container, log, read });
  log.info(
    {
      listening: container.listening.map(listenText),
      ...(configuration.workers === 1 ? {} : { workers: configuration.workers }),
      ...(container.admin === undefined ? {} : { admin: container.admin }),
      applications: container.deployments.active.map(({ name, version }) => `${name} ${version}`),
      ms: Math.round(process.uptime() * 1000),
    },
    'ready',
  );
  await stopped;
  await container.stop();
  log.info('stopped');
  return 0;
}

/** One engine runs in this thread. */
async function start(options: ContainerOptions): Promise<RunningContainer> {
  const { workers } = options.configuration;
  if (workers === 1) return (await import('../composition/container.js')).startContainer(options);
  return (await import('../workers/start.js')).startWithWorkers(options, workers);
}

const STOPPING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/**
 * Settles at the first of these signals. At the second the process ends at once, with status
 * 1: calls in progress are lost.
 */
function stopSignal(log: Logger, signals: readonly NodeJS.Signals[]): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (signal: NodeJS.Signals) => {
      if (asked) {
        log.warn({ signal }, 'ended at once by a second signal');
        process.exit(1);
      }
      asked = true;
      log.info({ signal }, 'stopping; a second signal ends it at once');
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}
