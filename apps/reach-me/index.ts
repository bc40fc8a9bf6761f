// Rings a person's phones in turn or all at once, and takes the call to voicemail when none of them answers.
import { Config, Invite, type ProxiedResponse, Siplet, type SipRequest, Status } from '@siplet/sdk';
import { type Settings, schema, targetAt } from './settings.js';

@Siplet({ name: 'reach-me', config: schema })
export class ReachMe {
  constructor(@Config() private readonly settings: Settings) {}

  @Invite()
  ring(request: SipRequest) {
    const { numbers, targets, isListed, parallel, timeout } = this.settings;
    const { kind, user } = numbers.resolve(request.uri);
    const found = targets(user.toLowerCase());
    if (kind === 'emergency') return request.forward();
    if (kind === 'invalid' && !isListed(user)) return request.createResponse(484).send();
    if (found === 'next') return request.forward();
    if (found === undefined) return request.createResponse(404).send();
    const uris = found.map((target) => targetAt(target, user));
    // The caller would pay for a call that a phone redirects.
    request.proxyTo(uris, { recordRoute: true, recurse: false, parallel, timeout });
  }

  /**
   * Nobody answered. A 6xx speaks for the person and goes to the caller (§21.6). A mailbox that has been tried is not
   * tried again (§16.5), nor is it called when the caller has hung up: the best response goes to the caller.
   */
  @Status([300, 599], 'INVITE')
  voicemail({ status, proxy }: ProxiedResponse) {
    const { voicemail, numbers } = this.settings;
    const { uri } = proxy.originalRequest;
    const mailbox = voicemail === false ? undefined : targetAt(voicemail, numbers.resolve(uri).user);
    if (mailbox !== undefined && proxy.branch(mailbox) === undefined) proxy.proxyTo(mailbox);
    // An element that follows a redirection makes the caller pay for the forward.
    else if (status < 400) proxy.originalRequest.createResponse(480).send();
  }
}
