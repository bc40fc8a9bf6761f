// What the container gives to each application by injection: the SDK's tokens with their values.
import type * as sdk from '@siplet/sdk';
import { Address, AUTHENTICATION, METRICS, Parameterable, parseUri, SESSIONS, SIP_FACTORY, TIMERS } from '@siplet/sdk';
import { createInitialRequest } from '../agent/origination.js';
import type { ApplicationInTheMaking } from '../application/application.js';
import type { Engine } from '../engine/engine.js';
import type { ApplicationMetrics } from '../observe/application-metrics.js';
import { authenticate } from '../servlet/authentication.js';
import { OwnSessions } from '../servlet/own-sessions.js';
import { addressOf } from '../servlet/values.js';
import type { ApplicationSession } from '../session/application-session.js';

/** The engine is asked for when it is needed: applications are made before it listens. */
export function tokensFor(
  application: ApplicationInTheMaking,
  engine: () => Engine,
  metrics: ApplicationMetrics,
): [token: symbol, value: unknown][] {
  const sessions = new OwnSessions(application, () => engine().sessions);
  const factory: sdk.SipFactory = {
    createRequest: (session, method, from, to) =>
      createInitialRequest(
        engine().services.agent,
        session as ApplicationSession,
        method,
        addressOf(from),
        addressOf(to),
      ),
    createApplicationSession: (key) => sessions.create(key),
    parseUri,
    parseAddress: (text) => Address.parse(text),
    parseParameterable: (text) => Parameterable.parse(text),
  };
  const timers: sdk.Timers = {
    createTimer: (session, name, delayMs, options) => session.setTimer(name, delayMs, options),
  };
  return [
    [SIP_FACTORY as symbol, factory],
    [TIMERS as symbol, timers],
    [SESSIONS as symbol, sessions],
    [METRICS as symbol, metrics.of(application)],
    [AUTHENTICATION as symbol, { authenticate } satisfies sdk.Authentication],
  ];
}
