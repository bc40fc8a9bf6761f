// Turns calls away before any other application has them: from callers that nobody wants, or that the callee does not
// want.
import { Config, Invite, Logger, Metrics, Siplet, type SipRequest, SipUri, type Uri } from '@siplet/sdk';
import { type Lists, type Settings, schema } from './settings.js';

@Siplet({ name: 'call-screen', config: schema })
export class CallScreen {
  constructor(
    @Config() private readonly settings: Settings,
    private readonly log: Logger,
    private readonly metrics: Metrics,
  ) {}

  @Invite()
  screen(request: SipRequest) {
    const status = this.#refusalOf(request);
    // Unsupervised: the next application has the call, and this one sees nothing more of it.
    if (status === undefined) return request.forward();
    this.log.info('%s: %s must not call %s (%d)', request.callId, request.from.uri, request.uri, status);
    this.metrics.counter('refused_calls_total', 'Calls that were turned away').increment({ status });
    request.createResponse(status).send();
  }

  /** Not wanted here (§21.4.4), or not by the callee (§21.6.2). An emergency call is never turned away. */
  #refusalOf(request: SipRequest): 403 | 603 | undefined {
    if (this.settings.numbers.isEmergency(request.uri)) return undefined;
    const uris = [request.from.uri];
    // What a trusted network says of the caller (RFC 3325).
    if (this.settings.asserted) uris.push(...request.headers.addresses('P-Asserted-Identity').map(({ uri }) => uri));
    const callers = uris.flatMap((uri) => this.#namesOf(uri));
    if (isBlocked(callers, this.settings)) return 403;
    const lists = this.settings.callees.get(this.settings.numbers.canonical(request.uri));
    return lists !== undefined && isBlocked(callers, lists) ? 603 : undefined;
  }

  /** The names that a list may have for a caller: 'mallory' and 'mallory@example.com', numbers in E.164. */
  #namesOf(uri: Uri): string[] {
    const user = this.settings.numbers.canonical(uri);
    // A domain is the same with the dot of its root.
    return uri instanceof SipUri ? [user, `${user}@${uri.host.replace(/\.$/, '')}`] : [user];
  }
}

function isBlocked(callers: readonly string[], { block, allow }: Lists): boolean {
  return block.hasAny(callers) && !allow.hasAny(callers);
}
