// The proxy of one request as its application holds it (JSR 289 §10.2): options, branches, proxyTo.
import type * as sdk from '@siplet/sdk';
import { IllegalStateError, SipParseError, SipUri, timeLimit } from '@siplet/sdk';
import { Uri } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import type { ResponseContext } from '../proxy/response-context.js';
import type { ProxyRole } from './answerer.js';
import { copyParameters, ownUri, parametersText } from './own-uri.js';
import { ProxyBranch } from './proxy-branch.js';
import { reasonText } from './reason.js';
import { type UriOrAddress, uriText } from './values.js';

const SCHEMES = new Set(['sip', 'sips', 'tel']);

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
    this.#role.supervised = value;
  }

  get parallel(): boolean {
    return this.#context.parallel;
  }

  set parallel(value: boolean) {
    this.#context.parallel = value;
  }

  get recurse(): boolean {
    return this.#context.recurse;
  }

  set recurse(value: boolean) {
    this.#context.recurse = value;
  }

  get noCancel(): boolean {
    return this.#context.noCancel;
  }

  set noCancel(value: boolean) {
    this.#context.noCancel = value;
  }

  get timeout(): number {
    return this.#context.timeout;
  }

  set timeout(timeout: sdk.Duration) {
    this.#context.timeout = timeLimit(timeout, 'the timeout of a proxy');
  }

  get recordRoute(): boolean {
    return this.#recordRoute;
  }

  set recordRoute(value: boolean) {
    // C-38: a registration makes no dialog.
    this.#recordRoute = value && this.#role.received.request.method !== 'REGISTER';
  }

  /** Its parameters come back in `request.parameter(name)` (C-35). */
  get recordRouteUri(): SipUri {
    this.#assertStays(this.#recordRoute, 'recordRouteUri', 'recordRoute');
    this.#recordRouteUri ??= ownUri(this.#context.inbound);
    return this.#recordRouteUri;
  }

  set recordRouteUri(uri: UriOrAddress) {
    copyParameters(uri, this.recordRouteUri);
  }

  get addToPath(): boolean {
    return this.#addToPath;
  }

  set addToPath(value: boolean) {
    this.#addToPath = value && this.#role.received.request.method === 'REGISTER';
  }

  get pathUri(): SipUri {
    this.#assertStays(this.#addToPath, 'pathUri', 'addToPath');
    this.#pathUri ??= ownUri(this.#context.inbound);
    return this.#pathUri;
  }

  set pathUri(uri: UriOrAddress) {
    copyParameters(uri, this.pathUri);
  }

  get outboundInterface(): string | undefined {
    return this.#context.outboundInterface;
  }

  set outboundInterface(value: string | undefined) {
    if (value !== undefined && !this.#context.services.hasInterface(value)) {
      throw new RangeError(`outboundInterface: the container does not listen on ${value}`);
    }
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

  #assertOpen(what: string): void {
    const { refusal } = this.#context;
    if (refusal === undefined) return;
    const { application, request } = this.#role.received;
    const { method, callId } = request;
    throw new IllegalStateError(`${application.name} cannot ${what} for the ${method} ${callId}: ${refusal}`);
  }
}

/** A target's URI; throws SipParseError for what is none, or of a scheme that cannot be proxied to. */
function targetText(target: UriOrAddress): string {
  const text = uriText(target);
  if (SCHEMES.has(Uri.parse(text)?.scheme ?? '')) return text;
  throw new SipParseError('a target', text, 'only sip, sips and tel URIs can be proxied to');
}

function sameUri(a: string, b: string): boolean {
  try {
    return SipUri.parse(a).equals(SipUri.parse(b));
  } catch {
    return false;
  }
}
