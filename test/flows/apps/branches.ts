// Applications of sdk/PROXYING.md: branches that are added while a call is looked for.
import {
  BestResponse,
  BranchResponse,
  Invite,
  type ProxiedResponse,
  Siplet,
  type SipRequest,
  Status,
} from '@siplet/sdk';
import { ASSISTANT, DESK, directory, MOBILE, VOICEMAIL } from './bob.js';

@Siplet()
export class Voicemail {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(DESK);
  }

  @BestResponse('INVITE')
  failed({ status, proxy }: ProxiedResponse) {
    if (status < 600) proxy.proxyTo(VOICEMAIL);
  }
}

@Siplet()
export class Elsewhere {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(DESK);
  }

  @BestResponse('INVITE')
  async failed({ status, proxy }: ProxiedResponse) {
    const elsewhere = await directory.find('bob');
    if (elsewhere !== undefined && status < 600) proxy.proxyTo(elsewhere);
  }
}

@Siplet()
export class AlsoMobile {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(DESK);
  }

  @Status(180, 'INVITE')
  rings({ proxy }: ProxiedResponse) {
    proxy.proxyTo(MOBILE);
  }
}

@Siplet()
export class Substitute {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo([DESK, MOBILE]);
  }

  @BranchResponse('INVITE')
  absent({ status, proxy }: ProxiedResponse) {
    if (status === 404) proxy.proxyTo(ASSISTANT);
  }
}

@Siplet()
export class NoForwarding {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(DESK);
  }

  @Status(181, 'INVITE')
  forwarded({ proxy }: ProxiedResponse) {
    proxy.cancel({ cause: 480, text: 'No forwarding' });
    proxy.proxyTo(VOICEMAIL);
  }
}

@Siplet()
export class TellCaller {
  @Invite()
  hunt(request: SipRequest) {
    request.proxyTo([DESK, MOBILE], { parallel: false });
  }

  @BranchResponse('INVITE')
  next({ request }: ProxiedResponse) {
    request.createResponse(181).send();
  }
}
