// The session description in a message, if it has one (RFC 3264, RFC 6337 §2): alone, or as a part of a
// multipart body (RFC 5621).
import type { Message } from '../message/index.js';

/** An SDP body in its wire form. */
export interface Description {
  readonly body: string;
  readonly type: string;
}

const SDP = 'application/sdp';

/** The maximum number of parts of a multipart body that are examined. */
const MAX_PARTS = 16;

export function descriptionOf(message: Message): Description | undefined {
  if (message.body === '') return undefined;
  const type = message.value('content-type');
  if (type === undefined) return undefined;
  const media = mediaTypeOf(type);
  if (media === SDP) return { body: message.body, type };
  return media.startsWith('multipart/') ? describedIn(message.body, type) : undefined;
}

/**
 * Whether both say the same (RFC 4028 §7.4): all of them is compared, since not every peer counts its versions
 * (RFC 3264 §8).
 */
export function isSame(one: Description, other: Description): boolean {
  return one.body === other.body || linesOf(one.body) === linesOf(other.body);
}

/** Without the differences of line ends, which mean nothing (RFC 8866 §5). */
function linesOf(body: string): string {
  return body.replaceAll('\r\n', '\n').trimEnd();
}

function mediaTypeOf(type: string): string {
  const end = type.indexOf(';');
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}

/** The first part of that type (RFC 2046 §5.1.1). */
function describedIn(body: string, type: string): Description | undefined {
  const boundary = boundaryOf(type);
  if (boundary === undefined) return undefined;
  const mark = `--${boundary}`;
  let at = body.startsWith(mark) ? 0 : body.indexOf(`\n${mark}`) + 1;
  if (at === 0 && !body.startsWith(mark)) return undefined;
  for (let count = 0; count < MAX_PARTS; count++) {
    const start = body.indexOf('\n', at);
    if (start < 0 || body.startsWith('--', at + mark.length)) return undefined;
    const end = body.indexOf(`\n${mark}`, start);
    if (end < 0) return undefined;
    const part = partOf(body.slice(start + 1, body[end - 1] === '\r' ? end - 1 : end));
    if (part !== undefined) return part;
    at = end + 1;
  }
  return undefined;
}

function boundaryOf(type: string): string | undefined {
  for (const parameter of type.split(';').slice(1)) {
    const equals = parameter.indexOf('=');
    if (equals < 0 || parameter.slice(0, equals).trim().toLowerCase() !== 'boundary') continue;
    const value = parameter.slice(equals + 1).trim();
    const boundary = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    return boundary === '' ? undefined : boundary;
  }
  return undefined;
}

function partOf(text: string): Description | undefined {
  const blank = /\r?\n\r?\n/.exec(text);
  if (blank === null) return undefined;
  for (const line of text.slice(0, blank.index).split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0 || line.slice(0, colon).trim().toLowerCase() !== 'content-type') continue;
    const type = line.slice(colon + 1).trim();
    return mediaTypeOf(type) === SDP ? { body: text.slice(blank.index + blank[0].length), type } : undefined;
  }
  return undefined;
}
