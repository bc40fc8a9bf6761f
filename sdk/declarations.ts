// The notes that decorators leave on a class. The container reads and checks them when it deploys the class.

import type { AuthenticatedOptions } from './authentication.js';
import type { Duration } from './duration.js';
import type { ReadonlySipRequest } from './messages.js';
import type { StandardSchema } from './standard-schema.js';

/** The options of `@Siplet`. */
export interface SipletOptions {
  /** Name in logs, metrics and the handler table. Default: the class name in kebab-case (`ReachMe` is 'reach-me'). */
  name?: string;
  /**
   * The schema of the application's own section of the configuration: one of zod, valibot or any other library that
   * implements Standard Schema. The container checks the section at deployment; `@Config()` injects the schema's
   * output.
   */
  config?: StandardSchema;
  /**
   * Whether the application sees the responses to requests that it proxies: the default of `SipProxy.supervised`.
   * Default: true.
   */
  supervised?: boolean;
  /** Whether the siplet routes without any state (§16.11). Default: whether it has a `@StatelessRoute()`. */
  stateless?: boolean;
  /** How long an application session lives after the last event in it; with 0 it does not expire. Default: '3m'. */
  sessionTimeout?: Duration;
  /**
   * How long a search, or each branch of a sequential search, may take: the default of `SipProxy.timeout`. Default:
   * '180s'.
   */
  proxyTimeout?: Duration;
  /**
   * How long a call of this siplet as a user agent lives without a refresh. The container refreshes it, or lets the
   * peer do so (RFC 4028). 0: no session timer. Default: `limits.sessionExpires` of the configuration. For calls that
   * the siplet proxies with `recordRoute` it asks the parties to refresh them; without it the container only follows
   * what they agree on.
   */
  sessionTimer?: Duration;
}

/** A class that can become a siplet or an application router; `T` is the type of its instances. */
export type SipletClass<T = object> = abstract new (...args: never[]) => T;

/** The events that call a handler. */
export type HandlerKind =
  | 'initial'
  | 'subsequent'
  | 'cancel'
  | 'stateless'
  | 'provisional'
  | 'success'
  | 'redirect'
  | 'error'
  | 'best'
  | 'branch'
  | 'status'
  | 'timer'
  | 'sessionCreated'
  | 'sessionDestroyed'
  | 'sessionReadyToInvalidate'
  | 'applicationSessionCreated'
  | 'applicationSessionDestroyed'
  | 'applicationSessionExpired'
  | 'applicationSessionReadyToInvalidate'
  | 'noAckReceived'
  | 'noPrackReceived'
  | 'sessionKey';

/** One decorator on one method. */
export interface HandlerDeclaration {
  /** The decorator as the author wrote it: '@Invite()', '@Status(486)'. */
  readonly decorator: string;
  readonly kind: HandlerKind;
  /** Methods of the request; an empty list means any method. */
  readonly methods: readonly string[];
  /** For `@Status`: one status, or the first and the last of a range. */
  readonly statuses?: readonly number[];
  /** Name of the timer; undefined means any timer. */
  readonly timer?: string;
  /** The predicate of an initial request's handler. */
  readonly when?: (request: ReadonlySipRequest) => boolean;
  readonly property: string | symbol;
  readonly isStatic: boolean;
}

/** One `@Authenticated` on one method. */
export interface AuthenticationDeclaration {
  readonly options: AuthenticatedOptions;
  readonly property: string | symbol;
  readonly isStatic: boolean;
}

/** The declaration of one siplet class. */
export interface SipletDeclaration {
  readonly name: string;
  readonly options: Readonly<SipletOptions>;
  /** Inherited handlers first, then those of the class, in the order of the source. */
  readonly handlers: readonly HandlerDeclaration[];
}

/** The token of `@Config()`. */
export const CONFIG = Symbol.for('siplet.config');

// Registered symbols, so that one copy of the SDK understands a class that another copy has decorated.
const HANDLERS = Symbol.for('siplet.handlers');
const AUTHENTICATED = Symbol.for('siplet.authenticated');
const SIPLET = Symbol.for('siplet.siplet');
const ROUTER = Symbol.for('siplet.applicationRouter');

