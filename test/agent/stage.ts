// The stage of user agents: an application that answers or calls, and phones around it.
import { expect } from 'vitest';
import type { Phone } from '../world/phone.js';
import { Siplet, type SipletOptions } from '../world/siplet.js';
import { World } from '../world/world.js';

export interface Stage {
  readonly world: World;
  readonly container: Siplet;
  readonly alice: Phone;
  readonly bob: Phone;
  readonly carol: Phone;
  /** Nothing is under way, nothing is left in any table, and these are the problems that were logged. */
  ends(problems?: readonly string[]): Promise<void>;
}

export async function stage(application: Function, options: SipletOptions = {}, seed = 1): Promise<Stage> {
  const world = new World({ seed });
  const alice = world.phone('alice', '10.0.0.1');
  const container = await Siplet.start(world, { agent: { application } }, options);
  return {
    world,
    container,
    alice,
    bob: world.phone('bob', '10.0.0.2'),
    carol: world.phone('carol', '10.0.0.3'),
    async ends(problems = []) {
      await world.runUntilIdle();
      expect(Object.entries(container.alive).filter(([, count]) => count !== 0)).toEqual([]);
      expect(container.problems()).toEqual(problems);
    },
  };
}
