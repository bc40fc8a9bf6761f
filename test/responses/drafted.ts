// Responses as phones write them, to be spoilt, and what of one is to arrive upstream.

import { present } from '../../container/base/present.js';
import type { ServerRequest } from '../world/incoming.js';
import type { Phone } from '../world/phone.js';
import type { Stage } from '../world/stage.js';
import { TextMessage } from '../world/text-message.js';

/** Milliseconds; what the container has for Timer C. */
export const TIMER_C = 185_000;

export const ERIN = 'sip:erin@10.0.0.5';

/** The octets of a response without its first Via line: what is to arrive upstream, to the last octet. */
export function withoutTopVia(response: TextMessage): string {
  const headers = [...response.headers];
  headers.splice(
    headers.findIndex(([name]) => name.toLowerCase() === 'via'),
    1,
  );
  return new TextMessage(response.startLine, headers, response.body).toString();
}

/** The response to a request as a phone would write it, not sent: to be spoilt. */
export function drafted(
  invite: ServerRequest,
  status: number,
  headers: Readonly<Record<string, string | string[]>> = {},
): TextMessage {
  const { message } = invite;
  const response = new TextMessage(`SIP/2.0 ${status} As drafted`);
  response.add('Via', ...message.list('Via')).add('From', present(message.header('From')));
  response.add(
    'To',
    message.toTag === undefined ? `${message.header('To')};tag=drafted` : present(message.header('To')),
  );
  response.add('Call-ID', message.callId).add('CSeq', present(message.header('CSeq')));
  response.add('Contact', '<sip:drafted@10.0.0.2>').add('Content-Length', '0');
  for (const [name, value] of Object.entries(headers)) response.set(name, ...(Array.isArray(value) ? value : [value]));
  return response;
}

export type FinalAnswer = readonly [
  phone: Phone,
  status: number,
  headers?: Record<string, string | string[]> | undefined,
];

/** A final response of each phone, in this order, some time apart. */
export async function answer(s: Stage, answers: readonly FinalAnswer[]): Promise<void> {
  for (const [phone, status, headers = {}] of answers) {
    (await phone.receive('INVITE')).reply(status, { headers });
    await s.world.run(20);
  }
}
