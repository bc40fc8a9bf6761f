// What is measured: every call goes to one callee, the container stays in the dialog, and a handler is called for every
// response.
import {
  BestResponse,
  Invite,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
} from '@siplet/sdk';

@Siplet({ name: 'relay' })
export class Relay {
  /** Responses seen, by class. */
  readonly seen = [0, 0, 0, 0, 0, 0, 0];

  @Invite()
  relay(request: SipRequest): void {
    request.proxy({ recordRoute: true }).proxyTo('sip:bob@127.0.0.1:5070');
  }

  @ProvisionalResponse()
  provisional(response: SipResponse): void {
    this.#count(response);
  }

  @SuccessResponse()
  success(response: SipResponse): void {
    this.#count(response);
  }

  @BestResponse()
  best(response: SipResponse): void {
    this.#count(response);
  }

  #count(response: SipResponse): void {
    const hundreds = Math.floor(response.status / 100);
    this.seen[hundreds] = (this.seen[hundreds] ?? 0) + 1;
  }
}
