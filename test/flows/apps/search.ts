// Applications of sdk/PROXYING.md: where a call is looked for.
import { Invite, type ProxyBranch, Siplet, type SipRequest, type SipResponse, SuccessResponse } from '@siplet/sdk';
import { DESK, MOBILE, VOICEMAIL } from './bob.js';

@Siplet()
export class RingAll {
  @Invite()
  ring(request: SipRequest) {
    request.proxy({ timeout: '20s' }).proxyTo([DESK, MOBILE]);
  }
}

@Siplet()
export class Hunt {
  @Invite()
  hunt(request: SipRequest) {
    request.proxy({ parallel: false, timeout: '10s' }).proxyTo([DESK, MOBILE, VOICEMAIL]);
  }
}

@Siplet()
export class DeskFirst {
  @Invite()
  ring(request: SipRequest) {
    const proxy = request.proxy({ parallel: false, timeout: '20s' });
    const [desk, mobile] = proxy.createBranches([DESK, MOBILE]);
    if (desk !== undefined) desk.timeout = '5s';
    mobile?.request.headers.set('Alert-Info', '<http://example.com/urgent.wav>');
    proxy.start();
  }
}

@Siplet()
export class Follow {
  @Invite()
  follow(request: SipRequest) {
    request.proxy().proxyTo(DESK);
  }

  @SuccessResponse('INVITE')
  answered(response: SipResponse) {
    response.headers.set('X-Tried', this.tree(response.proxy?.branches ?? []));
  }

  private tree(branches: readonly ProxyBranch[]): string {
    return branches.map(({ uri, recursed }) => `${uri} (${this.tree(recursed)})`).join(' ');
  }
}

@Siplet()
export class DoNotFollow {
  @Invite()
  ring(request: SipRequest) {
    request.proxy({ recurse: false }).proxyTo([DESK, MOBILE]);
  }
}
