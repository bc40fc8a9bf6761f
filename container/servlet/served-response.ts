// A response on its way to the sender of the request (JSR 289 §5.7): made by the application, or received on a proxied
// branch.
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import type { Response } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import type { SipSession } from '../session/sip-session.js';
import type { Answerer } from './answerer.js';
import { type Origin, SipResponse } from './sip-response.js';

export class ServedResponse extends SipResponse {
  constructor(
    message: Response,
    readonly answerer: Answerer,
    session: SipSession,
    readonly coreBranch: Branch | undefined,
    origin: Origin,
  ) {
    super(message, session, origin === 'created' ? answerer.transaction.flow : coreBranch?.flow, origin);
  }

  get request(): sdk.SipRequest {
    return this.answerer.servlet;
  }

  get proxy(): sdk.SipProxy | undefined {
    return this.answerer.servletProxy;
  }

  get branch(): sdk.ProxyBranch | undefined {
    return this.coreBranch === undefined ? undefined : this.answerer.servletProxy?.facadeOf(this.coreBranch);
  }

  send(): void {
    if (this.origin !== 'created') {
      throw new IllegalStateError(
        `${this.label} was received on a branch: the container sends it upstream when the handler has settled (C-4)`,
      );
    }
    if (this.isCommitted) throw new IllegalStateError(`${this.label} has been sent already`);
    this.answerer.answerByApplication(this.message);
    this.commit();
  }

  sendReliably(): void {
    if (this.origin !== 'created') {
      this.send();
      return;
    }
    if (this.isCommitted) throw new IllegalStateError(`${this.label} has been sent already`);
    this.answerer.answerReliably(this.message);
    this.commit();
  }

  createAck(): never {
    throw new IllegalStateError(`${this.label} came on a proxied branch: its ACK is the caller's, or the container's`);
  }

  createPrack(): never {
    throw new IllegalStateError(`${this.label} came on a proxied branch: its PRACK is the caller's`);
  }
}
