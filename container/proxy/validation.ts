// Request validation (§16.3) beyond the syntax, which the parser has checked: requests that are refused before any
// application sees them.
import { type Request, type Response, responseTo } from '../message/index.js';

/** Why a request is refused, and with which response. */
export interface Refusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** What applications may deal with (C-40). */
const SCHEMES = new Set(['sip', 'sips', 'tel']);

const SERVICE = /^urn:service:/i; // RFC 5031

/** Proxy extensions that we understand (§16.3 step 5): none changes how this proxy works. */
const PROXY_EXTENSIONS: ReadonlySet<string> = new Set<string>();

/** §16.3 step 2. */
function checkScheme(request: Request): Refusal | undefined {
  return SCHEMES.has(request.target.scheme) || SERVICE.test(request.uri) ? undefined : { status: 416 };
}

/**
 * §16.3 step 3. OPTIONS and REGISTER may still be answered here, by their final recipient; forwarding them throws.
 */
function checkMaxForwards(request: Request): Refusal | undefined {
  if (request.maxForwards !== 0 || request.method === 'OPTIONS' || request.method === 'REGISTER') return undefined;
  return { status: 483 };
}

/** §16.3 step 5; never for CANCEL and ACK (§16.3 step 5, §8.2.2.3). */
function checkProxyRequire(request: Request): Refusal | undefined {
  if (!request.has('proxy-require')) return undefined;
  const unsupported = request.values('proxy-require').filter((tag) => !PROXY_EXTENSIONS.has(tag.toLowerCase()));
  return unsupported.length === 0 ? undefined : { status: 420, headers: [['Unsupported', unsupported.join(', ')]] };
}

const VALIDATION = [checkScheme /* 2 */, checkMaxForwards /* 3 */, checkProxyRequire /* 5 */];

/** The first fault of a request that is not CANCEL or ACK, or undefined. */
export function validate(request: Request): Refusal | undefined {
  for (const check of VALIDATION) {
    const refusal = check(request);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/**
 * The response that a refusal asks for; without a To tag where the transaction layer derives one from the request
 * (§8.2.7).
 */
export function refusalOf(request: Request, refusal: Refusal, toTag: string | undefined): Response {
  const response = responseTo(request, refusal.status, refusal.reason, toTag);
  for (const [name, value] of refusal.headers ?? []) response.append(name, value);
  return response;
}
