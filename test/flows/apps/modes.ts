// Applications of sdk/PROXYING.md: without the application, and when something goes wrong.
import {
  BestResponse,
  BranchResponse,
  Invite,
  type ReadonlySipRequest,
  Siplet,
  type SipRequest,
  type SipResponse,
  StatelessRoute,
  SuccessResponse,
} from '@siplet/sdk';
import { DESK, directory, MOBILE } from './bob.js';

@Siplet({ supervised: false })
export class Relay {
  @Invite()
  relay(request: SipRequest) {
    request.proxyTo([DESK, MOBILE], { recordRoute: true });
  }

  @SuccessResponse()
  ended(response: SipResponse) {
    response.headers.set('X-Seen', response.method);
  }
}

@Siplet({ stateless: true })
export class Spread {
  @StatelessRoute()
  route(request: ReadonlySipRequest) {
    return request.callId.charCodeAt(0) % 2 === 0 ? DESK : MOBILE;
  }
}

@Siplet()
export class LookUp {
  @Invite()
  async ring(request: SipRequest) {
    const uri = await directory.find('bob');
    if (request.isCommitted) return;
    request.proxyTo(uri ?? DESK);
  }
}

@Siplet()
export class Broken {
  @Invite()
  ring() {
    throw new Error('on purpose');
  }
}

@Siplet()
export class BrokenLater {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo([DESK, MOBILE], { parallel: false });
  }

  @BranchResponse()
  @BestResponse()
  failed(response: SipResponse) {
    response.headers.set('X-Half', 'done');
    throw new Error('on purpose');
  }
}
