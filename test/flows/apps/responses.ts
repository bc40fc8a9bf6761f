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
    request.proxyTo(DESK);
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
    request.proxyTo(DESK);
  }
}

@Siplet()
export class OneBusyAllBusy {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo([DESK, MOBILE]);
  }

  @BranchResponse('INVITE')
  busy({ status, request }: SipResponse) {
    if (status === 486) request.createResponse(600).send();
  }
}

@Siplet()
export class NotNow {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(DESK);
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
    request.proxyTo([DESK, MOBILE], { noCancel: true });
  }
}

@Siplet()
export class Forks {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(DESK, { recordRoute: true });
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
