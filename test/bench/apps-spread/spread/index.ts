// What is measured with several SIPps: the user part says to which callee a call goes, c0 to the one at 5070, c1 to 5071 …; as costly as is configured.
import { createHash } from 'node:crypto';
import {
  APP_CONFIG,
  Invite,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
} from '@siplet/sdk';
import { inject } from 'inversify';

const BLOCK = Buffer.alloc(4096, 'x');

@Siplet({ name: 'spread' })
export class Spread {
  /** Hashes that a call costs beside: a fixed piece of work, whatever else the machine does. */
  readonly #hashes: number;
  seen = 0;

  constructor(@inject(APP_CONFIG) config: { hashes?: number } | undefined) {
    this.#hashes = config?.hashes ?? 0;
  }

  @Invite()
  relay(request: SipRequest): void {
    for (let i = 0; i < this.#hashes; i++) createHash('sha256').update(BLOCK).digest();
    const user = String('user' in request.uri ? request.uri.user : '');
    request.proxy({ recordRoute: true }).proxyTo(`sip:bob@127.0.0.1:${5070 + Number(user.slice(1))}`);
  }

  @ProvisionalResponse()
  provisional(_response: SipResponse): void {
    this.seen++;
  }

  @SuccessResponse()
  success(_response: SipResponse): void {
    this.seen++;
  }
}
