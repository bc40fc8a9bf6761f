// The Reason header of a CANCEL (RFC 3326) from what the application says.
import type * as sdk from '@siplet/sdk';
import { quote } from '@siplet/sdk/grammar';
import { wireOf } from '../message/index.js';

/** The header's value: a text unchanged, or protocol, cause and text put together. */
export function reasonText(reason: sdk.CancelReason | undefined): string | undefined {
  if (reason === undefined) return undefined;
  if (typeof reason === 'string') return wireOf(reason);
  const { protocol = 'SIP', cause, text } = reason;
  const parameters = [cause === undefined ? '' : `;cause=${cause}`, text === undefined ? '' : `;text=${quote(text)}`];
  return wireOf(protocol + parameters.join(''));
}
