// apps/reach-me between SIPp and SIPp: three processes, real sockets. SIPLET_PEERS_CALLS and SIPLET_PEERS_RATE set the
// load.
import { expect, onTestFinished, test } from 'vitest';
import { runSiplet } from './siplet.js';
import { callee, caller, freePorts } from './sipp.js';

const CALLS = Number(process.env.SIPLET_PEERS_CALLS ?? 8_000);
const RATE = Number(process.env.SIPLET_PEERS_RATE ?? 300);

test('reach-me: calls answered, acknowledged, hung up', async () => {
  const [phone, alice] = (await freePorts(2)) as [number, number];
  const load = { calls: CALLS, rate: RATE };
  const siplet = await runSiplet(
    'apps',
    `deploy: { typeCheck: off }\nrouter: { INVITE: [reach-me] }\napps: { reach-me: { targets: { bob: 'sip:bob@127.0.0.1:${phone}' }, voicemail: false } }`,
  );
  onTestFinished(async () => void (await siplet.stop()));
  const bob = callee('uas', phone, load);
  onTestFinished(bob.stop);
  const calls = caller('uac', alice, siplet.port, load);
  onTestFinished(calls.stop);
  expect(await calls.outcome).toEqual({ successful: CALLS, failed: 0, retransmissions: 0, errors: '' });
  expect(await bob.outcome).toMatchObject({ successful: CALLS, failed: 0, retransmissions: 0 });
  expect(siplet.complaints).toEqual([]);
  expect(await siplet.stop()).toBe(0);
});

test('C-16 reach-me: the first target is busy, voicemail is added by the best-response handler', async () => {
  const calls = Math.ceil(CALLS / 4);
  const [phone, mailbox, alice] = (await freePorts(3)) as [number, number, number];
  const load = { calls, rate: RATE };
  const siplet = await runSiplet(
    'apps',
    `deploy: { typeCheck: off }\nrouter: { INVITE: [reach-me] }\napps: { reach-me: { targets: { '*': 'sip:127.0.0.1:${phone}' }, voicemail: 'sip:127.0.0.1:${mailbox}' } }`,
  );
  onTestFinished(async () => void (await siplet.stop()));
  const busy = callee('busy', phone, load);
  onTestFinished(busy.stop);
  const voicemail = callee('uas', mailbox, load);
  onTestFinished(voicemail.stop);
  const made = caller('uac', alice, siplet.port, load);
  onTestFinished(made.stop);
  expect(await made.outcome).toMatchObject({ successful: calls, failed: 0 });
  expect(await busy.outcome).toMatchObject({ successful: calls, failed: 0 });
  expect(await voicemail.outcome).toMatchObject({ successful: calls, failed: 0 });
  expect(siplet.complaints).toEqual([]);
});
