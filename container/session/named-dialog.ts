// The dialog that an INVITE names in Replaces (RFC 3891 §6.1) or Join (RFC 3911 §7.1), as a value.
import { scanParameters } from '@siplet/sdk/grammar';
import type { Request } from '../message/index.js';

export interface NamedDialog {
  readonly type: 'REPLACES' | 'JOIN';
  readonly callId: string;
  /** The tag of the side that the INVITE is for. */
  readonly toTag: string;
  /** The tag of that side's peer. */
  readonly fromTag: string;
  /** Only a dialog that is not confirmed yet is meant (RFC 3891 §3). */
  readonly earlyOnly: boolean;
}

/** callid = word [ "@" word ] (§25.1). */
const CALL_ID = /^[\w\-.!%*+`'~()<>:\\"/[\]?{}]+(?:@[\w\-.!%*+`'~()<>:\\"/[\]?{}]+)?$/;
/** A longer one is an attack. */
const MAX_LENGTH = 1024;

/**
 * Undefined when the INVITE names none; 'malformed' for a malformed header, for two of them, and for Join beside
 * Replaces (RFC 3891 §3, RFC 3911 §4).
 */
export function namedDialogOf(request: Request): NamedDialog | 'malformed' | undefined {
  const replaces = request.first('replaces');
  const join = request.first('join');
  const field = replaces ?? join;
  if (field === undefined) return undefined;
  const isTwice = (replaces !== undefined && join !== undefined) || request.fieldsOf(field.key).length > 1;
  const { value } = field;
  if (isTwice || value.length > MAX_LENGTH) return 'malformed';
  const semicolon = value.indexOf(';');
  const callId = value.slice(0, Math.max(0, semicolon)).trim();
  const parameters = semicolon < 0 ? undefined : scanParameters(value.slice(semicolon));
  if (parameters === undefined || !CALL_ID.test(callId)) return 'malformed';
  const toTag = tagOf(parameters, 'to-tag');
  const fromTag = tagOf(parameters, 'from-tag');
  if (toTag === undefined || fromTag === undefined) return 'malformed';
  const earlyOnly = parameters.some(([name]) => name.toLowerCase() === 'early-only');
  return { type: replaces === undefined ? 'JOIN' : 'REPLACES', callId, toTag, fromTag, earlyOnly };
}

/** Each tag occurs once, and is a token. */
function tagOf(
  parameters: readonly (readonly [name: string, value: string | true])[],
  wanted: string,
): string | undefined {
  const found = parameters.filter(([name]) => name.toLowerCase() === wanted);
  const value = found[0]?.[1];
  return found.length === 1 && typeof value === 'string' && !value.startsWith('"') ? value : undefined;
}
