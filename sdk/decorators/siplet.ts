// Class decorators: @Siplet and @ApplicationRouter.

import { injectable } from 'inversify';
import { declareApplicationRouter, declareSiplet } from '../declarations.js';
import type { SipApplicationRouter } from '../routing.js';

/** What `@Siplet` takes. */
export interface SipletOptions {
  /** Name in logs, metrics and the handler table. Default: the class name in kebab-case (`ReachMe` is 'reach-me'). */
  name?: string;
  /**
   * Whether the application sees the responses of what it proxies: the default of `Proxy.supervised`. Default: true.
   */
  supervised?: boolean;
  /** Whether the siplet routes without any state, by its one `@StatelessRoute()` (§16.11). Default: false. */
  stateless?: boolean;
  /** Minutes until an application session expires; 0 is never. Default: 3. */
  sessionTimeout?: number;
  /**
   * Seconds until a search, or a branch of a sequential one, is given up: the default of `Proxy.timeout`. Default: 180.
   */
  proxyTimeout?: number;
  /**
   * Seconds after which a call of this siplet as a user agent ends when nobody has refreshed it; the
   * container refreshes it, or has the peer do so (RFC 4028). 0: it asks for none. Default:
   * `limits.sessionExpires` of the configuration.
   */
  sessionTimer?: number;
}

type Class<T = object> = abstract new (...args: never[]) => T;

/**
 * Makes a class a siplet: one instance of it serves each deployed version of the application. Its methods are chosen by
 * their decorators, its constructor's parameters are injected; inversify's `@injectable()` is implied.
 */
export function Siplet(options: SipletOptions = {}): <T extends Class>(type: T) => void {
  return (type) => {
    makeInjectable(type);
    declareSiplet(type, options.name ?? kebabCase(type.name), options);
  };
}

/**
 * Makes a class the application router which `router.application` names in the configuration. Its
 * constructor's parameters are injected.
 */
export function ApplicationRouter(): <T extends Class<SipApplicationRouter>>(type: T) => void {
  return (type) => {
    makeInjectable(type);
    declareApplicationRouter(type);
  };
}

/** The author may have written `@injectable()` below, which inversify takes but once. */
function makeInjectable(type: Class): void {
  try {
    injectable()(type as unknown as new () => object);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('multiple times'))) throw error;
  }
}

/** 'ReachMe' → 'reach-me', 'SIPHunt' → 'sip-hunt', 'B2bua' → 'b2bua'; the '$1' that bundlers append is dropped. */
function kebabCase(name: string): string {
  return name
    .replace(/\$\d*$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .replace(/[_$]/g, '-')
    .toLowerCase();
}
