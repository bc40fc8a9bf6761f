// Which header fields pass from one leg to the other (RFC 7092 §3.1.2): one table. Headers that are not in it are
// copied in order, including unknown ones.
import { IllegalStateError } from '@siplet/sdk';
import { isEndToEnd } from '../agent/extensions.js';
import { Field, type Message, type Response } from '../message/index.js';

/**
 * Headers of the message's own leg: its path, its dialog, its transaction, the credentials of its hop. Never copied.
 */
const OF_THE_LEG = [
  'via',
  'route',
  'record-route',
  'path',
  'service-route',
  'contact',
  'call-id',
  'cseq',
  'from',
  'to',
  'max-forwards',
  'max-breadth',
  'content-length',
  'timestamp',
  'authorization',
  'proxy-authorization',
  'proxy-require',
  'authentication-info',
  'supported',
  'require',
  'rseq',
  'rack',
  'session-expires',
  'min-se',
  'security-client',
  'security-server',
  'security-verify',
] as const;

/** Headers about the body: they go where the body goes. */
const OF_THE_BODY = ['content-type', 'content-encoding', 'content-disposition', 'content-language', 'mime-version'];

const NEVER: ReadonlySet<string> = new Set(OF_THE_LEG);
const NEVER_WITHOUT_BODY: ReadonlySet<string> = new Set([...OF_THE_LEG, ...OF_THE_BODY]);

/** Headers that pass in part, or only in messages in which an application may set them. */
const IN_PART: ReadonlySet<string> = new Set(['supported', 'require', 'contact']);

/** Whether the header passes from one leg to the other; `key` is its name in lower case. */
export function passes(key: string): boolean {
  return !NEVER.has(key) || IN_PART.has(key);
}

/** Throws IllegalStateError for a header that the application has written and that does not pass. */
export function assertPassing(written: ReadonlyMap<string, string> | undefined, message: Message): void {
  for (const [key, name] of written ?? [])
    if (!passes(key) && key !== 'from' && key !== 'to')
      throw new IllegalStateError(
        `${name}, which the application has set in ${message.startLine()}, does not pass to the other leg: give it in \`headers\``,
      );
}

/** Copies the header fields that pass to the other leg. The fields are shared. */
export function copyFields(from: Message, to: Message, withBody = true): void {
  const never = withBody ? NEVER : NEVER_WITHOUT_BODY;
  for (const field of from.fields) if (!never.has(field.key)) to.fields.push(field);
  if (withBody) to.body = from.body;
}

/**
 * Passes on what the peer of the other leg supports and requires, without the extensions that each leg has for itself.
 */
export function passExtensions(from: Message, to: Message, own?: string): void {
  const supported = endToEnd(from, 'supported');
  if (own !== undefined) supported.push(own);
  if (supported.length > 0) to.fields.push(Field.trusted('Supported', supported.join(', ')));
  const required = endToEnd(from, 'require');
  if (required.length > 0) to.fields.push(Field.trusted('Require', required.join(', ')));
}

function endToEnd(message: Message, key: string): string[] {
  if (!message.has(key)) return [];
  return message.values(key).filter(isEndToEnd);
}

/** Whether the message names the extension in one of these headers. */
export function namesExtension(message: Message, tag: string, ...keys: readonly string[]): boolean {
  return keys.some((key) => message.has(key) && message.values(key).some((each) => each.toLowerCase() === tag));
}

/**
 * The Contacts of a redirection are the locations of a user, and are copied. The Contact of a dialog is the address of
 * its party, and is not (§20.10).
 */
export function copyContacts(from: Response, to: Response): void {
  if (!((from.status >= 300 && from.status < 400) || from.status === 485)) return;
  for (const field of from.fields) if (field.key === 'contact') to.fields.push(field);
}

/** RFC 4028 §6: a 422 names the shortest interval that its sender takes, without which the caller cannot try again. */
export function passMinSE(from: Response, to: Response): void {
  if (from.status !== 422) return;
  const value = from.value('min-se');
  if (value !== undefined) to.set('Min-SE', value);
}
