// Decides who is asked: the service behind the decorator.
// biome-ignore lint/style/useImportType: injected by its type, so it must be there at run time.
import { Authentication, Message, Siplet, type SipRequest } from '@siplet/sdk';

@Siplet({ name: 'desk' })
export class Desk {
  constructor(private readonly authentication: Authentication) {}

  @Message()
  async take(request: SipRequest) {
    const isColleague = request.initialRemote?.address.startsWith('10.1.');
    const user = isColleague ? 'a colleague' : await this.authentication.authenticate(request, this.policy);
    if (user === undefined) return; // it has been answered: 401, or 400
    const response = request.createResponse(200);
    response.setBody(`hello ${user}`, 'text/plain');
    response.send();
  }

  /** The application keeps H(username:realm:password) and no passwords. */
  readonly policy = {
    realm: 'example.com',
    algorithms: ['SHA-256'],
    users: (name: string) => (name === 'alice' ? { ha1: { 'SHA-256': HA1_OF_ALICE } } : undefined),
  } as const;
}

const HA1_OF_ALICE = '8a76b8adf2eb7492ff78f57bc361a5c93e2f53c6e93f7ee91f68b5382cfea14f';
