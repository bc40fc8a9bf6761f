// Takes its calls itself: the container is their user agent, and answers BYE.
import { Invite, Siplet, type SipRequest } from '@siplet/sdk';

@Siplet({ name: 'answers' })
export class Answers {
  @Invite()
  ring(request: SipRequest) {
    request.createResponse(200).send();
  }
}
