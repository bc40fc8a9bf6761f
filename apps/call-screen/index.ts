// Turns calls away before any other application has them: callers that nobody wants, and those
// that the callee does not want.
import { APP_CONFIG, Invite, LOGGER, type Logger, METRICS, type Metrics, Siplet, type SipRequest } from '@siplet/sdk';
import { inject } from 'inversify';
import { calleeOf, callersOf } from './callers.js';
import type { Names } from './patterns.js';
import { type Lists, Settings } from './settings.js';

/** The call is not wanted here (§21.4.4), or not by the one who is called (§21.6.2). */
type Refusal = 403 | 603;

@Siplet({ name: 'call-screen', supervised: false })
export class CallScreen {
  readonly #settings: Settings;

  constructor(
    @inject(APP_CONFIG) config: unknown,
    @inject(LOGGER) private readonly log: Logger,
    @inject(METRICS) private readonly metrics: Metrics,
  ) {
    this.#settings = new Settings(config);
  }

  @Invite()
  screen(request: SipRequest): void {
    const refusal = this.#refusalOf(request);
    if (refusal === undefined) {
      // Further responses and requests are none of our business: the next application has the call.
      request.proxy().proxyTo(request.uri);
      return;
    }
    this.log.info('%s: %s may not call %s (%d)', request.callId, request.from.uri, request.uri, refusal);
    this.metrics.counter('refused_calls_total', 'Calls that were turned away').increment({ status: refusal });
    request.createResponse(refusal).send();
  }

  #refusalOf(request: SipRequest): Refusal | undefined {
    const { asserted, everybody, callees } = this.#settings;
    const callers = callersOf(request, asserted);
    if (isBlocked(callers, everybody)) return 403;
    const callee = callees.get(calleeOf(request.uri) ?? '');
    return callee !== undefined && isBlocked(callers, callee) ? 603 : undefined;
  }
}

function isBlocked(callers: Names, { block, allow }: Lists): boolean {
  return block.has(callers) && !allow.has(callers);
}
