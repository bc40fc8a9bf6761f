// Applications of sdk/PROXYING.md: what comes back, and what the application answers itself.
import {
  BestResponse,
  BranchResponse,
  Bye,
  Invite,
  Siplet,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
} from '@siplet/sdk';
import { DESK, MOBILE } from './bob.js';

@Siplet()
export class Sign {
  @Invite()
  ring(request: SipRequest) {
    request.headers.set('Subject', 'A call by way of siplet');
    request.proxy().proxyTo(DESK);
  }

  @SuccessResponse('INVITE')
  answered(response: SipResponse) {
    response.headers.set('Server', 'siplet');
  }
}

@Siplet()
export class Looking {
  @Invite()
  ring(request: SipRequest) {
    request.createResponse(182, 'Looking for Bob').send();
    request.proxy().proxyTo(DESK);
  }
}

@Siplet()
export class OneBusyAllBusy {
  @Invite()
  ring(request: SipRequest) {
    request.proxy().proxyTo([DESK, MOBILE]);
  }

  @BranchResponse('INVITE')
  busy(response: SipResponse) {
    if (response.status === 486) response.request.createResponse(600).send();
  }
}

@Siplet()
export class NotNow {
  @Invite()
  ring(request: SipRequest) {
    request.proxy().proxyTo(DESK);
  }

  @BestResponse('INVITE')
  failed({ request }: SipResponse) {
    const response = request.createResponse(480, 'Not now');
    response.headers.set('Retry-After', '600');
    response.send();
  }
}

@Siplet()
export class AllMayAnswer {
  @Invite()
  ring(request: SipRequest) {
    request.proxy({ noCancel: true }).proxyTo([DESK, MOBILE]);
  }
}

@Siplet()
export class Forks {
  @Invite()
  ring(request: SipRequest) {
    request.proxy({ recordRoute: true }).proxyTo(DESK);
  }

  @SuccessResponse('INVITE')
  answered({ session, to }: SipResponse) {
    session.attributes.set('answered by', String(to.parameters.get('tag')));
  }

  @Bye()
  ended(bye: SipRequest) {
    bye.headers.set('X-Answered-By', String(bye.session.attributes.get('answered by')));
  }
}
