// The headers that a carrier is shown: the caller, unless the caller wants privacy (RFC 3323, RFC 3325); and those that
// the caller is shown.
import { Address, type DialPlan, type HeaderValues, type SipHeaders, type SipRequest, SipUri } from '@siplet/sdk';
import { type Carrier, SYSTEM } from './settings.js';

/** RFC 3323 §4.1.1.3. */
const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';

/** Headers that say who calls: a carrier gets those that are made here, or none. */
const IDENTITY = ['P-Asserted-Identity', 'P-Preferred-Identity', 'Remote-Party-ID'];

/**
 * Headers that do not say who calls. A caller who wants privacy shows no others, not even unknown ones (RFC 3323 §4.1).
 */
const HARMLESS = new Set([
  ...[
    'accept',
    'accept-encoding',
    'accept-language',
    'allow',
    'allow-events',
    'answer-mode',
    'date',
    'event',
    'expires',
  ],
  ...['content-disposition', 'content-encoding', 'content-language', 'content-type', 'mime-version', 'info-package'],
  ...['max-breadth', 'min-expires', 'min-se', 'p-early-media', 'priority', 'priv-answer-mode', 'proxy-require', 'rack'],
  ...[
    'reason',
    'recv-info',
    'refer-sub',
    'refer-to',
    'replaces',
    'request-disposition',
    'require',
    'retry-after',
    'rseq',
  ],
  ...[
    'resource-priority',
    'session-expires',
    'subscription-state',
    'supported',
    'target-dialog',
    'timestamp',
    'unsupported',
  ],
]);

/** Headers that say which carrier has the call, or what it is made of. */
const CARRIERS = [
  ...[
    'Server',
    'User-Agent',
    'Warning',
    'Organization',
    'Error-Info',
    'Call-Info',
    'Reply-To',
    'History-Info',
    'Diversion',
  ],
  ...[
    'P-Asserted-Identity',
    'P-Preferred-Identity',
    'Remote-Party-ID',
    'P-Charging-Vector',
    'P-Charging-Function-Addresses',
  ],
];

/** Headers of a refusal that tell the caller what it may do about it. */
const OF_REFUSALS = ['Reason', 'Retry-After', 'Accept', 'Accept-Encoding', 'Accept-Language', 'Allow', 'Unsupported'];

/** From, and the headers that differ from the caller's, for one carrier. */
export function shownTo(
  carrier: Carrier,
  request: SipRequest,
  plan: DialPlan,
): { from: Address; headers: HeaderValues } {
  const headers: Record<string, string | undefined> = {};
  for (const name of [...IDENTITY, ...carrier.headers.remove]) headers[name] = undefined;
  Object.assign(headers, carrier.headers.set);
  const caller = callerAt(carrier, request, plan);
  if (carrier.trusted) headers['P-Asserted-Identity'] = `<${caller}>`;
  const displayName = carrier.callerId === undefined ? request.from.displayName : undefined;
  if (!wantsPrivacy(request)) return { from: new Address({ uri: caller, displayName }), headers };
  if (carrier.trusted && caller.user?.toLowerCase() === 'anonymous') headers['P-Asserted-Identity'] = undefined;
  if (!carrier.trusted) for (const name of telling(request.headers)) headers[name] ??= undefined;
  return { from: Address.parse(ANONYMOUS), headers };
}

/** What the caller sends in the call, when the carrier has it: it says no more than the first INVITE. */
export function hideCaller(headers: SipHeaders, carrier: Carrier, isPrivate: boolean): void {
  const names = isPrivate && !carrier.trusted ? telling(headers) : [];
  for (const name of [...IDENTITY, ...carrier.headers.remove, ...names]) headers.delete(name);
}

/** What a carrier sends in the call. */
export function hideCarrier(headers: SipHeaders): void {
  for (const name of CARRIERS) headers.delete(name);
}

/** What the caller is told of a carrier's refusal beside its status. */
export function copyRefusal(from: SipHeaders, to: SipHeaders): void {
  for (const name of OF_REFUSALS) if (from.has(name)) to.set(name, from.getAll(name));
}

function telling(headers: SipHeaders): string[] {
  return [...headers.names()].filter((name) => !SYSTEM.test(name) && !HARMLESS.has(name.toLowerCase()));
}

/** The caller as a user of the carrier's: our hosts do not concern it. */
function callerAt({ uri, callerId }: Carrier, request: SipRequest, plan: DialPlan): SipUri {
  const user = callerId ?? plan.resolve(request.from.uri).user;
  return new SipUri({ user: user || 'unknown', host: uri.host });
}

/** RFC 3323 §4.2: Privacy asks for it, or From says nothing already. */
export function wantsPrivacy(request: Pick<SipRequest, 'headers' | 'from'>): boolean {
  const asked = request.headers.getAll('Privacy').flatMap((value) =>
    value
      .trim()
      .toLowerCase()
      .split(/\s*[;,]\s*/),
  );
  if (asked.some((value) => ['id', 'user', 'header', 'history'].includes(value))) return true;
  const { uri } = request.from;
  return (
    uri instanceof SipUri && (uri.host.toLowerCase() === 'anonymous.invalid' || uri.user?.toLowerCase() === 'anonymous')
  );
}
