// The stage of the flows: Alice, the container with one application, and the phones where Bob can be found.
import { expect, vi } from 'vitest';
import type { Phone } from '../world/phone.js';
import { Siplet, type SipletOptions } from '../world/siplet.js';
import { World } from '../world/world.js';
import { directory } from './apps/bob.js';

export interface Stage {
  readonly world: World;
  readonly container: Siplet;
  readonly alice: Phone;
  readonly desk: Phone;
  readonly mobile: Phone;
  readonly assistant: Phone;
  readonly voicemail: Phone;
  /** Alice's INVITE to sip:bob@example.com by way of the container. */
  call(options?: Parameters<Phone['invite']>[1]): ReturnType<Phone['invite']>;
  /** The look-up of the applications gives `found` after `ms`. */
  finds(found: string | undefined, ms: number): void;
  /** Nothing more is to come, nothing is left in any table, and nothing went wrong but what `problems` tells of. */
  ends(problems?: number): Promise<void>;
}

export async function stage(application: Function, options: SipletOptions = {}): Promise<Stage> {
  const world = new World();
  const alice = world.phone('alice', '10.0.0.1');
  const container = await Siplet.start(world, { flow: { application } }, options);
  return {
    world,
    container,
    alice,
    desk: world.phone('desk', '10.0.0.2'),
    mobile: world.phone('mobile', '10.0.0.3'),
    assistant: world.phone('assistant', '10.0.0.4'),
    voicemail: world.phone('voicemail', '10.0.0.5'),
    call: (callOptions = {}) => alice.invite('sip:bob@example.com', { via: 'siplet', ...callOptions }),
    finds(found, ms) {
      const answer = () => new Promise<string | undefined>((resolve) => world.clock.after(ms, () => resolve(found)));
      vi.spyOn(directory, 'find').mockImplementation(answer);
    },
    async ends(problems = 0) {
      await world.runUntilIdle();
      expect(Object.entries(container.alive).filter(([, count]) => count !== 0)).toEqual([]);
      expect(container.problems()).toHaveLength(problems);
    },
  };
}
