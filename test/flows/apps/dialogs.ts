// Applications of sdk/PROXYING.md: what comes after the first request.
import {
  Info,
  Invite,
  ProvisionalResponse,
  Register,
  Siplet,
  type SipRequest,
  type SipResponse,
  Subsequent,
} from '@siplet/sdk';
import { DESK, MOBILE } from './bob.js';

@Siplet()
export class Stay {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(DESK, { recordRoute: true });
  }

  @Subsequent()
  inDialog(request: SipRequest) {
    request.headers.set('Subject', 'A call by way of siplet');
  }

  @Info()
  taken(request: SipRequest) {
    request.createResponse(200).send();
  }
}

@Siplet()
export class Customer {
  @Invite()
  ring(request: SipRequest) {
    const proxy = request.proxy({ recordRoute: true });
    proxy.recordRouteUri.parameters.set('customer', '42');
    proxy.proxyTo(DESK);
  }

  @Subsequent()
  inDialog(request: SipRequest) {
    request.headers.set('X-Customer', String(request.parameter('customer')));
  }
}

@Siplet()
export class EarlyMedia {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo([DESK, MOBILE], { recordRoute: true });
  }

  @ProvisionalResponse('INVITE')
  early(response: SipResponse) {
    response.headers.set('X-Reliable', String(response.isReliable));
  }
}

@Siplet()
export class ToTcp {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(`${DESK};transport=tcp`, { recordRoute: true });
  }
}

@Siplet()
export class Edge {
  @Register()
  register(request: SipRequest) {
    const proxy = request.proxy({ addToPath: true });
    proxy.pathUri.parameters.set('customer', '42');
    proxy.proxyTo('sip:registrar@10.0.0.6');
  }

  @Invite()
  toPhone(request: SipRequest) {
    request.headers.set('X-Customer', String(request.parameter('customer')));
    request.proxyTo(request.uri);
  }
}
