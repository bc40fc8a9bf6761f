// The headers that a carrier is shown: the caller, unless the caller wants privacy (RFC 3323, RFC 3325).
import { Address, type DialPlan, type HeaderValues, type SipRequest, SipUri } from '@siplet/sdk';
import type { Carrier } from './settings.js';

/** RFC 3323 §4.1.1.3. */
const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';

/** Headers that say who calls: a carrier gets those that are made here, or none. */
const IDENTITY = ['P-Asserted-Identity', 'P-Preferred-Identity', 'Remote-Party-ID'];

/** Headers that may say who calls, and that a caller who wants privacy does not show (RFC 3323 §4.1). */
const TELLING = [
  ...['Reply-To', 'Referred-By', 'History-Info', 'Diversion', 'Call-Info', 'Organization', 'Subject', 'User-Agent'],
  ...['Geolocation', 'Identity', 'P-Charging-Vector'],
];

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
  if (!carrier.trusted) for (const name of ['Privacy', ...TELLING]) headers[name] ??= undefined;
  return { from: Address.parse(ANONYMOUS), headers };
}

/** The caller as a user of the carrier's: our hosts do not concern it. */
function callerAt({ uri, callerId }: Carrier, request: SipRequest, plan: DialPlan): SipUri {
  const user = callerId ?? plan.resolve(request.from.uri).user;
  return new SipUri({ user: user || 'unknown', host: uri.host });
}

/** RFC 3323 §4.2: Privacy asks for it, or From says nothing already. */
function wantsPrivacy(request: Pick<SipRequest, 'headers' | 'from'>): boolean {
  const asked = request.headers.getAll('Privacy').flatMap((value) => value.toLowerCase().split(/\s*;\s*/));
  if (asked.some((value) => ['id', 'user', 'header'].includes(value))) return true;
  const { uri } = request.from;
  return uri instanceof SipUri && (uri.host.toLowerCase() === 'anonymous.invalid' || uri.user === 'anonymous');
}
