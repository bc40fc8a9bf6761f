// What is measured: every call is a back-to-back user agent's, one leg to the caller and one to the callee.
import { Invite, Siplet, type SipRequest } from '@siplet/sdk';

@Siplet({ name: 'bridge' })
export class Bridging {
  @Invite()
  async call(request: SipRequest): Promise<void> {
    await request.b2bua().bridge({ to: 'sip:bob@127.0.0.1:5070' });
  }
}
