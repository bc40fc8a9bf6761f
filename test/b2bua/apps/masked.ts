// Handlers beside the bridge: each message is theirs first.
import {
  type Bridge,
  Info,
  Invite,
  OnTimer,
  Siplet,
  type SipRequest,
  type SipResponse,
  type SipTimer,
  SuccessResponse,
} from '@siplet/sdk';

@Siplet()
export class Masked {
  readonly #bridges = new Map<string, Bridge>();

  @Invite()
  async call(request: SipRequest) {
    const bridge = await request.b2bua().bridge({
      to: 'sip:bob@10.0.0.2',
      from: 'sip:office@example.com',
      headers: { 'P-Asserted-Identity': undefined, 'X-Account': '42' },
    });
    const { applicationSession } = request;
    this.#bridges.set(applicationSession.id, bridge);
    applicationSession.setTimer('limit', '1m');
    await bridge.ended;
    this.#bridges.delete(applicationSession.id);
  }

  @SuccessResponse('INVITE')
  answered(response: SipResponse) {
    response.headers.delete('Server');
  }

  @Info()
  digits(request: SipRequest) {
    request.createResponse(415).send(); // answered here: Bob does not see it
  }

  @OnTimer('limit')
  async cutOff({ applicationSession }: SipTimer) {
    await this.#bridges.get(applicationSession.id)?.terminate();
  }
}
