// Tags its calls with its version: what it sends on, and every answer. The test puts another number here for each redeployment.
import {
  APP_CONFIG,
  Invite,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
  Subsequent,
  SuccessResponse,
} from '@siplet/sdk';
import { inject } from 'inversify';

const VERSION = '0';

@Siplet({ name: 'tagged' })
export class Tagged {
  constructor(@inject(APP_CONFIG) private readonly target: string) {}

  @Invite()
  ring(request: SipRequest) {
    request.headers.set('X-Version', VERSION);
    request.proxy({ recordRoute: true }).proxyTo(this.target);
  }

  @Subsequent()
  inDialog(request: SipRequest) {
    request.headers.set('X-Version', VERSION);
  }

  @ProvisionalResponse()
  rings(response: SipResponse) {
    response.headers.set('X-Version', VERSION);
  }

  @SuccessResponse()
  answered(response: SipResponse) {
    response.headers.set('X-Version', VERSION);
  }
}
