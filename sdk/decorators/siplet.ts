// Class decorators: @Siplet and @ApplicationRouter.

import { injectable } from 'inversify';
import { declareApplicationRouter, declareSiplet, type SipletClass, type SipletOptions } from '../declarations.js';
import type { SipApplicationRouter } from '../routing.js';

/**
 * Makes a class a siplet. One instance serves each deployed version of the application. Decorators on its methods say
 * which messages they take, and its constructor parameters are injected; inversify's `@injectable()` is implied.
 */
export function Siplet(options: SipletOptions = {}): <T extends SipletClass>(type: T) => void {
  return (type) => {
    makeInjectable(type);
    declareSiplet(type, options.name ?? kebabCase(type.name), options);
  };
}

/**
 * Makes a class an application router. It is used when `router.application` in the configuration names its application.
 * Its constructor parameters are injected.
 */
export function ApplicationRouter(): <T extends SipletClass<SipApplicationRouter>>(type: T) => void {
  return (type) => {
    makeInjectable(type);
    declareApplicationRouter(type);
  };
}

/** The author may have written `@injectable()` as well, which inversify accepts only once. */
function makeInjectable(type: SipletClass): void {
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
