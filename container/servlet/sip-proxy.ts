// The proxy of one request, as its application holds it (JSR 289 §10.2): options, branches, proxyTo.
import type * as sdk from '@siplet/sdk';
import { IllegalStateError, SipParseError, SipUri, timeLimit } from '@siplet/sdk';
import { Uri } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import type { ResponseContext } from '../proxy/response-context.js';
import type { ProxyRole } from './answerer.js';
import { copyParameters, ownUri, parametersText, seal } from './own-uri.js';
import { ProxyBranch } from './proxy-branch.js';
import { reasonText } from './reason.js';
import { assertInterface, type UriOrAddress, uriText } from './values.js';

const SCHEMES = new Set(['sip', 'sips', 'tel', 'urn']);

export class SipProxy implements sdk.SipProxy {
  readonly #context: ResponseContext;
  readonly #role: ProxyRole;
  #recordRoute = false;
  #addToPath = false;
  #recordRouteUri: SipUri | undefined;
  #pathUri: SipUri | undefined;

  constructor(context: ResponseContext, role: ProxyRole) {
    this.#context = context;
    this.#role = role;
  }

  configure(options: sdk.ProxyOptions): void {
    const { supervised, parallel, recurse, recordRoute, addToPath, timeout, noCancel, outboundInterface } = options;
    if (options.provisionalTimeout !== undefined) this.provisionalTimeout = options.provisionalTimeout;
    if (supervised !== undefined) this.supervised = supervised;
    if (parallel !== undefined) this.parallel = parallel;
    if (recurse !== undefined) this.recurse = recurse;
    if (recordRoute !== undefined) this.recordRoute = recordRoute;
    if (addToPath !== undefined) this.addToPath = addToPath;
    if (timeout !== undefined) this.timeout = timeout;
    if (noCancel !== undefined) this.noCancel = noCancel;
    if (outboundInterface !== undefined) this.outboundInterface = outboundInterface;
    if (options.recordRouteUri !== undefined) this.recordRouteUri = options.recordRouteUri;
    if (options.pathUri !== undefined) this.pathUri = options.pathUri;
  }

  get originalRequest(): sdk.SipRequest {
    return this.#role.received.servlet;
  }

  // Options ----------------------------------------------------------------------------------------

  get supervised(): boolean {
    return this.#role.supervised;
  }

  set supervised(value: boolean) {
    this.#assertSettable('supervised');
    this.#role.supervised = value;
  }

  get parallel(): boolean {
    return this.#context.parallel;
  }

  set parallel(value: boolean) {
    // During a search it concerns the waiting branches (JSR 289 §10.2.3).
    this.#assertOpen('set parallel');
    this.#context.parallel = value;
  }

  get recurse(): boolean {
    return this.#context.recurse;
  }

  set recurse(value: boolean) {
    this.#assertSettable('recurse');
    this.#context.recurse = value;
  }

  get noCancel(): boolean {
    return this.#context.noCancel;
  }

  set noCancel(value: boolean) {
    this.#assertSettable('noCancel');
    this.#context.noCancel = value;
  }

  get timeout(): number {
    return this.#context.timeout;
  }

  set timeout(timeout: sdk.Duration) {
    this.#assertSettable('timeout');
    this.#context.timeout = timeLimit(timeout, 'the timeout of a proxy');
  }

  get provisionalTimeout(): number | undefined {
    return this.#context.provisionalTimeout;
  }

  set provisionalTimeout(timeout: sdk.Duration | undefined) {
    this.#assertSettable('provisionalTimeout');
    this.#context.provisionalTimeout =
      timeout === undefined ? undefined : timeLimit(timeout, 'the provisionalTimeout of a proxy');
  }

  get recordRoute(): boolean {
    return this.#recordRoute;
  }

  set recordRoute(value: boolean) {
    this.#assertSettable('recordRoute');
    // C-38: a registration makes no dialog.
    this.#recordRoute = value && this.#role.received.request.method !== 'REGISTER';
  }

