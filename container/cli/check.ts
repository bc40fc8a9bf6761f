// `siplet check PATH`: a deployment without a network.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authentication, Metrics, Sessions, SipFactory } from '@siplet/sdk';
import { type Configuration, readConfiguration } from '../configuration/configuration.js';
import { type Bundle, compile } from '../deployment/compile.js';
import type { Deployable } from '../deployment/deployable.js';
import { framed } from '../deployment/frame.js';
import { faultOf, sourceAt } from '../deployment/source.js';
import { here } from '../deployment/stage.js';
import { ArchiveStore } from '../deployment/store.js';
import { type TypeFindings, typeCheck } from '../deployment/type-check.js';
import { createLog } from '../observe/log.js';
import { authenticated } from '../servlet/authenticated-handler.js';
import type { ExitStatus, Terminal } from './terminal.js';

export interface CheckOptions {
  readonly config?: string;
  /** Type errors are a failure, whatever the configuration says. */
  readonly strict?: boolean;
}

/**
 * Compiles, type-checks, loads and makes the application, prints its handler table, and disposes
 * of it. Throws a DeploymentError.
 */
export async function check(path: string, options: CheckOptions, terminal: Terminal): Promise<ExitStatus> {
  const configuration = readConfiguration(options.config, { logLevel: 'silent' });
  const how = options.strict ? 'strict' : configuration.deploy.typeCheck;
  // An archive is unpacked as in a container, and deleted afterwards.
  const room = mkdtempSync(join(tmpdir(), 'siplet-check-'));
  try {
    const source = await sourceAt(path, new ArchiveStore(room), configuration.deploy.archiveSize);
    try {
      const bundle = await compile(source.deployable, 0);
      for (const warning of bundle.warnings) terminal.err(`warning: ${warning}\n`);
      const found = how === 'off' ? Promise.resolve({ faults: [] }) : typeCheck(source.deployable);
      // Printed even if loading fails: a type error may be the cause.
      const [done, types] = await Promise.allSettled([made(source.deployable, bundle, configuration, terminal), found]);
      const areFine = types.status === 'rejected' || tellTypes(types.value, source.deployable, how, terminal);
      if (done.status === 'rejected') throw done.reason;
      return areFine ? 0 : 1;
    } catch (error) {
      throw faultOf(error, source);
    }
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

/** Loads and makes it, and prints its handler table. */
async function made(deployable: Deployable, bundle: Bundle, configuration: Configuration, terminal: Terminal) {
  const stage = here({
    log: createLog({ level: 'silent', format: 'json' }),
    configOf: (name) => configuration.apps.get(name),
    defaults: { supervised: configuration.proxy.supervised, proxyTimeout: configuration.proxy.timeout },
    authenticated,
    configFile: configuration.file,
    tokens: () => [SipFactory, Sessions, Metrics, Authentication].map((type) => [type, standIn(type.name)]),
  });
  const application = await stage.start(deployable, 0, bundle);
  try {
    terminal.out(`${deployable.name} ${deployable.version}\n`);
    for (const line of application.table.lines()) terminal.out(`  ${line}\n`);
  } finally {
    await application.dispose();
  }
}

/** False when the faults are a failure. */
function tellTypes({ faults, unchecked }: TypeFindings, { directory }: Deployable, how: string, terminal: Terminal) {
  const isStrict = how === 'strict';
  for (const fault of faults) terminal.err(`${framed(fault, directory)}\n`);
  if (unchecked !== undefined)
    terminal.err(`${isStrict ? 'siplet' : 'warning'}: types are not checked: ${unchecked}\n`);
  if (faults.length > 0 && isStrict) terminal.err('siplet: it has type errors\n');
  return !isStrict || (faults.length === 0 && unchecked === undefined);
}

/** Can be injected and kept, but has no container behind it. */
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
