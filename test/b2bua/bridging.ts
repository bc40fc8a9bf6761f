// An application that does with each INVITE what the test tells it: bridges it, unless told.
import { Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { type ApplicationClass, type Stage, type StageOptions, stage } from '../world/stage.js';
import { checkLegs } from './legs.js';

type Task = (request: SipRequest) => unknown;
let task: Task;

@Siplet({ name: 'bridging' })
export class Bridging {
  @Invite()
  call(request: SipRequest): unknown {
    return task(request);
  }
}

export interface BridgingStage extends Stage {
  /** Every message of every leg is right, and both legs are strangers to each other; then as `ends`. */
  over(problems?: readonly string[]): Promise<void>;
}

/**
 * An application that does this with each INVITE; `application` is another class with more handlers, that does so too.
 */
export async function bridging(
  does: Task = (request) => request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' }),
  application: ApplicationClass = Bridging,
  options: StageOptions = {},
): Promise<BridgingStage> {
  task = does;
  const on = await stage(application, options);
  return {
    ...on,
    async over(problems = []) {
      await on.ends(problems);
      checkLegs([on.alice, on.bob, on.carol]);
    },
  };
}

/** What the applications of this file do from now on. */
export function tell(does: Task): void {
  task = does;
}

/** What an application with handlers of its own calls in its INVITE handler. */
export function doesAsTold(request: SipRequest): unknown {
  return task(request);
}
