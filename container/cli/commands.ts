// The commands with their arguments and options: RULES.md section 8. Each has a file of its own.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { LEVELS, level, listenAddresses, ownAdmin, something, workers } from './arguments.js';
import { type CheckOptions, check } from './check.js';
import { describeBelow } from './help.js';
import { addOperatorCommands } from './operator-commands.js';
import { type RunOptions, run } from './run.js';
import { scaffold } from './scaffold.js';
import type { ExitStatus, Terminal } from './terminal.js';

const CONFIGURATION = 'configuration (default: siplet.yaml in the working directory, if there is one)';

/** `ended` is given the exit status of a command that has one of its own. */
export function createCommands(terminal: Terminal, ended: (status: ExitStatus) => void): Command {
  const siplet = new Command('siplet')
    .description('Runs SIP applications: classes that are decorated with @Siplet().')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    // `main` reports a fault in one line.
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err, outputError: () => {} })
    .exitOverride();

  siplet
    .command('run')
    .description('deploy the applications in DIR and serve them until SIGTERM or SIGINT')
    .argument('[DIR]', 'a directory with applications, or one that is an application itself', something, '.')
    .option(
      '-l, --listen <address>',
      'where to listen, transport:address[:port]; repeatable; udp, tcp; [::1] for IPv6; port 0: any free one (default: listen of the configuration, else udp and tcp 127.0.0.1:5060)',
      listenAddresses,
    )
    .option(
      '--workers <number>',
      'engines that share the calls, each in a thread of its own; auto: as many as there are cores (default: workers of the configuration, else 1)',
      workers,
    )
    .option(
      '--admin <address>',
      "the operators' address, or off (default: admin of the configuration, else 127.0.0.1:8060)",
      ownAdmin,
    )
    .option('--config <file>', CONFIGURATION, something)
    .option(
      '--log-level <level>',
      `${LEVELS.slice(0, -1).join(', ')} or ${LEVELS.at(-1)} (default: log.level of the configuration, else info)`,
      level,
    )
    .option('--no-watch', 'do not deploy again what changes in DIR')
    .action(async (directory: string, options: RunOptions) => ended(await run(directory, options)));

  siplet
    .command('check')
    .description('compile and validate the application at PATH, and print its handler table')
    .argument('<PATH>', 'a package directory, one .ts, .js, .mts or .mjs file, or a .tgz', something)
    .option('--config <file>', CONFIGURATION, something)
    .option('--strict', 'type errors are a failure (default: deploy.typeCheck of the configuration)')
    .action(async (path: string, options: CheckOptions) => ended(await check(path, options, terminal)));

  siplet
    .command('new')
    .description('write a new application to DIR, with a test of it')
    .argument('<DIR>', 'a directory that is not there yet, or is empty; its name is that of the application', something)
    .action((directory: string) => scaffold(directory, terminal));
  addOperatorCommands(siplet, terminal);
  for (const command of [siplet, ...siplet.commands])
    describeBelow(command.helpOption('-h, --help', 'print this help'));
  return siplet;
}

function version(): string {
  // In dist/cli/ and in cli/ alike, the package's own file is the nearest one above.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      // One further up.
    }
  }
  return 'unknown';
}
