// The commands that speak to a running container, and their options: RULES.md section 8.
import { type Command, Option } from 'commander';
import { apps, deploy, rollback, undeploy } from './applications.js';
import { applicationName, something, token } from './arguments.js';
import { calls, type TraceOptions, trace } from './calls.js';
import { adminUrl, DEFAULT_ADMIN, type OperatorOptions } from './operator.js';
import type { Terminal } from './terminal.js';

/** Where the container is. */
function admin(): Option {
  return new Option('--admin <address>', "the running container's admin address, host:port or a URL")
    .argParser(adminUrl)
    .default(adminUrl(DEFAULT_ADMIN), DEFAULT_ADMIN);
}

export function addOperatorCommands(siplet: Command, terminal: Terminal): void {
  const command = (name: string, description: string): Command =>
    siplet
      .command(name)
      .description(description)
      .addOption(admin())
      .option('--token <token>', 'what it asks for beyond loopback (default: SIPLET_TOKEN of the environment)', token);

  command('deploy', 'deploy the application at PATH to a running container')
    .argument('<PATH>', 'a package directory, one .ts, .js, .mts or .mjs file, or a .tgz made by npm pack', something)
    .action((path: string, options: OperatorOptions) => deploy(path, options, terminal));
  command('undeploy', 'take an application out of service; its calls go on to their end')
    .argument('<NAME>', 'as `siplet apps` tells it', applicationName)
    .action((name: string, options: OperatorOptions) => undeploy(name, options, terminal));
  command('rollback', 'put the version of an application back that was in service before')
    .argument('<NAME>', 'as `siplet apps` tells it', applicationName)
    .action((name: string, options: OperatorOptions) => rollback(name, options, terminal));
  command('apps', 'list the applications of a running container').action((options: OperatorOptions) =>
    apps(options, terminal),
  );
  command('calls', 'list the calls of a running container, in progress and recent').action((options: OperatorOptions) =>
    calls(options, terminal),
  );
  command('trace', 'print the messages of a call as a ladder')
    .argument('<CALL-ID>', 'as `siplet calls` tells it', something)
    .option('--messages', 'print every message in full, too')
    .action((callId: string, options: TraceOptions) => trace(callId, options, terminal));
}
