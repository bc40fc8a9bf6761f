// `siplet check PATH`: what a deployment would do, without a network.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authentication, Metrics, Sessions, SipFactory } from '@siplet/sdk';
import { type Configuration, readConfiguration } from '../configuration/configuration.js';
import { compile } from '../deployment/compile.js';
import { createApplication } from '../deployment/create-application.js';
import type { Deployable } from '../deployment/deployable.js';
import { framed } from '../deployment/frame.js';
import { load } from '../deployment/load.js';
import { faultOf, sourceAt } from '../deployment/source.js';
import { ArchiveStore } from '../deployment/store.js';
import { typeCheck } from '../deployment/type-check.js';
import { createLog } from '../observe/log.js';
import { authenticated } from '../servlet/authenticated-handler.js';
import type { ExitStatus, Terminal } from './terminal.js';

/**
 * Compiles, type-checks, loads and makes the application, prints its handler table, and disposes
 * of it. Throws a DeploymentError.
 */
export async function check(path: string, options: { config?: string }, terminal: Terminal): Promise<ExitStatus> {
  const configuration = readConfiguration(options.config, { logLevel: 'silent' });
  // An archive is unpacked as a container does it, and gone afterwards.
  const room = mkdtempSync(join(tmpdir(), 'siplet-check-'));
  try {
    const source = await sourceAt(path, new ArchiveStore(room), configuration.deploy.archiveSize);
    try {
      return await checked(source.deployable, configuration, terminal);
    } catch (error) {
      throw faultOf(error, source);
    }
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

async function checked(deployable: Deployable, configuration: Configuration, terminal: Terminal): Promise<ExitStatus> {
  const log = createLog({ level: 'silent', format: 'json' });
  const bundle = await compile(deployable, 0);
  for (const warning of bundle.warnings) terminal.err(`warning: ${warning}\n`);
  const types = configuration.deploy.typeCheck === 'off' ? [] : await typeCheck(deployable, log);
  const application = await createApplication(deployable, 0, await load(bundle), {
    log,
    configOf: (name) => configuration.apps.get(name),
    defaults: { supervised: configuration.proxy.supervised, proxyTimeout: configuration.proxy.timeout },
    authenticated,
    configFile: configuration.file,
    tokens: () => [SipFactory, Sessions, Metrics, Authentication].map((type) => [type, standIn(type.name)]),
  });
  try {
    terminal.out(`${deployable.name} ${deployable.version}\n`);
    for (const line of application.table.lines()) terminal.out(`  ${line}\n`);
  } finally {
    await application.dispose();
  }
  for (const fault of types) terminal.err(`${framed(fault, deployable.directory)}\n`);
  return types.length > 0 && configuration.deploy.typeCheck === 'strict' ? 1 : 0;
}

/** Can be injected and kept, but there is no container behind it. */
function standIn(type: string): object {
  return new Proxy(
    {},
    {
      get: (_target, property) => {
        if (typeof property === 'symbol' || property === 'then') return undefined;
        return () => {
          throw new Error(
            `${type}.${property}: 'siplet check' runs no container; use it in a handler or a timer, not while the application is made`,
          );
        };
      },
    },
  );
}
