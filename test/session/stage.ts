// The stage of the sessions: a container with applications given as classes, a caller, a callee, and a note of what was called and when.
import { expect } from 'vitest';
import type { Phone } from '../world/phone.js';
import { type Applications, Siplet, type SipletOptions } from '../world/siplet.js';
import { World } from '../world/world.js';

/** What the applications note; emptied for every stage. */
export const notes: string[] = [];

export const BOB = 'sip:bob@10.0.0.2';

export interface Stage {
  readonly world: World;
  readonly container: Siplet;
  readonly alice: Phone;
  readonly bob: Phone;
  /** Alice's INVITE by way of the container, answered by Bob and acknowledged. */
  call(options?: Parameters<Phone['invite']>[1]): Promise<ReturnType<Phone['invite']>>;
  /** Bob answers the BYE. */
  hangUp(call: ReturnType<Phone['invite']>): Promise<void>;
  /** Alice's MESSAGE to the container: the status that it is answered with, and the body. */
  message(user: string, options?: Parameters<Phone['request']>[2]): Promise<string>;
  /** Time that a handler waits for. */
  after(ms: number): Promise<void>;
  /** Nothing more is to come, nothing is left in any table, and nothing went wrong but what `problems` tells of. */
  ends(problems?: number): Promise<void>;
}

/** What handlers wait for that is no message. */
export let after: (ms: number) => Promise<void>;

export async function stage(applications: Applications, options: SipletOptions = {}): Promise<Stage> {
  const world = new World();
  notes.length = 0;
  after = (ms) => new Promise((resolve) => void world.clock.after(ms, resolve));
  const alice = world.phone('alice', '10.0.0.1');
  const bob = world.phone('bob', '10.0.0.2');
  const container = await Siplet.start(world, applications, options);
  return {
    world,
    container,
    alice,
    bob,
    async call(callOptions = {}) {
      const call = alice.invite('sip:bob@example.com', { via: 'siplet', ...callOptions });
      const invite = await bob.receive('INVITE');
      invite.reply(200);
      await call.response(200);
      call.ack();
      await invite.ack();
      return call;
    },
    async hangUp(call) {
      const bye = call.bye();
      (await bob.receive('BYE')).reply(200);
      await bye.response(200);
    },
    async message(user, messageOptions = {}) {
      const uri = user.startsWith('sip:') ? user : `sip:${user}@example.com`;
      const response = await alice.request('MESSAGE', uri, { via: 'siplet', ...messageOptions }).response('final');
      return response.body === '' ? String(response.status) : `${response.status} ${response.body}`;
    },
    after,
    async ends(problems = 0) {
      await world.runUntilIdle();
      expect(Object.entries(container.alive).filter(([, count]) => count !== 0)).toEqual([]);
      expect(container.problems()).toHaveLength(problems);
    },
  };
}

/** Notes it with the time since the stage was made, in seconds. */
export function noted(world: World, what: string): void {
  notes.push(`${Math.round(world.clock.now() / 100) / 10} ${what}`);
}
