// Applications of sdk/PROXYING.md: where a call is looked for.
import { Invite, type ProxiedResponse, type ProxyBranch, Siplet, type SipRequest, SuccessResponse } from '@siplet/sdk';
import { DESK, MOBILE, VOICEMAIL } from './bob.js';

@Siplet()
export class RingAll {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo([DESK, MOBILE], { timeout: '20s' });
  }
}

@Siplet()
export class Hunt {
  @Invite()
  hunt(request: SipRequest) {
    request.proxyTo([DESK, MOBILE, VOICEMAIL], { parallel: false, timeout: '10s' });
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
    request.proxyTo(DESK);
  }

  @SuccessResponse('INVITE')
  answered({ headers, proxy }: ProxiedResponse) {
    headers.set('X-Tried', this.tree(proxy.branches));
  }

  private tree(branches: readonly ProxyBranch[]): string {
    return branches.map(({ uri, recursed }) => `${uri} (${this.tree(recursed)})`).join(' ');
  }
}

@Siplet()
export class DoNotFollow {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo([DESK, MOBILE], { recurse: false });
  }
}
