// Applications written to a temporary folder, and a container's worth of services for them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { METRICS, SESSIONS, SIP_FACTORY, TIMERS } from '@siplet/sdk';
import { onTestFinished } from 'vitest';
import type { ApplicationServices } from '../../container/deployment/create-application.js';
import { type DeploymentOptions, Deployments } from '../../container/deployment/deployments.js';
import { createLog } from '../../container/observe/log.js';
import { authenticated } from '../../container/servlet/authenticated-handler.js';

// vitest maps stacks to its own sources in its own way; a container has Node's source maps alone.
Error.prepareStackTrace = undefined as never;

/** A folder that is gone when the test has finished. */
export function folder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'siplet-test-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  write(root, files);
  return root;
}

export function write(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

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
    defaults: { supervised: true, proxyTimeout: 180 },
    authenticated,
    tokens: ({ name }) => [
      [SIP_FACTORY, { of: name }],
      [TIMERS, {}],
      [SESSIONS, {}],
      [METRICS, {}],
    ],
  };
  const deployments = new Deployments(services, { typeCheck: 'off', store: options.store ?? folder({}), ...options });
  onTestFinished(() => deployments.close());
  return { deployments, lines, services };
}

/** A siplet in one file that answers with `mark`. */
export function siplet(className: string, mark = className): string {
  return `import { Siplet, Invite } from '@siplet/sdk';
@Siplet()
export class ${className} {
  @Invite() ring(): string { return ${JSON.stringify(mark)}; }
}
`;
}
