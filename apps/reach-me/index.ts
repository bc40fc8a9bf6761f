// Rings a person's phones in turn or all at once, and takes the call to voicemail when none of them answers.
import {
  APP_CONFIG,
  BestResponse,
  Cancel,
  Invite,
  LOGGER,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
} from '@siplet/sdk';
import { inject } from 'inversify';
import type { Logger } from 'pino';
import { Settings } from './settings.js';

@Siplet({ name: 'reach-me' })
export class ReachMe {
  readonly #settings: Settings;
  readonly #log: Logger;

  constructor(@inject(APP_CONFIG) config: unknown, @inject(LOGGER) log: Logger) {
    this.#settings = new Settings(config);
    this.#log = log;
  }

  @Invite()
  ring(request: SipRequest): void {
    if (this.#settings.isOnward(request.uri)) {
      request.proxy({ supervised: false }).proxyTo(request.uri);
      return;
    }
    const targets = this.#settings.targetsOf(request.uri);
    if (targets.length === 0) {
      request.createResponse(404).send();
      return;
    }
    const { parallel, timeout } = this.#settings;
    request.proxy({ recordRoute: true, parallel, timeout }).proxyTo(targets);
  }

  @ProvisionalResponse('INVITE')
  ringing(response: SipResponse): void {
    this.#log.debug('%d %s', response.status, response.callId);
  }

  @SuccessResponse('INVITE')
  answered(response: SipResponse): void {
    this.#log.debug('%d %s', response.status, response.callId);
  }

  /** The caller has hung up: voicemail would talk to nobody. */
  @Cancel()
  gone(cancel: SipRequest): void {
    cancel.applicationSession.attributes.set('gone', true);
  }

  /**
   * Nobody answered. When the mailbox does not answer either, it has been tried already, and the best response
   * goes to the caller (C-17, C-19).
   */
  @BestResponse('INVITE')
  voicemail(response: SipResponse): void {
    // A 6xx speaks for the person, 603 above all: Decline (C-13).
    if (response.status >= 600 || response.applicationSession.attributes.get('gone') === true) return;
    const proxy = response.proxy;
    const mailbox = proxy && this.#settings.voicemailOf(proxy.originalRequest.uri);
    if (!mailbox) return;
    this.#log.debug('%d %s: to voicemail', response.status, response.callId);
    proxy.proxyTo(mailbox);
  }
}
