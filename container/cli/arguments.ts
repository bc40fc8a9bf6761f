// The arguments of a command, checked before anything is done: an invalid one is wrong usage (RULES.md section 8).
import { InvalidArgumentError } from 'commander';
import { hostAndPort, listenAddress } from '../configuration/listen.js';
import { MAX_WORKERS } from '../configuration/schema.js';
import { isToken } from './operator.js';

/** The names that the admin address accepts: they become part of file names. */
const NAME = /^[\w~][\w.~-]{0,213}$/;

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** The values of an option that is repeated. */
export function listenAddresses(text: string, before: string[] | undefined): string[] {
  const address = listenAddress(text);
  if (typeof address === 'string') throw new InvalidArgumentError(address);
  return [...(before ?? []), text];
}

/** How many engines. */
export function workers(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_WORKERS)
    throw new InvalidArgumentError(`'${text}' is neither a number from 1 to ${MAX_WORKERS} nor auto`);
  return number;
}

/** The address of a container for its operators. */
export function ownAdmin(text: string): string {
  const address = text === 'off' ? undefined : hostAndPort(text, 0);
  if (typeof address === 'string')
    throw new InvalidArgumentError(`'${text}': ${address}; write for example 127.0.0.1:8060, or off`);
  return text;
}

export function level(text: string): string {
  if (!LEVELS.includes(text)) throw new InvalidArgumentError(`'${text}' is not one of ${LEVELS.join(', ')}`);
  return text;
}

export function token(text: string): string {
  if (!isToken(text)) throw new InvalidArgumentError('a token consists of visible characters, without spaces');
  return text;
}

/** The name of an application. */
export function applicationName(text: string): string {
  if (!NAME.test(text)) throw new InvalidArgumentError(`'${text}' is not the name of an application`);
  return text;
}

/** A file, a directory, a Call-ID: any text that is not empty. */
export function something(text: string): string {
  if (text === '') throw new InvalidArgumentError('it is empty');
  return text;
}
