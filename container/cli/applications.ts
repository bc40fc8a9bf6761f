// `siplet deploy · undeploy · rollback · apps`: the applications of a running container.
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { deployableAt } from '../deployment/deployable.js';
import { framed } from '../deployment/frame.js';
import { filesOf } from '../deployment/tar.js';
import { typeCheck } from '../deployment/type-check.js';
import type { ApplicationStatus } from '../http/routes.js';
import { jsonOf, Operator, OperatorError, type OperatorOptions } from './operator.js';
import { pack } from './pack.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

/** Octets; the container has a limit of its own. */
const MAX_UNPACKED = 1 << 30;

/**
 * Packs the application at `path`, and deploys it. Reports type errors; the container decides whether they matter
 * (`deploy.typeCheck`).
 */
export async function deploy(path: string, options: OperatorOptions, terminal: Terminal): Promise<void> {
  const operator = new Operator(options);
  if (path.endsWith('.tgz') && statSync(path, { throwIfNoEntry: false })?.isFile()) {
    const archive = readFileSync(path);
    return tell(await operator.ask('PUT', ['api', 'apps', nameInside(archive, path)], archive), terminal);
  }
  const deployable = deployableAt(path);
  const types = typeCheck(deployable);
  const asked = operator.ask<ApplicationStatus>('PUT', ['api', 'apps', deployable.name], await pack(deployable));
  const [status, faults] = await Promise.allSettled([asked, types]);
  // A strict container reports them itself.
  const said = status.status === 'rejected' ? String(status.reason) : '';
  for (const fault of faults.status === 'fulfilled' ? faults.value.faults : [])
    if (!said.includes(fault)) terminal.err(`${framed(fault, deployable.directory)}\n`);
  tell(await asked, terminal);
}

function tell(status: ApplicationStatus, terminal: Terminal): void {
  terminal.out(`${status.name} ${status.version} is in service\n`);
  for (const line of status.handlers) terminal.out(`  ${line}\n`);
}

export async function undeploy(name: string, options: OperatorOptions, terminal: Terminal): Promise<void> {
  await new Operator(options).ask('DELETE', ['api', 'apps', name]);
  terminal.out(`${name} is out of service; its calls go on to their end\n`);
}

export async function rollback(name: string, options: OperatorOptions, terminal: Terminal): Promise<void> {
  const status = await new Operator(options).ask<ApplicationStatus>('POST', ['api', 'apps', name, 'rollback']);
  terminal.out(`${status.name} ${status.version} is in service again\n`);
}

export async function apps(options: OperatorOptions, terminal: Terminal): Promise<void> {
  const all = await new Operator(options).ask<ApplicationStatus[]>('GET', ['api', 'apps']);
  if (all.length === 0) return terminal.out('no applications\n');
  terminal.out(
    table(
      ['NAME', 'VERSION', 'STATE', 'SESSIONS', 'HANDLERS'],
      all.map(({ name, version, state, sessions, handlers }) => [name, version, state, sessions, handlers.length]),
    ),
  );
  for (const { name, error } of all) if (error !== undefined) terminal.out(`\n${name}: ${error}\n`);
}

/** The name in the package.json of an archive. */
function nameInside(archive: Uint8Array, path: string): string {
  let files: ReturnType<typeof filesOf>;
  try {
    files = filesOf(gunzipSync(archive, { maxOutputLength: MAX_UNPACKED }));
  } catch (error) {
    throw new OperatorError(`${path}: ${(error as Error).message}`);
  }
  const manifest = files.find((file) => file.path === 'package.json');
  if (manifest === undefined) throw new OperatorError(`${path}: has no package.json: it is to be made by 'npm pack'`);
  const { name } = Object(jsonOf(Buffer.from(manifest.content).toString('utf8'))) as { name?: unknown };
  if (typeof name !== 'string') throw new OperatorError(`${path}: its package.json has no name`);
  return name.replace(/^@[^/]*\//, '');
}
