// Applications whose handlers note what happens to their sessions and when, and what Alice does with them.
import type { RequestOptions } from '../world/compose.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { Applications, SipletOptions } from '../world/siplet.js';
import { type Stage, stage } from '../world/stage.js';
import type { World } from '../world/world.js';

/** What the applications note; emptied for every stage. */
export const notes: string[] = [];

/** Time that a handler waits for. */
export let after: Stage['after'];

export async function noting(applications: Applications, options: SipletOptions = {}): Promise<Stage> {
  notes.length = 0;
  const on = await stage(applications, options);
  after = on.after;
  return on;
}

/** Notes it with the time since the stage was made, in seconds. */
export function noted(world: World, what: string): void {
  notes.push(`${Math.round(world.clock.now() / 100) / 10} ${what}`);
}

/** Alice's MESSAGE to the container: the status that it is answered with, and the body. */
export async function message(s: Stage, user: string, options: RequestOptions = {}): Promise<string> {
  const uri = user.startsWith('sip:') ? user : `sip:${user}@example.com`;
  const response = await s.request('MESSAGE', options, uri).response('final');
  return response.body === '' ? String(response.status) : `${response.status} ${response.body}`;
}

/** Bob answers the BYE. */
export async function hangUp(s: Stage, call: ClientRequest): Promise<void> {
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
}