  /** Its parameters come back in `request.parameter(name)` (C-35). */
  get recordRouteUri(): SipUri {
    this.#assertStays(this.#recordRoute, 'recordRouteUri', 'recordRoute');
    this.#recordRouteUri ??= ownUri(this.#context.inbound);
    if (this.#context.started) seal(this.#recordRouteUri, 'recordRouteUri');
    return this.#recordRouteUri;
  }

  set recordRouteUri(uri: UriOrAddress) {
    this.#assertSettable('recordRouteUri');
    copyParameters(uri, this.recordRouteUri);
  }

  get addToPath(): boolean {
    return this.#addToPath;
  }

  set addToPath(value: boolean) {
    this.#assertSettable('addToPath');
    this.#addToPath = value && this.#role.received.request.method === 'REGISTER';
  }

  get pathUri(): SipUri {
    this.#assertStays(this.#addToPath, 'pathUri', 'addToPath');
    this.#pathUri ??= ownUri(this.#context.inbound);
    if (this.#context.started) seal(this.#pathUri, 'pathUri');
    return this.#pathUri;
  }

  set pathUri(uri: UriOrAddress) {
    this.#assertSettable('pathUri');
    copyParameters(uri, this.pathUri);
  }

  get outboundInterface(): string | undefined {
    return this.#context.outboundInterface;
  }

  set outboundInterface(value: string | undefined) {
    this.#assertSettable('outboundInterface');
    assertInterface(value, this.#context.services);
    this.#context.outboundInterface = value;
  }

  #assertStays(stays: boolean, what: string, option: string): void {
    if (!stays) throw new IllegalStateError(`${what} is there only when ${option} is true`);
  }

  // Branches ---------------------------------------------------------------------------------------

  proxyTo(targets: UriOrAddress | readonly UriOrAddress[]): void {
    this.createBranches(targets);
    this.start();
  }

  createBranches(targets: UriOrAddress | readonly UriOrAddress[]): ProxyBranch[] {
    this.#assertOpen('add branches');
    const list = (Array.isArray(targets) ? targets : [targets]) as readonly UriOrAddress[];
    const texts = list.map(targetText);
    return this.#context.createBranches(texts).map((branch) => this.facadeOf(branch));
  }

  start(): void {
    this.#assertOpen('start');
    const context = this.#context;
    context.recordRoute = this.#recordRoute ? this.#role.recordRoute(parametersText(this.#recordRouteUri)) : undefined;
    context.path = this.#addToPath ? parametersText(this.#pathUri) : undefined;
    context.start();
    if (!context.started) return;
    seal(this.#recordRouteUri, 'recordRouteUri');
    seal(this.#pathUri, 'pathUri');
  }

  cancel(reason?: sdk.CancelReason): void {
    this.#context.cancel(reasonText(reason));
  }

  get branches(): ProxyBranch[] {
    return this.#context.branches.map((branch) => this.facadeOf(branch));
  }

  branch(uri: UriOrAddress): ProxyBranch | undefined {
    const text = targetText(uri);
    const found =
      this.#context.branches.find((branch) => branch.target === text) ??
      this.#context.branches.find((branch) => sameUri(branch.target, text));
    return found === undefined ? undefined : this.facadeOf(found);
  }

  /** The same branch is always the same object. */
  facadeOf(branch: Branch): ProxyBranch {
    branch.facade ??= new ProxyBranch(branch, this, this.#role);
    return branch.facade as ProxyBranch;
  }

  /** An option that is set too late is refused: the application would not notice that it has no effect. */
  #assertSettable(option: string): void {
    const { refusal, started } = this.#context;
    this.#assert(`set ${option}`, refusal ?? (started ? 'its proxy has been started' : undefined));
  }

  #assertOpen(what: string): void {
    this.#assert(what, this.#context.refusal);
  }

  #assert(what: string, refusal: string | undefined): void {
    if (refusal === undefined) return;
    const { application, request } = this.#role.received;
    const { method, callId } = request;
    throw new IllegalStateError(`${application.name} cannot ${what} for the ${method} ${callId}: ${refusal}`);
  }
}

/** A target's URI; throws SipParseError if it is not a URI, or has a scheme that cannot be proxied to. */
function targetText(target: UriOrAddress): string {
  const text = uriText(target);
  if (SCHEMES.has(Uri.parse(text)?.scheme ?? '')) return text;
  throw new SipParseError('a target', text, 'only sip, sips, tel and urn URIs can be proxied to');
}

function sameUri(a: string, b: string): boolean {
  try {
    return SipUri.parse(a).equals(SipUri.parse(b));
  } catch {
    return false;
  }
}
