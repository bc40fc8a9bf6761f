// A response on its way to who sent the request (JSR 289 §5.7): one that the application made, or one of a proxied branch.
import { IllegalStateError } from '@siplet/sdk';
import type { Incoming } from '../dispatch/incoming.js';
import type { Response } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import type { SipSession } from '../session/sip-session.js';
import type { Proxy } from './proxy.js';
import type { ProxyBranch } from './proxy-branch.js';
import type { SipRequest } from './sip-request.js';
import { type Origin, SipResponse } from './sip-response.js';

export class ServedResponse extends SipResponse {
  constructor(
    message: Response,
    readonly incoming: Incoming,
    session: SipSession,
    readonly coreBranch: Branch | undefined,
    origin: Origin,
  ) {
    super(message, session, origin === 'created' ? incoming.transaction.flow : coreBranch?.flow, origin);
  }

  get request(): SipRequest {
    return this.incoming.servlet;
  }

  get proxy(): Proxy | undefined {
    return this.incoming.servletProxy;
  }

  get branch(): ProxyBranch | undefined {
    return this.coreBranch === undefined ? undefined : this.incoming.servletProxy?.facadeOf(this.coreBranch);
  }

  send(): void {
    if (this.origin !== 'created') {
      throw new IllegalStateError(
        `${this.label} was received on a branch: the container sends it upstream when the handler has settled (C-4)`,
      );
    }
    if (this.isCommitted) throw new IllegalStateError(`${this.label} has been sent already`);
    this.incoming.answerByApplication(this.message);
    this.commit();
  }

  sendReliably(): void {
    if (this.origin !== 'created') return this.send();
    if (this.isCommitted) throw new IllegalStateError(`${this.label} has been sent already`);
    this.incoming.answerReliably(this.message);
    this.commit();
  }

  createAck(): never {
    throw new IllegalStateError(`${this.label} came on a proxied branch: its ACK is the caller's, or the container's`);
  }

  createPrack(): never {
    throw new IllegalStateError(`${this.label} came on a proxied branch: its PRACK is the caller's`);
  }
}
