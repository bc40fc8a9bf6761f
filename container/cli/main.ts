// The commands and their options, and the exit status: 0, 1 (it failed, with one clear line), 2 (wrong usage). Contract section 8.
import { readFileSync } from 'node:fs';
import { DeploymentError } from '@siplet/sdk';
import { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../configuration.js';
import { check } from './check.js';
import { OperatorError } from './operator.js';
import { addOperatorCommands } from './operator-commands.js';
import { type RunOptions, run } from './run.js';
import { scaffold } from './scaffold.js';

/** Where a command writes. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/** What every command gives back: its exit status. */
export type ExitStatus = 0 | 1 | 2;

const PORT = 'udp:127.0.0.1:5060';

/** Runs the command that `words` are, and gives back its exit status. Never throws. */
export async function main(words: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const siplet = new Command('siplet')
    .description('Runs SIP applications: classes that are decorated with @Siplet().')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(siplet --help says more)')
    .exitOverride();

  siplet
    .command('run')
    .description('deploy the applications in DIR and serve them')
    .argument('[DIR]', 'directory with applications', '.')
    .option(
      '-l, --listen <address>',
      `where to listen, for example ${PORT} (repeatable; udp, tcp; [::1]; port 0: any free one)`,
      collect,
    )
    .option('--admin <address>', "the operators' address, for example 127.0.0.1:8060, or off")
    .option('--config <file>', 'configuration (default: siplet.yaml in the working directory, if there is one)')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent')
    .option('--no-watch', 'do not deploy again what changes in DIR')
    .action(async (directory: string, options: RunOptions) => {
      status = await run(directory, options);
    });

  siplet
    .command('check')
    .description('compile and validate the application at PATH, and print its handler table')
    .argument('<PATH>', 'a package directory, or one .ts, .js, .mts or .mjs file')
    .option('--config <file>', 'configuration (default: siplet.yaml in the working directory, if there is one)')
    .action(async (path: string, options: { config?: string }) => {
      status = await check(path, options, terminal);
    });

  siplet
    .command('new')
    .description('write a new application to DIR, with a test of it')
    .argument('<DIR>', 'a directory that is not there yet, or is empty; its name is that of the application')
    .action((directory: string) => scaffold(directory, terminal));
  addOperatorCommands(siplet, terminal);

  try {
    await siplet.parseAsync(words, { from: 'user' });
  } catch (error) {
    return statusOf(error, words, terminal);
  }
  return status;
}

function statusOf(error: unknown, words: readonly string[], terminal: Terminal): ExitStatus {
  if (error instanceof CommanderError) {
    // `siplet` alone prints its help as an error; asked for, help and version are none.
    return error.exitCode === 0 && words.length > 0 ? 0 : 2;
  }
  const isOurs =
    error instanceof ConfigurationError || error instanceof DeploymentError || error instanceof OperatorError;
  const text = error instanceof Error ? (isOurs ? error.message : messageOf(error)) : String(error);
  terminal.err(`siplet: ${text}\n`);
  return error instanceof ConfigurationError && error.isUsage ? 2 : 1;
}

/** One line; the stack of what nobody foresaw is shown when it is asked for. */
function messageOf(error: Error): string {
  return process.env.SIPLET_DEBUG ? (error.stack ?? error.message) : error.message;
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function version(): string {
  // From dist/cli/ as from cli/: the package's own file is the nearest above.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      // One further up.
    }
  }
  return 'unknown';
}
