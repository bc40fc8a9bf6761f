// The requests of the other leg: the initial one, made from the received one, and those in the dialog (JSR 289 §14.1,
// §14.2; RFC 7092 §3.1).

import type { AddressLike, LegOptions } from '@siplet/sdk';
import { Address, IllegalStateError, TooManyHopsError } from '@siplet/sdk';
import { Answering } from '../agent/answering.js';
import { Leg } from '../agent/leg.js';
import { inItsOwnSession, partyText, requestUriOf } from '../agent/origination.js';
import { type Party, Request, textOf } from '../message/index.js';
import { replaceRequestUri } from '../proxy/forwarding.js';
import type { OwnRequest } from '../servlet/sender.js';
import type { SipRequest } from '../servlet/sip-request.js';
import { addressOf, uriText } from '../servlet/values.js';
import type { SipSession } from '../session/sip-session.js';
import { assertPassing, copyFields, namesExtension, passExtensions } from './header-policy.js';
import { rememberRefer, renameDialogs, renameEvent } from './named-leg.js';
import { writeUriHeaders } from './uri-headers.js';

/** §20.22: the value for a request without the header. */
const MAX_FORWARDS = 70;

/** Replaces the body of the original. */
type Body = { readonly content: string | Uint8Array; readonly type: string };

/**
 * The initial request of the second leg: Call-ID, tags, CSeq and Via are its own; Max-Forwards is one less
 * (RFC 7332 §3.1). The next application in the router's order gets it. Throws TooManyHopsError when none is left.
 */
export function createLegRequest(answering: Answering, options: LegOptions, body?: Body): OwnRequest {
  const { request, services, servlet } = answering;
  const { identifiers } = services;
  assertPassing(servlet.headers.written, request);
  const to = options.to === undefined ? undefined : addressOf(options.to);
  const leg = new Request(request.method, to === undefined ? request.uri : requestUriOf(to));
  if (options.uri !== undefined) replaceRequestUri(leg, uriText(options.uri));
  leg.append(
    'From',
    `${options.from === undefined ? untagged(request.from) : text(options.from)};tag=${identifiers.tag()}`,
  );
  leg.append('To', to === undefined ? untagged(request.to) : partyText(to, undefined));
  leg.append('Call-ID', identifiers.id());
  leg.append('CSeq', `1 ${request.method}`);
  leg.append('Max-Forwards', hopsLeft(answering));
  copyFields(request, leg, body === undefined);
  if (request.method === 'REGISTER') for (const contact of request.values('contact')) leg.append('Contact', contact);
  if (to !== undefined) writeUriHeaders(to, leg);
  renameDialogs(leg, services.userAgents);
  passExtensions(request, leg, takesReliably(answering, leg, body) ? '100rel' : undefined);
  const sent = inItsOwnSession(services, answering.session.applicationSession, leg, answering.received.routingState);
  if (body !== undefined) sent.setBody(body.content, body.type);
  overwrite(sent, options.headers);
  join(answering, sent);
  return sent;
}

/**
 * The callee may answer 1xx reliably, whatever the caller supports: the container then acknowledges them. But if the
 * INVITE has no offer, such a 1xx may have one, which only the caller can answer (RFC 3262 §5).
 */
function takesReliably(answering: Answering, leg: Request, body: Body | undefined): boolean {
  if (leg.method !== 'INVITE') return false;
  if (leg.body !== '' || body !== undefined) return true;
  return namesExtension(answering.request, '100rel', 'supported', 'require');
}

/**
 * A request in the dialog of `leg`, with the parts that pass from the one received in the other dialog. Throws what
 * `Leg.createRequest` does, and TooManyHopsError.
 */
export function createRelayedRequest(answering: Answering, leg: Leg): OwnRequest {
  hopsLeft(answering);
  return relayedInto(answering, leg.createRequest(answering.request.method));
}

/** The same, into an existing request. */
export function relayedInto(answering: Answering, sent: OwnRequest): OwnRequest {
  const { request } = answering;
  const { message } = sent;
  copyFields(request, message);
  renameDialogs(message, answering.services.userAgents);
  if (sent.method === 'REFER' || message.has('event')) renameSubscription(answering, sent);
  passExtensions(request, message);
  message.set('Max-Forwards', hopsLeft(answering));
  join(answering, sent);
  return sent;
}

function renameSubscription({ request, session, services }: Answering, { message, session: other }: OwnRequest): void {
  const from = Leg.of(session, services);
  renameEvent(message, from, Leg.of(other as SipSession, services));
  rememberRefer(from, request, message);
}

/**
 * A request in the dialog of `leg` as `request` is in another (JSR 289 §14.2). Throws what `Leg.createRequest` does,
 * and TooManyHopsError.
 */
export function createRequestInDialog(leg: Leg, request: SipRequest, options: LegOptions = {}): OwnRequest {
  if (options.to !== undefined || options.from !== undefined || options.uri !== undefined)
    throw new IllegalStateError(
      'createRequest: in a dialog From, To and Request-URI are those of the dialog (§12.2.1.1)',
    );
  const answering = Answering.of(request);
  assertPassing(request.headers.written, request.message);
  const sent = answering === undefined ? leg.createRequest(request.method) : createRelayedRequest(answering, leg);
  if (answering === undefined) copyFields(request.message, sent.message);
  overwrite(sent, options.headers);
  return sent;
}

export function overwrite(sent: OwnRequest, headers: LegOptions['headers']): void {
  if (headers === undefined) return;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) sent.headers.delete(name);
    else sent.headers.set(name, value);
  }
}

/** JSR 289 §14.4. */
function join(answering: Answering, sent: OwnRequest): void {
  sent.madeFrom = answering.received;
  answering.madeInto = sent;
}

function hopsLeft({ request, received }: Answering): string {
  const hops = request.maxForwards ?? MAX_FORWARDS;
  if (hops > 0) return String(hops - 1);
  throw new TooManyHopsError(
    `${received.application.name} cannot send the ${request.method} ${request.callId} on: its Max-Forwards is 0`,
  );
}

function text(address: AddressLike): string {
  return partyText(addressOf(address), undefined);
}

/** A URI that may have parts which From and To must not have (§19.1.1 table 1). */
const NOT_OF_A_PARTY = /^sips?:.*(?:\?|;(?:lr|maddr|method|transport|ttl)\b)/i;

/** From or To as received, without its tag, and without what it must not have. */
function untagged(party: Party): string {
  if (NOT_OF_A_PARTY.test(party.uri)) return partyText(Address.parse(textOf(party.text)), undefined);
  if (party.tag === undefined) return party.text;
  const tag = `;tag=${party.tag}`;
  const { text: whole } = party;
  if (whole.endsWith(tag)) return whole.slice(0, -tag.length);
  return partyText(Address.parse(textOf(whole)), undefined);
}

/** Throws for a request from which no leg can be made. */
export function assertInitial(answering: Answering | undefined, what: string): asserts answering is Answering {
  if (answering?.isInitial !== true)
    throw new IllegalStateError(`${what}: only an initial request can be made into a second leg`);
}
