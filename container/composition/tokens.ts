// What the container injects into each application: the SDK's types with their objects.
import * as sdk from '@siplet/sdk';
import { createInitialRequest } from '../agent/origination.js';
import type { ApplicationInTheMaking } from '../application/application.js';
import { callBoth } from '../b2bua/click-to-call.js';
import { type ListenTransport, listenText } from '../configuration/configuration.js';
import type { Engine } from '../engine/engine.js';
import type { ApplicationMetrics } from '../observe/application-metrics.js';
import { authenticate } from '../servlet/authentication.js';
import { OwnSessions } from '../servlet/own-sessions.js';
import { addressOf } from '../servlet/values.js';
import type { ApplicationSession } from '../session/application-session.js';

/** The engine is looked up when it is needed, because applications are created before it listens. */
export function tokensFor(
  application: ApplicationInTheMaking,
  engine: () => Engine,
  metrics: ApplicationMetrics,
): [type: abstract new () => unknown, value: unknown][] {
  const sessions = new OwnSessions(application, () => engine().sessions);
  return [
    [sdk.SipFactory, factoryOf(engine, sessions)],
    [sdk.Sessions, sessions],
    [sdk.Metrics, metrics.of(application)],
    [sdk.Authentication, { authenticate } satisfies sdk.Authentication],
  ];
}

function factoryOf(engine: () => Engine, sessions: OwnSessions): sdk.SipFactory {
  return {
    createRequest: (session, method, from, to) =>
      createInitialRequest(
        engine().services.agent,
        session as ApplicationSession,
        method,
        addressOf(from),
        addressOf(to),
      ),
    createApplicationSession: (key) => sessions.create(key),
    bridge: (session, options) => callBoth(engine().services.agent, session as ApplicationSession, options),
    get interfaces() {
      return engine().transport.listenings.map(({ transport, address, port }) =>
        listenText({ transport: transport.toLowerCase() as ListenTransport, address, port }),
      );
    },
    parseUri: sdk.parseUri,
    parseAddress: (text) => sdk.Address.parse(text),
    parseParameterable: (text) => sdk.Parameterable.parse(text),
  };
}
