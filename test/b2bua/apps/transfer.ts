// A REFER replaces its sender by the party that it names.
import { Invite, Siplet, type SipRequest, Subsequent } from '@siplet/sdk';

@Siplet()
export class Transfer {
  @Invite()
  async call(request: SipRequest) {
    await request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' });
  }

  @Subsequent('REFER')
  async transfer(request: SipRequest) {
    const target = request.headers.address('Refer-To');
    if (target === undefined) return request.createResponse(400).send();
    request.createResponse(202).send();
    const notify = (fragment: string, state: string) => {
      const sent = request.session.createRequest('NOTIFY');
      sent.headers.set('Event', 'refer');
      sent.headers.set('Subscription-State', state);
      sent.setBody(fragment, 'message/sipfrag');
      return sent.send();
    };
    await notify('SIP/2.0 100 Trying', 'active;expires=60');
    try {
      await request.b2bua().bridge({ to: target });
      await notify('SIP/2.0 200 OK', 'terminated;reason=noresource');
    } catch {
      await notify('SIP/2.0 503 Service Unavailable', 'terminated;reason=noresource');
    }
  }
}
