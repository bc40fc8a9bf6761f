// The branch parameter of a stateless siplet (§16.11): a function of what retransmissions share, of the host's key, and
// of nothing else.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { parse, type Request } from '../../container/message/index.js';
import { StatelessProxy } from '../../container/proxy/stateless.js';
import type { Flow } from '../../container/transport/flow.js';
import { statuses } from '../world/arrivals.js';
import { BOTH, SIPLET } from '../world/stage.js';
import { TextMessage } from '../world/text-message.js';
import { World } from '../world/world.js';
import { branches, OWN_BRANCH, old, switched, toBob } from './switch.js';

/** The branch that a message leaves with. */
async function branchOf(message: TextMessage, name = 'siplet'): Promise<string> {
  const s = await switched(toBob(), { name, world: new World({ seed: name.length }) });
  s.alice.send(message, SIPLET);
  await s.world.deliver();
  return present(branches(s.bob)[0]);
}

describe('SLP-05 a branch with the cookie', () => {
  test('SLP-05 §16.11 the same after a restart and in every worker with the key', async () => {
    const message = old('INVITE', { branch: 'z9hG4bKcafe' });
    const first = await branchOf(message, 'one');
    expect(first).toMatch(OWN_BRANCH);
    expect(await branchOf(message, 'another')).toBe(first);
  });

  test('SLP-05 only the branch and the sent-by count: what a retransmission may differ in does not', async () => {
    const message = old('INVITE', { branch: 'z9hG4bKcafe' });
    const first = await branchOf(message);
    expect(await branchOf(old('ACK', { branch: 'z9hG4bKcafe', toTag: 'x' }))).toBe(first);
    expect(await branchOf(old('CANCEL', { branch: 'z9hG4bKcafe' }))).toBe(first);
    expect(await branchOf(TextMessage.read(`${message}`).set('Date', 'Thu, 01 Jan 2026 00:00:00 GMT'))).toBe(first);
    expect(await branchOf(old('INVITE', { branch: 'z9hG4bKcaff' }))).not.toBe(first);
    // Two clients may draw the same branch: the sent-by parts them (§17.2.3).
    const other = TextMessage.read(`${message}`.replace('10.0.0.1:5060;', '10.0.0.1:5070;'));
    expect(await branchOf(other)).not.toBe(first);
  });
});

describe('SLP-06 a branch without the cookie', () => {
  test.each([undefined, '1', 'z9hG4bK'])(
    'SLP-06 §16.11 CANCEL and ACK leave with the branch of their INVITE (branch=%s)',
    async (branch) => {
      const s = await switched(toBob());
      s.bob.strict = false;
      const parts = branch === undefined ? {} : { branch };
      s.alice.send(old('INVITE', parts), SIPLET);
      const invite = await s.bob.receive('INVITE');
      s.alice.send(old('CANCEL', parts), SIPLET);
      (await s.bob.receive('CANCEL')).reply(200);
      invite.reply(487);
      s.alice.send(old('ACK', { ...parts, toTag: present(present(invite.replies[0]).toTag) }), SIPLET);
      await invite.ack();
      expect(new Set(branches(s.bob)).size).toBe(1);
      expect(branches(s.bob)[0]).toMatch(OWN_BRANCH);
      expect(statuses(s.alice)).toEqual([200, 487]);
    },
  );

  test('SLP-06 SLP-07 another CSeq number, Call-ID, From tag or Via is another branch', async () => {
    const invite = old('INVITE').toString();
    const all = [
      invite,
      invite.replace('1 INVITE', '2 INVITE'),
      invite.replace('old@alice', 'older@alice'),
      invite.replace('tag=old', 'tag=older'),
      invite.replace('UDP 10.0.0.1:5060', 'UDP 10.0.0.1:5060;branch=7'),
    ];
    const found = new Set<string>();
    for (const wire of all) found.add(await branchOf(TextMessage.read(wire)));
    expect(found.size).toBe(all.length);
  });
});

test.each(BOTH)('SLP-07 §16.11 two transactions leave with two branches over %s', async (transport) => {
  const s = await switched(toBob(transport), { transport });
  for (let i = 0; i < 20; i++) s.request('MESSAGE');
  await s.world.deliver();
  expect(new Set(branches(s.bob)).size).toBe(20);
});

test('SLP-07 100,000 transactions leave with 100,000 branches, RFC 2543 ones too', () => {
  const found = new Set<string>();
  const count = 100_000;
  const proxy = new StatelessProxy({
    transactions: { sendStateless: (_request: Request, _hop: unknown, branch: string) => void found.add(branch) },
    own: { isOwn: () => false },
    key: [0x51b1e7, 0x5eed],
    maxForwards: 70,
    locate: () => [{ transport: 'UDP', address: '10.0.0.2', port: 5060, host: '10.0.0.2' }],
    flowForResponse: () => undefined,
    problem() {},
    isStopping: () => false,
  } as never);
  const flow = { transport: 'UDP', sentBy: '10.0.0.9:5060', localPort: 5060 } as Flow;
  const modern = old('MESSAGE', { branch: 'z9hG4bK-#' }).toString();
  const ancient = old('MESSAGE').toString();
  for (let i = 0; i < count; i++) {
    const wire = i % 2 === 0 ? modern.replace('#', String(i)) : ancient.replace('old@alice', `${i}@alice`);
    proxy.request(parse(wire, 'datagram') as Request, flow, () => 'sip:bob@10.0.0.2');
  }
  expect(found.size).toBe(count);
});
