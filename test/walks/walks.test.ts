// The walks that container/README.md shows are those of the running engine. SIPLET_WRITE=1 writes them again.
import { readFileSync, writeFileSync } from 'node:fs';
import { BestResponse, Invite, ProvisionalResponse, Siplet, type SipRequest, SuccessResponse } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { type Applications, Siplet as Container } from '../world/siplet.js';
import { World } from '../world/world.js';
import { walkOfDeployment } from './deployment-walk.js';
import { crossingsOf, follow, type Hop, textOf } from './walk.js';

@Siplet({ name: 'proxying' })
class Proxying {
  @Invite()
  ring(request: SipRequest): void {
    request.proxy({ recordRoute: true }).proxyTo('sip:bob@10.0.0.2');
  }

  @ProvisionalResponse()
  rings(): void {}

  @SuccessResponse()
  answered(): void {}

  @BestResponse()
  failed(): void {}
}

@Siplet({ name: 'bridging' })
class Bridging {
  @Invite()
  async call(request: SipRequest): Promise<void> {
    await request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' });
  }
}

const SDP = 'v=0\r\no=alice 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n';
const isInvite = (wire: string): boolean => wire.startsWith('INVITE ');
const isSuccess = (wire: string): boolean => wire.startsWith('SIP/2.0 200') && / INVITE\r\n/.test(wire);

async function stage(applications: Applications) {
  const world = new World();
  const alice = world.phone('alice', '10.0.0.1');
  const bob = world.phone('bob', '10.0.0.2');
  const { engine } = await Container.start(world, applications);
  return { alice, bob, engine };
}

async function walksOfProxy(): Promise<{ invite: Hop[]; success: Hop[] }> {
  const { alice, bob, engine } = await stage({ proxying: { Proxying } });
  const invite = follow(engine, isInvite);
  const call = alice.invite('sip:bob@siplet');
  const received = await bob.receive('INVITE');
  const success = follow(engine, isSuccess);
  received.reply(200);
  await call.response(200);
  call.ack();
  return { invite: invite.walk, success: success.walk };
}

async function walkOfCancel(): Promise<Hop[]> {
  const { alice, bob, engine } = await stage({ proxying: { Proxying } });
  const call = alice.invite('sip:bob@siplet');
  (await bob.receive('INVITE')).reply(180);
  await call.response(180);
  const cancel = follow(engine, (wire) => wire.startsWith('CANCEL '));
  call.cancel();
  await bob.receive('CANCEL');
  return cancel.walk;
}

async function walksOfBridge(): Promise<{ invite: Hop[]; success: Hop[] }> {
  const { alice, bob, engine } = await stage({ bridging: { Bridging } });
  const call = alice.invite('sip:bob@siplet', { body: SDP });
  const received = await bob.receive('INVITE');
  received.reply(200, { body: SDP });
  await call.response(200);
  call.ack();
  await received.ack();
  const invite = follow(engine, isInvite);
  const again = call.dialog.request('INVITE', { body: SDP.replace('alice 1 1', 'alice 1 2') });
  const other = await bob.receive('INVITE');
  const success = follow(engine, isSuccess);
  other.reply(200, { body: SDP });
  await again.response(200);
  return { invite: invite.walk, success: success.walk };
}

interface Told {
  readonly title: string;
  readonly walk: () => Promise<readonly Hop[]>;
  /** How often it may leave one folder for another. */
  readonly crossings: number;
}

const WALKS: readonly Told[] = [
  {
    title: 'An INVITE that an application proxies, until it leaves for the callee',
    walk: async () => (await walksOfProxy()).invite,
    crossings: 7,
  },
  {
    title: 'The 200 of the callee, until it leaves for the caller',
    walk: async () => (await walksOfProxy()).success,
    crossings: 8,
  },
  { title: 'A CANCEL of the caller, until ours leaves for the callee', walk: walkOfCancel, crossings: 5 },
  {
    title: 'A re-INVITE of a bridged call, until it leaves on the other leg',
    walk: async () => (await walksOfBridge()).invite,
    crossings: 8,
  },
  {
    title: 'Its 200, until it leaves on the first leg',
    walk: async () => (await walksOfBridge()).success,
    crossings: 10,
  },
  { title: 'A deployment, until the class of the author is made', walk: walkOfDeployment, crossings: 0 },
];

const README = new URL('../../container/README.md', import.meta.url);
const PLACE = /(<!-- walks:[^>]*-->\n)[\s\S]*?(<!-- \/walks -->)/;

describe('the walks in container/README.md', () => {
  test('are those of the running engine', async () => {
    const parts: string[] = [];
    for (const { title, walk } of WALKS) parts.push(`${title}:\n\n\`\`\`\n${textOf(await walk())}\n\`\`\`\n`);
    const text = parts.join('\n');
    const readme = readFileSync(README, 'utf8');
    expect(readme).toMatch(PLACE);
    const fresh = readme.replace(PLACE, (_all, before, after) => `${before}\n${text}\n${after}`);
    if (process.env.SIPLET_WRITE) writeFileSync(README, fresh);
    else expect(readme).toBe(fresh);
  });

  test.each(WALKS)('$title: it changes folders at most $crossings times', async ({ walk, crossings }) => {
    const hops = await walk();
    expect(hops.length).toBeGreaterThan(4);
    expect(crossingsOf(hops)).toBeLessThanOrEqual(crossings);
  });
});
