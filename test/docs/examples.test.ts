// The applications that README.md and sdk/README.md show do what the pages say.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { type ApplicationClass, type StageOptions, stage } from '../world/stage.js';
import { Hunt } from './apps/hunt.js';
import { Lines } from './apps/lines.js';
import { ReachMe } from './apps/reach-me.js';

const PHONES = { alice: '10.0.0.1', desk: '10.0.0.4', mobile: '10.0.0.9', vm: '10.0.0.20' };

const on = (application: ApplicationClass, options: Omit<StageOptions<keyof typeof PHONES>, 'phones'> = {}) =>
  stage(application, { ...options, addresses: ['10.0.0.50'], phones: PHONES });

test('the first application rings two phones in turn, then voicemail', async () => {
  const { desk, mobile, vm, call, ends } = await on(ReachMe);
  const sent = call();
  (await desk.receive('INVITE')).reply(486);
  (await mobile.receive('INVITE')).reply(480);
  const invite = await vm.receive('INVITE');
  invite.reply(200);
  await sent.response(200);
  sent.ack();
  await invite.ack();
  const bye = sent.bye();
  (await vm.receive('BYE')).reply(200);
  await bye.response(200);
  await ends();
});

test('the first application leaves a call that was declined', async () => {
  const { desk, call, ends } = await on(ReachMe);
  const sent = call();
  (await desk.receive('INVITE')).reply(603);
  await sent.response(603);
  await ends();
});

test('the section of the configuration is the output of the siplet’s schema', async () => {
  const configuration = '{ apps: { agent: { phones: [sip:desk@10.0.0.4] } }, log: { level: info } }';
  const { world, container, desk, call, ends } = await on(Hunt, { configuration });
  desk.autoTrying = desk.answerCancel = true;
  const sent = call();
  await desk.receive('INVITE');
  await sent.response(408);
  expect(world.clock.now()).toBeGreaterThan(20_000);
  expect(world.clock.now()).toBeLessThan(23_000);
  expect(container.log.at(-1)).toMatchObject({ msg: 'a call from sip:alice@10.0.0.1', phones: ['sip:desk@10.0.0.4'] });
  await ends();
});

test('`when` sends calls to telephone numbers to a handler of their own', async () => {
  const configuration = '{ apps: { agent: { phones: [sip:desk@10.0.0.4] } } }';
  const { mobile, call, ends } = await on(Hunt, { configuration });
  const sent = call({ headers: { Route: ['<sip:10.0.0.50;lr>', '<sip:10.0.0.9;lr>'] } }, 'tel:+4930123456');
  const invite = await mobile.receive('INVITE');
  expect(invite.message.uri).toBe('tel:+4930123456');
  invite.reply(486);
  await sent.response(486);
  await ends();
});

test('the calls to one address share an application session, which `findByKey` finds', async () => {
  const { container, desk, call, ends } = await on(Lines);
  const lines = present(container.active[0]?.siplets[0]).instance as Lines;
  for (let i = 0; i < 2; i++) {
    const sent = call();
    const invite = await desk.receive('INVITE');
    invite.reply(200);
    await sent.response(200);
    sent.ack();
    await invite.ack();
  }
  await lines.close('sip:nobody@example.com');
  const closed = lines.close('sip:bob@example.com');
  for (let i = 0; i < 2; i++) (await desk.receive('BYE')).reply(200);
  await ends();
  await closed;
});
