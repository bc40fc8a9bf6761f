// A response of one leg as the other leg's: what the callee answered, as the caller gets it.

import type { Answering } from '../agent/answering.js';
import { TARGET_REFRESH } from '../agent/dialog.js';
import { type Response, responseTo } from '../message/index.js';
import { contactOf } from '../proxy/record-route.js';
import { copyContacts, copyFields, passExtensions } from './header-policy.js';

/** A body with what its headers say of it. */
export interface Content {
  readonly type: string;
  readonly body: string;
}

/** With the status, reason, body and header fields of `response` that may pass; dialog, way and Contact are those of `answering`. `content` stands in for no body. */
export function relayedResponse(answering: Answering, response: Response, content?: Content): Response {
  const { request, transaction } = answering;
  const { status } = response;
  const makesDialog = status < 300 && (answering.isInitial || TARGET_REFRESH.has(request.method));
  const relayed = responseTo(request, status, response.reason, transaction.toTag, answering.isInitial && makesDialog);
  if (makesDialog) relayed.append('Contact', contactOf(transaction.flow));
  copyFields(response, relayed);
  copyContacts(response, relayed);
  passExtensions(response, relayed);
  if (content !== undefined && relayed.body === '') relayed.setBody(content.body, content.type);
  else if (relayed.body !== '') relayed.set('Content-Length', String(relayed.body.length));
  return relayed;
}
