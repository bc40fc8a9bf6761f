// What the tests of responses look at, beside what the stage of the rules gives.
import { expect } from 'vitest';
import { arrivals, left, type Stage } from '../rules/stage.js';
import type { ServerRequest } from '../world/incoming.js';
import type { Phone } from '../world/phone.js';
import type { Arrival } from '../world/phone-wire.js';
import { TextMessage } from '../world/text-message.js';

/** T1 as it is unless configured. */
export const T1 = 500;
/** Milliseconds; what the container has for Timer C. */
export const TIMER_C = 185_000;

export const ERIN = 'sip:erin@10.0.0.5';

/** When requests of a method came to a phone. */
export function times(phone: Phone, method: string): number[] {
  return arrivals(phone, (message) => message.isRequest && message.method === method).map((line) =>
    Number.parseInt(line, 10),
  );
}

/** How many requests of a method came to a phone. */
export function count(phone: Phone, method: string): number {
  return times(phone, method).length;
}

/** What came to a phone with this status to this method: octets and all. */
export function responsesTo(phone: Phone, method: string, status?: number): (Arrival & { message: TextMessage })[] {
  return phone.received.filter(
    ({ message }) =>
      !message.isRequest && message.method === method && (status === undefined || message.status === status),
  );
}

/** Final responses to the INVITEs of a phone, in order. */
export function finalsOf(phone: Phone, method = 'INVITE'): number[] {
  return responsesTo(phone, method)
    .map(({ message }) => message.status)
    .filter((status) => status >= 200);
}

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
  response.add('Via', ...message.list('Via')).add('From', message.header('From')!);
  response.add('To', message.toTag === undefined ? `${message.header('To')};tag=drafted` : message.header('To')!);
  response.add('Call-ID', message.callId).add('CSeq', message.header('CSeq')!);
  response.add('Contact', '<sip:drafted@10.0.0.2>').add('Content-Length', '0');
  for (const [name, value] of Object.entries(headers)) response.set(name, ...(Array.isArray(value) ? value : [value]));
  return response;
}

/** A final response of each phone, in this order, some time apart. */
export async function answer(
  s: Stage,
  answers: readonly (readonly [phone: Phone, status: number, headers?: Record<string, string | string[]>])[],
) {
  for (const [phone, status, headers = {}] of answers) {
    (await phone.receive('INVITE')).reply(status, { headers });
    await s.world.run(20);
  }
}

/** Every timer has fired, nothing is left in any table, and no deadline is pending. */
export async function over(s: Stage, problems = 0): Promise<void> {
  await s.world.runUntilIdle();
  expect(left(s.container)).toEqual({});
  expect(s.world.clock.pending).toBe(0);
  expect(s.container.problems()).toHaveLength(problems);
}
