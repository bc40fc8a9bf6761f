// Proxies or bridges a call to the phone that its Request-URI names: sip:bridge.tcp.5070@… is the phone at port 5070.
import { Config, Invite, Siplet, type SipRequest, SipUri } from '@siplet/sdk';

interface Settings {
  /** A proxy that calls leave through: host:port. Without one they go to the phone itself. */
  readonly through?: string;
}

@Siplet({ name: 'front' })
export class Front {
  constructor(@Config() private readonly settings: Settings = {}) {}

  @Invite()
  async call(request: SipRequest) {
    const [how, transport, port] = request.uri instanceof SipUri ? (request.uri.user ?? '').split('.') : [];
    if (port === undefined) {
      request.createResponse(404).send();
      return;
    }
    const to = `sip:${port}@${this.settings?.through ?? `127.0.0.1:${port}`};transport=${transport}`;
    if (how === 'proxy') request.proxyTo(to, { recordRoute: true });
    else await request.b2bua().bridge({ to });
  }
}
