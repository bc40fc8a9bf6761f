// `siplet run DIR`: a container until it is told to stop.
import { setFlagsFromString } from 'node:v8';
import type { Logger } from 'pino';
import type { ContainerOptions, RunningContainer } from '../composition.js';
import { listenText, readConfiguration } from '../configuration.js';
import { createLog } from '../observe/log.js';
import type { ExitStatus } from './main.js';
import { reloadOnHangup } from './reload.js';

export interface RunOptions {
  readonly listen?: readonly string[];
  readonly workers?: number | 'auto';
  readonly admin?: string;
  readonly config?: string;
  readonly logLevel?: string;
  /** False after --no-watch. */
  readonly watch: boolean;
}

/** What V8 is told before the container is loaded; what an operator has told Node of it stands. */
const V8_FLAGS: readonly string[] = [
  // Percent that the heap grows by, beyond what is alive, before it is collected. V8 would choose between 10 and 300 by how busy it was last, so that memory went
  // up to four times of what is in use now and then.
  '--heap-growing-percent=100',
  // How much may be put into one function where it is called, in octets of bytecode; V8 has 920. A message passes some hundred small functions: a few
  // per cent of the CPU a call. With 4000, and 2000 for each function that is put in, a run lost calls.
  '--max-inlined-bytecode-size-cumulative=1500',
  // Lists of what lives as long as a call would be taken for long-lived, and made among the old: there they keep what they held, when it is dead, until the next
  // full collection, and each of the many small ones copies it twice. A third of what these copied was that.
  '--no-allocation-site-pretenuring',
];

function tuneV8(): void {
  const said = process.execArgv.map(nameOf);
  for (const flag of V8_FLAGS) if (!said.includes(nameOf(flag))) setFlagsFromString(flag);
}

/** Of a flag with its value, or with its no. */
function nameOf(flag: string): string {
  return flag
    .replaceAll('_', '-')
    .replace(/^--(no-?)?/, '')
    .replace(/=.*/, '');
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
  tuneV8();
  const log = createLog(configuration.log);
  // A terminal that closes says so by SIGHUP; where there is a file to be read again, an operator says that by it.
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

/** One engine has no threads beside this one. */
async function start(options: ContainerOptions): Promise<RunningContainer> {
  const { workers } = options.configuration;
  if (workers === 1) return (await import('../composition.js')).startContainer(options);
  return (await import('../workers/start.js')).startWithWorkers(options, workers);
}

const STOPPING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/** Settles at the first of these signals. At the second the process ends at once, with status 1: calls in progress are lost. */
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
