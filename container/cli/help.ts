// The text of `--help` below the options: examples, the exit status, and the environment.
import type { Command } from 'commander';

const STATUS = `
Exit status:
  0  done; of run: it was told to stop, and its calls have ended
  1  it failed: one line on standard error says why; of run also: a second signal ended it at once
  2  wrong usage: what was typed, or something that is not an address`;

const TOKEN =
  '  SIPLET_TOKEN  the token of an admin address beyond loopback, where neither --token nor the file has one';
const DEBUG = '  SIPLET_DEBUG  not empty: a failure that nobody foresaw is told with its stack';
const COLOUR = '  NO_COLOR      not empty: no colours in the log on a terminal';

/** The lines of each command. The first word is `siplet`, which is left out. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  siplet: ['run apps', 'new my-app', 'help run'],
  run: [
    'run apps',
    "run apps --listen udp:10.0.0.9:5060 --listen 'tcp:[::1]:5060' --log-level debug",
    'run apps --listen udp:10.0.0.9:5060 --workers auto',
    'run apps --config /etc/siplet.yaml --admin 127.0.0.1:8070 --no-watch',
  ],
  check: ['check apps/hunt', 'check --strict apps/hunt', 'check hunt.ts --config siplet.yaml'],
  new: ['new my-app'],
  deploy: ['deploy apps/hunt', 'deploy hunt-1.1.0.tgz --admin 10.0.0.9:8060 --token secret'],
  undeploy: ['undeploy hunt'],
  rollback: ['rollback hunt'],
  apps: ['apps', 'apps --admin http://127.0.0.1:8070'],
  calls: ['calls'],
  trace: ['trace 6c0e7ac867490599', 'trace --messages 6c0e7ac867490599'],
};

const ENVIRONMENT: Readonly<Record<string, readonly string[]>> = {
  siplet: [TOKEN, DEBUG, COLOUR],
  run: [TOKEN, DEBUG, COLOUR],
  check: [DEBUG],
  new: [DEBUG],
};

/** What a signal does to a container. */
const SIGNALS = `
Signals:
  SIGTERM, SIGINT  no new calls; it ends with the last call, or after shutdown.timeout; a second one ends it at once
  SIGHUP           the configuration file is read again; without one it is as SIGTERM
  npx passes no signal on: a supervisor starts node node_modules/@siplet/container/bin/siplet.js run
`;

/** Adds it to a command that has a name. */
export function describeBelow(command: Command): Command {
  const name = command.name();
  const examples = (EXAMPLES[name] ?? []).map((line) => `  siplet ${line}`).join('\n');
  const environment = (ENVIRONMENT[name] ?? [TOKEN, DEBUG]).join('\n');
  const signals = name === 'run' ? SIGNALS : '';
  return command.addHelpText('after', `\nExamples:\n${examples}\n${signals}${STATUS}\n\nEnvironment:\n${environment}`);
}
