// What is measured: every call rings at two callees at once, and the one that does not answer is cancelled; a handler
// is called for every response.
import { Invite, ProvisionalResponse, Siplet, type SipRequest, type SipResponse, SuccessResponse } from '@siplet/sdk';

@Siplet({ name: 'forked' })
export class Forked {
  ringing = 0;
  answered = 0;

  @Invite()
  fork(request: SipRequest): void {
    const targets = ['sip:bob@127.0.0.1:5070', 'sip:bob@127.0.0.1:5071'];
    request.proxy({ recordRoute: true, parallel: true }).proxyTo(targets);
  }

  @ProvisionalResponse()
  provisional(_response: SipResponse): void {
    this.ringing++;
  }

  @SuccessResponse()
  success(_response: SipResponse): void {
    this.answered++;
  }
}
