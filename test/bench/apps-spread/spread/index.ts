// What is measured with several SIPps: the user part says to which callee a call goes, c0 to the one at 5070, c1 to
// 5071 …; as costly as is configured. w0, w1 … are the same without the work, to warm up with.
import {
  Config,
  Invite,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
} from '@siplet/sdk';
import { work } from './work.js';

@Siplet({ name: 'spread' })
export class Spread {
  /** Blocks that are worked on for each call: a fixed piece of work, whatever else the machine does. */
  readonly #blocks: number;
  worked = 0;
  seen = 0;

  constructor(@Config() config: { blocks?: number } | undefined) {
    this.#blocks = config?.blocks ?? 0;
  }

  @Invite()
  relay(request: SipRequest): void {
    const user = String('user' in request.uri ? request.uri.user : '');
    if (user.startsWith('c')) this.worked ^= work(this.#blocks);
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