interface Decorated {
  [HANDLERS]?: HandlerDeclaration[];
  [AUTHENTICATED]?: AuthenticationDeclaration[];
  [SIPLET]?: { name: string; options: SipletOptions };
  [ROUTER]?: true;
}

/** The declaration of a class; undefined when the class itself has no `@Siplet`. */
export function declarationOf(target: unknown): SipletDeclaration | undefined {
  const siplet = own(target, SIPLET);
  return siplet && { name: siplet.name, options: siplet.options, handlers: handlersOf(target) };
}

/**
 * The decorated methods of a class, own and inherited, even if it has no `@Siplet`. The decorators of an overriding
 * method replace those of the overridden one.
 */
export function handlersOf(target: unknown): readonly HandlerDeclaration[] {
  if (typeof target !== 'function') return [];
  const base = Object.getPrototypeOf(target) as unknown;
  const inherited = typeof base === 'function' ? handlersOf(base) : [];
  const declared = own(target, HANDLERS) ?? [];
  return [...inherited.filter((one) => !declared.some((other) => isSameMethod(one, other))), ...declared];
}

/**
 * The uses of `@Authenticated` on methods of a class, own and inherited. A class can replace the options of an
 * inherited method, but it cannot remove the decorator.
 */
export function authenticationsOf(target: unknown): readonly AuthenticationDeclaration[] {
  if (typeof target !== 'function') return [];
  const base = Object.getPrototypeOf(target) as unknown;
  const inherited = typeof base === 'function' ? authenticationsOf(base) : [];
  const declared = own(target, AUTHENTICATED) ?? [];
  return [...inherited.filter((one) => !declared.some((other) => isSameMethod(one, other))), ...declared];
}

/** Whether the class itself has `@ApplicationRouter()`. */
export function isApplicationRouter(target: unknown): boolean {
  return own(target, ROUTER) === true;
}

/** Notes one decorator of a method. `target` is the prototype, or the class itself for a static method. */
export function declareHandler(
  target: object,
  property: string | symbol,
  declaration: Omit<HandlerDeclaration, 'property' | 'isStatic'>,
): void {
  const isStatic = typeof target === 'function';
  const type = (isStatic ? target : target.constructor) as Decorated;
  const handler: HandlerDeclaration = { ...declaration, property, isStatic };
  const handlers = own(type, HANDLERS) ?? define(type, HANDLERS, []);
  // Stacked decorators are applied from the lowest up, so each goes before those that the method has.
  const first = handlers.findIndex((other) => isSameMethod(handler, other));
  handlers.splice(first < 0 ? handlers.length : first, 0, handler);
}

/** Notes `@Authenticated(options)`. */
export function declareAuthentication(target: object, property: string | symbol, options: AuthenticatedOptions): void {
  const isStatic = typeof target === 'function';
  const type = (isStatic ? target : target.constructor) as Decorated;
  const declared = own(type, AUTHENTICATED) ?? define(type, AUTHENTICATED, []);
  declared.push({ options, property, isStatic });
}

/** Notes `@Siplet(options)`. */
export function declareSiplet(type: object, name: string, options: SipletOptions): void {
  define(type, SIPLET, { name, options: Object.freeze({ ...options }) });
}

/** Notes `@ApplicationRouter()`. */
export function declareApplicationRouter(type: object): void {
  define(type, ROUTER, true);
}

type OfMethod = Pick<HandlerDeclaration, 'property' | 'isStatic'>;

function isSameMethod(one: OfMethod, other: OfMethod): boolean {
  return one.property === other.property && one.isStatic === other.isStatic;
}

function own<K extends keyof Decorated>(target: unknown, key: K): Decorated[K] | undefined {
  if (typeof target !== 'function' || !Object.hasOwn(target, key)) return undefined;
  return (target as Decorated)[key];
}

function define<K extends keyof Decorated>(
  target: object,
  key: K,
  value: Required<Decorated>[K],
): Required<Decorated>[K] {
  Object.defineProperty(target, key, { value, configurable: true });
  return value;
}
