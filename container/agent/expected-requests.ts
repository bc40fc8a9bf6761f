// Requests that handlers await in one dialog (`session.next`), in the order in which they asked.
import { SessionInvalidError } from '@siplet/sdk';
import type { SipRequest } from '../servlet/sip-request.js';
import { Awaited } from '../session/awaited.js';
import type { Turn } from '../session/mailbox.js';

interface Expected {
  /** The methods; when there are none, any method. */
  readonly methods: readonly string[];
  readonly awaited: Awaited<SipRequest>;
}

export class ExpectedRequests {
  #expected: Expected[] | undefined;

  /** The next request of one of these methods, or of any; `turn` is that of the handler that asks. */
  add(methods: readonly string[], turn: Turn | undefined): Awaited<SipRequest> {
    const awaited = Awaited.in<SipRequest>(turn);
    this.#expected ??= [];
    this.#expected.push({ methods, awaited });
    return awaited;
  }

  /** Takes out the first handler that awaits a request of this method. */
  take(method: string): Awaited<SipRequest> | undefined {
    const at = this.#expected?.findIndex(({ methods }) => methods.length === 0 || methods.includes(method)) ?? -1;
    return at < 0 ? undefined : this.#expected?.splice(at, 1)[0]?.awaited;
  }

  /** The dialog has ended: none will come. `label` names its session. */
  fail(label: string): void {
    const expected = this.#expected;
    this.#expected = undefined;
    for (const { methods, awaited } of expected ?? []) {
      const what = methods.length === 0 ? 'request' : methods.join(' or ');
      awaited.fail(new SessionInvalidError(`${label} has ended: no ${what} has come`));
    }
  }
}
