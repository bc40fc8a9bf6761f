// RULES.md section 3, JSR 289 §6.2.1: the parties of a session, and a header value with its parameters.
import {
  Invite,
  type Parameterable,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
  Siplet as siplet,
} from '@siplet/sdk';
import { expect, test } from 'vitest';
import { established, stage } from '../world/stage.js';

test('of a proxied call the local party is that of From, the remote party that of To with the tag of the dialog', async () => {
  const parties: string[] = [];
  @siplet({ name: 'agent' })
  class Proxying {
    @Invite()
    ring(request: SipRequest) {
      const { localParty, remoteParty } = request.session;
      parties.push(String(localParty.uri), String(remoteParty.uri), String(remoteParty.parameters.has('tag')));
      request.proxyTo('sip:bob@10.0.0.2', { recordRoute: true });
    }
    @SuccessResponse('INVITE')
    answered({ session, to }: SipResponse) {
      parties.push(
        String(session.localParty.uri),
        String(session.remoteParty.parameters.get('tag') === to.parameters.get('tag')),
      );
    }
  }
  const s = await stage(Proxying);
  const { call } = await established(s);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
  expect(parties).toEqual(['sip:alice@10.0.0.1', 'sip:bob@example.com', 'false', 'sip:alice@10.0.0.1', 'true']);
});

test('headers.parameterable gives the first value with its parameters apart, undefined when there is none', async () => {
  let seen: (Parameterable | undefined)[] = [];
  @siplet({ name: 'agent' })
  class Reader {
    @Invite()
    ring(request: SipRequest) {
      seen = [request.headers.parameterable('Reason'), request.headers.parameterable('Accept-Language')];
      request.createResponse(486).send();
    }
  }
  const s = await stage(Reader);
  await s.call({ headers: { Reason: 'Q.850;cause=17;text="busy"' } }).response(486);
  await s.ends();
  expect(seen.map((value) => value && [value.value, ...value.parameters])).toEqual([
    ['Q.850', ['cause', '17'], ['text', 'busy']],
    undefined,
  ]);
});
