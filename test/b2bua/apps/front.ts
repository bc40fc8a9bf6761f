import { Invite, Siplet, type SipRequest } from '@siplet/sdk';

@Siplet()
export class Front {
  @Invite()
  async call(request: SipRequest) {
    await request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' });
  }
}
