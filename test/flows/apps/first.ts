import { Invite, Siplet, type SipRequest } from '@siplet/sdk';

@Siplet()
export class FindBob {
  @Invite()
  find(request: SipRequest) {
    request.proxyTo('sip:desk@10.0.0.2');
  }
}
