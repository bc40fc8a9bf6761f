// Calls with a user's account at a provider, which challenges it.
// biome-ignore lint/style/useImportType: injected by its type, so it must be there at run time.
import { Message, SipFactory, Siplet, type SipRequest } from '@siplet/sdk';

const ACCOUNT = { realm: 'provider.example', username: 'ours', password: 'paid' };

@Siplet({ name: 'trunk' })
export class Trunk {
  constructor(private readonly factory: SipFactory) {}

  @Message()
  async forward(request: SipRequest) {
    const first = this.factory.createRequest(
      request.applicationSession,
      'MESSAGE',
      'sip:ours@provider.example',
      request.to.uri.toString(),
    );
    first.setBody(request.body, request.contentType ?? 'text/plain');
    let response = await first.send();
    // Once; a second time only when it was the nonce that was too old.
    for (let i = 0; response.challenges.length > 0 && (i === 0 || response.challenges[0]?.isStale) && i < 2; i++) {
      const again = response.session.createRequest('MESSAGE');
      again.setBody(request.body, request.contentType ?? 'text/plain');
      again.addAuthorization(response, ACCOUNT);
      response = await again.send();
    }
    request.createResponse(response.status).send();
  }
}
