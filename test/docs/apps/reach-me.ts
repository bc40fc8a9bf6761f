// biome-ignore-all assist/source/organizeImports: the first application of the README, to the letter.
// biome-ignore-all format: the same.
import { BestResponse, Invite, Siplet, type ProxiedResponse, type SipRequest } from '@siplet/sdk';

@Siplet({ name: 'reach-me' })
export class ReachMe {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(['sip:desk@10.0.0.4', 'sip:mobile@10.0.0.9'], { recordRoute: true, parallel: false, timeout: '20s' });
  }

  @BestResponse()
  voicemail({ status, proxy }: ProxiedResponse) {
    if (status !== 603) proxy.proxyTo('sip:vm@10.0.0.20');
  }
}
