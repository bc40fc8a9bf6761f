// What is measured: every call goes to one callee, the container stays in the dialog, and the application sees no
// response of the INVITE.
import { Invite, Siplet, type SipRequest } from '@siplet/sdk';

@Siplet({ name: 'unsupervised', supervised: false })
export class Unsupervised {
  @Invite()
  relay(request: SipRequest): void {
    request.proxy({ recordRoute: true }).proxyTo('sip:bob@127.0.0.1:5070');
  }
}
