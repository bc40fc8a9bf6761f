// Lets the users of one domain call, and nobody else: by decorator.
import { Authenticated, Initial, Siplet, type SipRequest, Subsequent } from '@siplet/sdk';

const PASSWORDS = new Map([
  ['alice', 'wonderland'],
  ['bob', 'builder'],
]);

@Siplet({ name: 'gate' })
export class Gate {
  @Authenticated({ realm: 'example.com', users: 'passwordOf', proxy: true })
  @Initial()
  call(request: SipRequest) {
    request.headers.set('P-Asserted-Identity', `<sip:${request.user}@example.com>`);
    request.proxyTo(request.uri, { recordRoute: true });
  }

  @Authenticated({ realm: 'example.com', users: 'passwordOf', proxy: true })
  @Subsequent('INVITE', 'BYE')
  inside() {}

  async passwordOf(name: string) {
    return PASSWORDS.get(name);
  }
}
