// Applications of sdk/PROXYING.md: branches that are added while a call is looked for.
import { BestResponse, BranchResponse, Invite, Siplet, type SipRequest, type SipResponse, Status } from '@siplet/sdk';
import { ASSISTANT, DESK, directory, MOBILE, VOICEMAIL } from './bob.js';

@Siplet()
export class Voicemail {
  @Invite()
  ring(request: SipRequest) {
    request.proxy().proxyTo(DESK);
  }

  @BestResponse('INVITE')
  failed(response: SipResponse) {
    if (response.status < 600) response.proxy?.proxyTo(VOICEMAIL);
  }
}

@Siplet()
export class Elsewhere {
  @Invite()
  ring(request: SipRequest) {
    request.proxy().proxyTo(DESK);
  }

  @BestResponse('INVITE')
  async failed(response: SipResponse) {
    const elsewhere = await directory.find('bob');
    if (elsewhere !== undefined && response.status < 600) response.proxy?.proxyTo(elsewhere);
  }
}

@Siplet()
export class AlsoMobile {
  @Invite()
  ring(request: SipRequest) {
    request.proxy().proxyTo(DESK);
  }

  @Status(180, 'INVITE')
  rings(response: SipResponse) {
    response.proxy?.proxyTo(MOBILE);
  }
}

@Siplet()
export class Substitute {
  @Invite()
  ring(request: SipRequest) {
    request.proxy().proxyTo([DESK, MOBILE]);
  }

  @BranchResponse('INVITE')
  absent(response: SipResponse) {
    if (response.status === 404) response.proxy?.proxyTo(ASSISTANT);
  }
}

@Siplet()
export class NoForwarding {
  @Invite()
  ring(request: SipRequest) {
    request.proxy().proxyTo(DESK);
  }

  @Status(181, 'INVITE')
  forwarded(response: SipResponse) {
    response.proxy?.cancel({ cause: 480, text: 'No forwarding' });
    response.proxy?.proxyTo(VOICEMAIL);
  }
}

@Siplet()
export class TellCaller {
  @Invite()
  hunt(request: SipRequest) {
    request.proxy({ parallel: false }).proxyTo([DESK, MOBILE]);
  }

  @BranchResponse('INVITE')
  next(response: SipResponse) {
    response.request.createResponse(181).send();
  }
}
