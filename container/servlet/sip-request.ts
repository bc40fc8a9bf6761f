// A request as an application holds it (JSR 289 §5.6): thin over the message, and over the object that answers or
// proxies it.
import type * as sdk from '@siplet/sdk';
import { Address, IllegalStateError, parseUri } from '@siplet/sdk';
import { type Request, responseTo, textOf, wireOf } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import { DIALOG_METHODS, namesContact } from '../session/dialog-set.js';
import type { SipSession } from '../session/sip-session.js';
import type { Flow } from '../transport/flow.js';
import { OUTSIDE, type RoutingState } from '../transport/routing-state.js';
import type { Answerer } from './answerer.js';
import { ServedResponse } from './served-response.js';
import { SipMessage } from './sip-message.js';
import type { SipResponse } from './sip-response.js';
import { parameterText, type UriOrAddress, uriText } from './values.js';

export class SipRequest extends SipMessage<Request> implements sdk.SipRequest {
  /** The user whose credentials were right. */
  user: string | undefined;
  /** Raw parameters of the Request-URI with which it came, once the application has changed that URI. */
  #uriParameters: string | undefined;

  constructor(
    message: Request,
    session: SipSession,
    readonly isInitial: boolean,
    /** Raw parameters of the Route value of ours by which it came; undefined: it came by none. */
    private readonly routeParameters: string | undefined,
    flow: Flow | undefined,
    /** Undefined for an ACK and for a CANCEL: an application cannot answer them. */
    readonly answerer: Answerer | undefined,
    /** The branch whose request this is; it may be changed until the branch is started. */
    private readonly coreBranch?: Branch,
  ) {
    super(message, session, flow);
  }

  get method(): string {
    return this.message.method;
  }

  get uri(): sdk.Uri {
    return parseUri(textOf(this.message.uri));
  }

  set uri(uri: sdk.UriLike) {
    this.assertOpen();
    this.#uriParameters ??= this.message.target.parameters;
    this.message.uri = uriText(uri);
  }

  get isCommitted(): boolean {
    if (this.coreBranch !== undefined) return this.coreBranch.state !== 'waiting';
    return this.answerer?.isCommitted ?? this.method === 'CANCEL';
  }

  protected override assertOpen(): void {
    if (this.method === 'CANCEL' && this.isCommitted)
      throw new IllegalStateError(`${this.label} has been sent, or was answered: it cannot be changed any more`);
    super.assertOpen();
  }

  override assertMayWrite(key: string, name: string): void {
    super.assertMayWrite(key, name);
    // A received request: in a request of its own the application writes what it likes.
    if (this.flow !== undefined && this.session.userAgent?.mayPass(key) === false) throw this.staysHere(name);
  }

  get maxForwards(): number {
    return this.message.maxForwards ?? 70;
  }

  set maxForwards(value: number) {
    this.assertOpen();
    if (!Number.isInteger(value) || value < 0 || value > 255)
      throw new RangeError(`Max-Forwards is 0 to 255, not ${value}`);
    this.message.set('Max-Forwards', String(value));
  }

  /** The Route value of ours by which the request came, as a URI (JSR 289 §5.6.3). */
  get poppedRoute(): Address | undefined {
    const route = this.answerer?.route;
    return route === undefined ? undefined : new Address(parseUri(textOf(route.text)));
  }

  /** The state that the router has given it. */
  get routingState(): RoutingState {
    return this.answerer?.routingState ?? OUTSIDE;
  }

  /** JSR 289 §15.5. */
  get region(): sdk.RoutingRegion | undefined {
    return this.routingState.region;
  }

  /** JSR 289 §15.5. */
  get subscriberUri(): sdk.Uri | undefined {
    const { subscriberUri } = this.routingState;
    return subscriberUri === undefined ? undefined : parseUri(textOf(subscriberUri));
  }

  get routingDirective(): sdk.RoutingDirective {
    return this.routingState.directive;
  }

  set routingDirective(_directive: sdk.RoutingDirective) {
    throw new IllegalStateError(`${this.label} was received: it is routed already`);
  }

  /** Raw parameters of the Route value of ours by which it came (C-35), or of the Request-URI where it came by none. */
  get parameters(): string {
    return this.routeParameters ?? this.#requestUriParameters;
  }

  /** As it came: the application may have changed the URI. */
  get #requestUriParameters(): string {
    return this.#uriParameters ?? this.message.target.parameters;
  }

  parameter(name: string): string | true | undefined {
    const value = parameterText(this.parameters, name);
    if (value !== undefined || this.routeParameters === undefined || !this.isInitial) return value;
    return parameterText(this.#requestUriParameters, name);
  }

  createResponse(status: number, reason?: string): SipResponse {
    const answerer = this.answerable('createResponse');
    if (!Number.isInteger(status) || status < 101 || status > 699) {
      throw new RangeError(`${status} is not a status that an application can answer with: 101 to 699`);
    }
    if (this.isCommitted) throw new IllegalStateError(`createResponse: ${this.label} has its final response`);
    if (answerer.isProxied && !this.isInitial) {
      throw new IllegalStateError(`${this.label} has been forwarded in its dialog: it cannot be answered here`);
    }
    const { toTag } = answerer.transaction;
    const makesDialog = status < 300 && DIALOG_METHODS.has(this.method);
    const response = responseTo(
      this.message,
      status,
      reason === undefined ? undefined : wireOf(reason),
      toTag,
      makesDialog,
    );
    if (namesContact(this.method, status))
      response.append('Contact', this.session.contactFor(answerer.transaction.flow));
    return new ServedResponse(response, answerer, this.session, undefined, 'created');
  }

  proxy(options?: sdk.ProxyOptions): sdk.SipProxy {
    return this.answerable('proxy').proxy(options);
  }

  proxyTo(uris: sdk.UriLike | readonly sdk.UriLike[], options?: sdk.ProxyOptions): sdk.SipProxy {
    const proxy = this.proxy(options);
    proxy.proxyTo(uris);
    return proxy;
  }

  forward(): sdk.SipProxy {
    // An application behind it that does not follow a redirection decides for this one, too.
    return this.proxyTo(this.uri, { supervised: false, recurse: false });
  }

  get flowUri(): never {
    throw new Error('flowUri is not implemented yet');
  }

  b2bua(): sdk.B2bua {
    this.answerer?.becomeB2bua();
    const { userAgent } = this.session;
    if (userAgent === undefined)
      throw new IllegalStateError(`b2bua: ${this.label} belongs to a proxied call, which has no legs`);
    return userAgent.b2bua(this);
  }

  pushRoute(uri: UriOrAddress): void {
    this.assertOpen();
    this.message.push('Route', `<${uriText(uri)}>`);
  }

  send(_options?: sdk.SendOptions): Promise<sdk.SipResponse> {
    throw new IllegalStateError(`${this.label} was received: it is proxied or answered, not sent`);
  }

  createCancel(): sdk.SipRequest {
    throw new IllegalStateError(
      `${this.label} was received: an application can cancel only a request that it has sent`,
    );
  }

  addAuthorization(
    _challenge: sdk.SipResponse | sdk.Challenge,
    _credentials: sdk.Credentials | readonly sdk.Credentials[],
  ): void {
    throw new IllegalStateError(
      `${this.label} was received: an application can authorize only a request that it sends`,
    );
  }

  protected answerable(what: string): Answerer {
    if (this.answerer === undefined) throw new IllegalStateError(`${what}: ${this.label} cannot be answered`);
    return this.answerer;
  }
}
