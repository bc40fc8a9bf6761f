// A response of one leg as the other leg's: the callee's answer, for the caller.

import type { Answering } from '../agent/answering.js';
import { type Response, responseTo } from '../message/index.js';
import { namesContact } from '../session/dialog-set.js';
import { copyContacts, copyFields, passExtensions, passMinSE } from './header-policy.js';

/** A body with the headers that describe it. */
export interface Content {
  readonly type: string;
  readonly body: string;
}

/**
 * A response with the status, reason, body and passing header fields of `response`; dialog, path and Contact are those
 * of `answering`. `tag` is the To tag of the dialog, where the request makes several. `content` is the body if
 * `response` has none.
 */
export function relayedResponse(
  answering: Answering,
  response: Response,
  tag = answering.transaction.toTag,
  content?: Content,
): Response {
  const { request, transaction, isInitial } = answering;
  const { status } = response;
  const relayed = responseTo(request, status, response.reason, tag, isInitial && status < 300);
  if (namesContact(request.method, status)) relayed.append('Contact', answering.session.contactFor(transaction.flow));
  copyFields(response, relayed);
  copyContacts(response, relayed);
  passExtensions(response, relayed);
  passMinSE(response, relayed);
  if (content !== undefined && relayed.body === '') relayed.setBody(content.body, content.type);
  else if (relayed.body !== '') relayed.set('Content-Length', String(relayed.body.length));
  return relayed;
}
