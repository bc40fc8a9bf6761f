// biome-ignore-all lint/style/useImportType: what is injected by its type must be there at run time.
import { Invite, type ReadonlySipRequest, SessionKey, Sessions, Siplet, type SipRequest } from '@siplet/sdk';

@Siplet({ name: 'lines' })
export class Lines {
  constructor(private readonly sessions: Sessions) {}

  /** All calls to one address share an application session. */
  @SessionKey()
  static address(request: ReadonlySipRequest) {
    return request.uri.toString();
  }

  @Invite()
  ring(request: SipRequest) {
    request.proxyTo('sip:desk@10.0.0.4', { recordRoute: true });
  }

  /** Ends all calls to an address, for example from a timer or from a web page. */
  async close(address: string) {
    const line = this.sessions.findByKey(address);
    await line?.run(() => Promise.all(line.sessions.map((session) => session.terminate())));
  }
}
