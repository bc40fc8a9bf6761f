// One gateway after the other.
import { CallFailedError, Invite, Siplet, type SipRequest } from '@siplet/sdk';

const GATEWAYS = ['sip:bob@10.0.0.2', 'sip:bob@10.0.0.3'];

@Siplet()
export class Failover {
  @Invite()
  async call(request: SipRequest) {
    const b2bua = request.b2bua();
    let last: CallFailedError | undefined;
    for (const to of GATEWAYS) {
      try {
        return await b2bua.bridge({ to, timeout: '20s' });
      } catch (error) {
        // Bob was reached
        if (!(error instanceof CallFailedError) || error.status === 486 || error.status >= 600) throw error;
        last = error;
      }
    }
    throw last; // nobody catches it: the caller gets the last answer
  }
}
