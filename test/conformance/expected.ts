// What a proxy may change in a request that it forwards (§16.6), and what its refusals have of the request (§8.2.6).
import { expect } from 'vitest';
import { present } from '../../container/base/present.js';
import type { ClientRequest } from '../world/outgoing.js';
import { parameter, TextMessage } from '../world/text-message.js';

/** Header lines of a message as they came, without the line end. */
export function linesOf(wire: string): string[] {
  return wire.slice(0, wire.indexOf('\r\n\r\n')).split('\r\n').slice(1);
}

/**
 * What is expected to be otherwise in the forwarded request, apart from what §16.6 and RFC 5393 have every proxy do.
 */
export interface Differences {
  readonly uri?: string;
  /** Header fields in the place of all that have this name; none to have them taken away. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly maxBreadth?: string;
  /** One Record-Route value of ours comes before all that were there. */
  readonly recordRoute?: boolean;
}

/**
 * The forwarded request is the one that was sent: same fields in the same order with the same names and values, same
 * body; with our own Via on top, Max-Forwards less one, and Max-Breadth at the end (RFC 5393 §5.3.3.1). Gives our Via.
 */
export function expectForwarded(received: TextMessage, sent: TextMessage, differences: Differences = {}): string {
  const expected = new TextMessage(sent.startLine, [...sent.headers], sent.body);
  const hops = sent.header('Max-Forwards');
  expected.set('Max-Forwards', hops === undefined ? '70' : String(Number(hops) - 1));
  expected.set('Max-Breadth', differences.maxBreadth ?? '60');
  for (const [name, values] of Object.entries(differences.headers ?? {})) expected.set(name, ...values);
  const [via = ''] = received.list('Via');
  const top = expected.headers.findIndex(([name]) => /^(via|v)$/i.test(name));
  expected.headers.splice(top, 0, ['Via', via]);
  expect(via).toMatch(/^SIP\/2\.0\/(UDP|TCP) 10\.0\.0\.9:5060;branch=z9hG4bK[0-9a-zA-Z._-]+(;rport)?$/);
  expect(received.startLine).toBe(
    differences.uri === undefined ? sent.startLine : sent.startLine.replace(sent.uri, () => present(differences.uri)),
  );
  const fields = [...received.headers];
  if (differences.recordRoute) {
    const at = fields.findIndex(([name]) => name.toLowerCase() === 'record-route');
    expect(fields.splice(at, 1)[0]?.[1]).toMatch(/^<sip:10\.0\.0\.9:5060(;transport=tcp)?;lr;sid=[0-9a-z.]+>$/);
  }
  expect(fields).toEqual(expected.headers);
  expect(received.body === sent.body, 'the body is the same, octet by octet').toBe(true);
  return via;
}

/** A refusal by the container itself (§8.2.6): status, and every field that is the request's; gives it. */
export function expectRefusal(responses: readonly TextMessage[], sent: TextMessage, status: number): TextMessage {
  expect(responses.map((response) => response.status)).toEqual([status]);
  const [response] = responses as [TextMessage];
  expect(response.list('Via')).toEqual(sent.list('Via'));
  for (const name of ['From', 'Call-ID', 'CSeq']) expect(response.header(name)).toBe(sent.header(name));
  const to = response.header('To') ?? '';
  const tag = parameter(to, 'tag');
  expect(tag).toMatch(/^[0-9a-zA-Z._-]+$/);
  expect(to).toBe(`${sent.header('To')};tag=${tag}`);
  expect(response.body).toBe('');
  return response;
}

/** Status of everything that was answered to it, in order. */
export function statuses(request: ClientRequest): number[] {
  return request.responses.map(({ status }) => status);
}
