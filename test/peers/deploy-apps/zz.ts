// The next application after `tagged`: it marks what nobody before it has marked, and sends the call to its own target.
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

@Siplet({ name: 'zz' })
export class Zz {
  constructor(@inject(APP_CONFIG) private readonly target: string) {}

  @Invite()
  ring(request: SipRequest) {
    mark(request);
    request.proxy({ recordRoute: true }).proxyTo(this.target);
  }

  @Subsequent()
  inDialog(request: SipRequest) {
    mark(request);
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

function mark(request: SipRequest): void {
  if (!request.headers.has('X-Version')) request.headers.set('X-Version', VERSION);
}
