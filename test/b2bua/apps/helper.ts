// Both legs by hand.
import { Bye, Cancel, Info, Invite, Siplet, type SipRequest } from '@siplet/sdk';

@Siplet()
export class ByHand {
  @Invite()
  async call(request: SipRequest) {
    const b2bua = request.b2bua();
    const answer = await b2bua.createRequest({ to: 'sip:bob@10.0.0.2' }).send({
      onProvisional: ({ status }) => b2bua.createResponseToOriginal(request.session, status).send(),
    });
    const response = b2bua.createResponseToOriginal(request.session, answer.status, answer.reason);
    if (answer.contentType) response.setBody(answer.body, answer.contentType);
    response.send();
    if (answer.status < 300) await answer.createAck().send();
  }

  @Cancel()
  async giveUp(cancel: SipRequest) {
    await cancel.b2bua().linkedSession(cancel.session)?.terminate();
  }

  @Info()
  async relay(request: SipRequest) {
    const b2bua = request.b2bua();
    const other = b2bua.linkedSession(request.session);
    if (other === undefined) return;
    const answer = await b2bua.createRequest(other, request).send();
    b2bua.linkedRequest(answer)?.createResponse(answer.status).send();
  }

  @Bye()
  async hangUp(request: SipRequest) {
    request.createResponse(200).send();
    await request.b2bua().linkedSession(request.session)?.terminate();
  }
}
