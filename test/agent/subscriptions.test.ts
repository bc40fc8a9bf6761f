// Dialogs that SUBSCRIBE, REFER and NOTIFY make (RFC 6665, RFC 3515).
import {
  Invite,
  Message,
  Notify,
  Refer,
  SipFactory,
  Siplet,
  type SipRequest,
  type SipResponse,
  type SipSession,
  Subscribe,
  Subsequent,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { stage } from '../world/stage.js';

const seen: string[] = [];

@Siplet({ name: 'presence' })
class Presence {
  @Subscribe()
  async subscribe(request: SipRequest) {
    const ok = request.createResponse(200);
    ok.headers.set('Expires', '60');
    ok.send();
    await this.notify(request.session, 'active;expires=60');
  }

  @Subsequent('SUBSCRIBE')
  async refresh(request: SipRequest) {
    const ok = request.createResponse(200);
    ok.headers.set('Expires', request.headers.get('Expires') ?? '60');
    ok.send();
    if (request.headers.get('Expires') === '0') await this.notify(request.session, 'terminated;reason=timeout');
  }

  private async notify(session: SipSession, state: string) {
    const notify = session.createRequest('NOTIFY');
    notify.headers.set('Event', 'presence');
    notify.headers.set('Subscription-State', state);
    const answer: SipResponse = await notify.send();
    seen.push(`${state} ${answer.status} ${session.state}`);
  }
}

test('RFC 6665 §4.2 an application is a notifier: SUBSCRIBE makes a dialog, its last NOTIFY ends it', async () => {
  seen.length = 0;
  const { alice, ends } = await stage(Presence);
  const subscribe = alice.request('SUBSCRIBE', 'sip:bob@siplet', { headers: { Event: 'presence', Expires: '60' } });
  const ok = await subscribe.response(200);
  expect(ok.header('Contact')).toBe('<sip:10.0.0.9:5060>');
  (await alice.receive('NOTIFY')).reply(200);
  const again = present(subscribe.dialog).request('SUBSCRIBE', { headers: { Event: 'presence', Expires: '0' } });
  await again.response(200);
  (await alice.receive('NOTIFY')).reply(200);
  await ends();
  expect(seen).toEqual(['active;expires=60 200 confirmed', 'terminated;reason=timeout 200 terminated']);
});

test('RFC 6665 §4.2.2 a subscription that nobody refreshes ends; a NOTIFY that gets 481 ends it at once', async () => {
  seen.length = 0;
  const { alice, ends } = await stage(Presence);
  alice.request('SUBSCRIBE', 'sip:bob@siplet', { headers: { Event: 'presence', Expires: '60' } });
  (await alice.receive('NOTIFY')).reply(200);
  await ends();
  alice.request('SUBSCRIBE', 'sip:bob@siplet', { headers: { Event: 'presence', Expires: '60' } });
  (await alice.receive('NOTIFY')).reply(481);
  await ends();
  expect(seen).toEqual(['active;expires=60 200 confirmed', 'active;expires=60 481 terminated']);
});

@Siplet({ name: 'watcher' })
class Watcher {
  constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

  @Message()
  async watch(request: SipRequest) {
    request.createResponse(200).send();
    const subscribe = this.factory.createRequest(
      request.applicationSession,
      'SUBSCRIBE',
      'sip:agent@siplet',
      'sip:bob@10.0.0.2',
    );
    subscribe.headers.set('Event', 'presence');
    subscribe.headers.set('Expires', '60');
    seen.push(`${(await subscribe.send()).status}`);
  }

  @Notify()
  notified(request: SipRequest) {
    seen.push(`NOTIFY ${request.headers.get('Subscription-State')} ${request.session.state}`);
    request.createResponse(200).send();
  }
}

test('RFC 6665 §4.1.2.4 a NOTIFY that overtakes the 200 makes the dialog; each notifier has its own', async () => {
  seen.length = 0;
  const { alice, bob, ends } = await stage(Watcher);
  alice.request('MESSAGE', 'sip:agent@siplet');
  const subscribe = await bob.receive('SUBSCRIBE');
  const notify = (tag: string, sequence: number, state: string) =>
    bob.request('NOTIFY', 'sip:10.0.0.9', {
      fromTag: '',
      from: `${subscribe.message.header('To')};tag=${tag}`,
      to: present(subscribe.message.header('From')),
      callId: subscribe.message.callId,
      sequence,
      headers: { Event: 'presence', 'Subscription-State': state, Contact: '<sip:bob@10.0.0.2>' },
    });
  await notify('one', 1, 'active').response(200);
  subscribe.reply(200, { toTag: 'one', headers: { Expires: '60' } });
  await notify('two', 1, 'pending').response(200);
  await notify('two', 2, 'terminated').response(200);
  await notify('two', 3, 'active').response(481);
  await notify('one', 2, 'terminated;reason=noresource').response(200);
  await ends();
  expect(seen).toEqual([
    'NOTIFY active confirmed',
    '200',
    'NOTIFY pending confirmed',
    'NOTIFY terminated confirmed',
    'NOTIFY terminated;reason=noresource confirmed',
  ]);
});

@Siplet({ name: 'referred' })
class Referred {
  @Invite()
  answer(request: SipRequest) {
    request.createResponse(200).send();
  }

  @Subsequent('INVITE')
  hold() {}

  @Refer()
  outside(request: SipRequest) {
    request.createResponse(603).send();
  }

  @Subsequent('REFER')
  async transfer(request: SipRequest) {
    request.createResponse(202).send();
    for (const [state, body] of [
      ['active;expires=60', 'SIP/2.0 100 Trying'],
      ['terminated;reason=noresource', 'SIP/2.0 200 OK'],
    ]) {
      const notify = request.session.createRequest('NOTIFY');
      notify.headers.set('Event', 'refer');
      notify.headers.set('Subscription-State', present(state));
      notify.setBody(present(body), 'message/sipfrag;version=2.0');
      seen.push(`${(await notify.send()).status} ${request.session.state}`);
    }
  }
}

test('RFC 5057 §4.2 a subscription by REFER outlives the BYE of the call in whose dialog it is', async () => {
  seen.length = 0;
  const { alice, ends } = await stage(Referred);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  call.ack();
  const refer = present(call.dialog).request('REFER', { headers: { 'Refer-To': '<sip:carol@10.0.0.3>' } });
  await refer.response(202);
  const trying = await alice.receive('NOTIFY');
  const again = present(call.dialog).request('INVITE');
  await call.bye().response(200);
  await again.response(487); // §15.1.2
  trying.reply(200);
  (await alice.receive('NOTIFY')).reply(200);
  await ends();
  expect(seen).toEqual(['200 confirmed', '200 terminated']);
});
