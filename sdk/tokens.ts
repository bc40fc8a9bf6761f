// What can be injected: `constructor(@inject(SIP_FACTORY) private readonly factory: SipFactory)`.

import type { ServiceIdentifier } from 'inversify';
import type { Authentication } from './authentication.js';
import type { Logger, Metrics, Sessions, SipFactory, Timers } from './services.js';

/** Makes requests, sessions and values. */
export const SIP_FACTORY: ServiceIdentifier<SipFactory> = Symbol.for('siplet.SIP_FACTORY');

/** Starts timers of application sessions. */
export const TIMERS: ServiceIdentifier<Timers> = Symbol.for('siplet.TIMERS');

/** Finds sessions of the application. */
export const SESSIONS: ServiceIdentifier<Sessions> = Symbol.for('siplet.SESSIONS');

/** A logger that carries the application's name and version. */
export const LOGGER: ServiceIdentifier<Logger> = Symbol.for('siplet.LOGGER');

/**
 * The application's own section of the configuration, `apps.<name>`; {} when there is none. The author knows its type.
 */
export const APP_CONFIG: ServiceIdentifier<unknown> = Symbol.for('siplet.APP_CONFIG');

/** Authenticates those who send requests. */
export const AUTHENTICATION: ServiceIdentifier<Authentication> = Symbol.for('siplet.AUTHENTICATION');

/** The application's own measurements. */
export const METRICS: ServiceIdentifier<Metrics> = Symbol.for('siplet.METRICS');
