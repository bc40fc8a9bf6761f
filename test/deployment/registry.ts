// A registry of deployments with a container's worth of services, and what it logged.
import { Writable } from 'node:stream';
import { Metrics, Sessions, SipFactory } from '@siplet/sdk';
import { onTestFinished } from 'vitest';
import type { ApplicationServices } from '../../container/deployment/create-application.js';
import { type DeploymentOptions, Deployments } from '../../container/deployment/deployments.js';
import { createLog } from '../../container/observe/log.js';
import { authenticated } from '../../container/servlet/authenticated-handler.js';
import { folder } from './folder.js';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly app?: string;
  readonly handlers?: string[];
  readonly [key: string]: unknown;
}

/** A registry of deployments and what it logged. */
export function registry({
  configs,
  ...options
}: { configs?: Record<string, unknown> } & Partial<DeploymentOptions> = {}): {
  deployments: Deployments;
  lines: LogLine[];
  services: ApplicationServices;
} {
  const lines: LogLine[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as LogLine);
      done();
    },
  });
  const services: ApplicationServices = {
    log: createLog({ level: 'debug', format: 'json' }, stream),
    configOf: (name) => configs?.[name],
    defaults: { supervised: true, proxyTimeout: 180000 },
    authenticated,
    tokens: ({ name }) => [
      [SipFactory, { of: name }],
      [Sessions, {}],
      [Metrics, {}],
    ],
  };
  const deployments = new Deployments(services, { typeCheck: 'off', store: options.store ?? folder({}), ...options });
  onTestFinished(() => deployments.close());
  return { deployments, lines, services };
}
