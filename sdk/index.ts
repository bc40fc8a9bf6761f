// The SDK: all that an application of Siplet sees of its container.

import 'reflect-metadata';

export { injectable as Injectable, postConstruct as PostConstruct, preDestroy as PreDestroy } from 'inversify';
export type * from './application-session.js';
export * from './authentication.js';
export type * from './b2bua.js';
export type * from './challenge.js';
export * from './decorators.js';
export * from './dial-plan.js';
export * from './duration.js';
export * from './errors.js';
export type * from './headers.js';
export type * from './json.js';
export type * from './messages.js';
export type * from './methods.js';
export * from './prefix-map.js';
export type * from './proxy.js';
export type * from './routing.js';
export * from './services.js';
export type * from './session.js';
export type * from './standard-schema.js';
export * from './values.js';
