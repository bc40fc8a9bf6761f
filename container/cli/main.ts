// Runs the command that was typed. The exit status is 0, 1 (it failed, with one clear line) or 2 (wrong usage).
// RULES.md section 8.
import { DeploymentError } from '@siplet/sdk';
import { type Command, CommanderError } from 'commander';
import { ConfigurationError } from '../configuration/configuration.js';
import { createCommands } from './commands.js';
import { OperatorError } from './operator.js';
import { printable } from './table.js';
import type { ExitStatus, Terminal } from './terminal.js';

/** Runs the command in `words`, and returns its exit status. Never throws. */
export async function main(words: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const siplet = createCommands(terminal, (ended) => {
    status = ended;
  });
  try {
    await siplet.parseAsync(meant(words, siplet), { from: 'user' });
  } catch (error) {
    return statusOf(error, words, siplet, terminal);
  }
  return status;
}

/** An unknown command is reported as unknown, also when its help is wanted. */
function meant(words: readonly string[], siplet: Command): readonly string[] {
  const word = words[0] === 'help' ? words[1] : words[0];
  if (word === undefined || word.startsWith('-')) return words;
  return word === 'help' || isCommand(word, siplet) ? words : [word];
}

function isCommand(word: string | undefined, siplet: Command): word is string {
  return siplet.commands.some((each) => each.name() === word);
}

function statusOf(error: unknown, words: readonly string[], siplet: Command, terminal: Terminal): ExitStatus {
  if (error instanceof CommanderError) {
    // `siplet` alone prints its help as an error; a request for help or the version is not an error.
    if (error.code.startsWith('commander.help') || error.exitCode === 0) return words.length > 0 ? 0 : 2;
    terminal.err(
      `siplet: ${toldOf(error)} (siplet ${isCommand(words[0], siplet) ? `${words[0]} ` : ''}--help says more)\n`,
    );
    return 2;
  }
  const isOurs =
    error instanceof ConfigurationError || error instanceof DeploymentError || error instanceof OperatorError;
  const text = error instanceof Error ? (isOurs ? error.message : messageOf(error)) : String(error);
  terminal.err(`siplet: ${text}\n`);
  return error instanceof ConfigurationError && error.isUsage ? 2 : 1;
}

/** Reduces a message of commander to one line. */
function toldOf({ message }: CommanderError): string {
  const line = message
    .replace(/^error: /, '')
    .replace(/^option '(?:-\w, )?(--[\w-]+) [^']*' argument '.*' is invalid\. /s, '$1: ')
    .replace(/^command-argument value '.*' is invalid for argument '([^']*)'\. /s, '$1: ')
    .replace(/\.?\n\(Did you mean (.*)\?\)/, ": did you mean '$1'?")
    .replace(/\.$/, '');
  return printable(line);
}

/** One line; the stack of an unexpected error is shown on request. */
function messageOf(error: Error): string {
  return process.env.SIPLET_DEBUG ? (error.stack ?? error.message) : error.message;
}
