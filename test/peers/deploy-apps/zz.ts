// The next application after `tagged`: it marks what nobody before it has marked, and sends the call to its own target.
import {
  Config,
  Invite,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
  Subsequent,
  SuccessResponse,
} from '@siplet/sdk';

const VERSION = '0';

@Siplet({ name: 'zz' })
export class Zz {
  constructor(@Config() private readonly target: string) {}

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
