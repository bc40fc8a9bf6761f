// The routes of the admin address: RULES.md section 9.
import type { HttpBindings } from '@hono/node-server';
import { DeploymentError } from '@siplet/sdk';
import { Hono } from 'hono';
import type { DeployedApplication } from '../application/application.js';
import type { DeploymentRecord, Deployments } from '../deployment/deployments.js';
import type { Overseen } from '../observe/overseen.js';
import { bodyOf } from './body.js';
import { EVENT_STREAM, EventStreams, MAX_CLIENTS } from './event-stream.js';
import { type GuardOptions, guard } from './guard.js';
import { PAGE, PAGE_POLICY } from './page.js';

interface Bindings {
  Bindings: HttpBindings;
}

interface AdminParts extends GuardOptions {
  readonly deployments: Deployments;
  readonly overseen: Overseen;
  /** The largest archive accepted, in octets. */
  readonly archiveSize: number;
  failed(error: unknown): void;
}

/** How many archives may be received at one time; each is held in memory. */
const MAX_UPLOADS = 4;

/** An element of GET /api/apps. */
export interface ApplicationStatus {
  readonly name: string;
  readonly version: string;
  readonly state: 'active' | 'draining' | 'failed';
  readonly sessions: number;
  readonly handlers: readonly string[];
  readonly error?: string;
}

export function routes(parts: AdminParts): { app: Hono<Bindings>; close(): void } {
  const app = new Hono<Bindings>();
  const streams = new EventStreams(parts.overseen.events);
  app.use(guard(parts));
  addHealth(app, parts);
  addApplications(app, parts);
  addDeployment(app, parts);
  addCalls(app, parts);
  app.get('/api/events', (c) => {
    // A HEAD request would open a stream that nothing reads or closes.
    if (c.env.incoming.method === 'HEAD') return c.body(null, 200, EVENT_STREAM);
    const stream = streams.open();
    return stream ?? c.json({ error: `${MAX_CLIENTS} clients are listening already` }, 503);
  });
  app.get('/', (c) => c.html(PAGE, 200, { 'Content-Security-Policy': PAGE_POLICY, 'Referrer-Policy': 'no-referrer' }));
  app.notFound((c) => c.json({ error: `there is no ${c.req.method} ${c.req.path}` }, 404));
  app.onError((error, c) => {
    // The application or its archive is at fault, not the container.
    if (error instanceof DeploymentError) return c.json({ error: error.message }, 422);
    parts.failed(error);
    return c.json({ error: 'the container failed; its log says more' }, 500);
  });
  return { app, close: () => streams.close() };
}

function addHealth(app: Hono<Bindings>, { overseen }: AdminParts): void {
  app.get('/health/live', (c) => c.json({ status: 'live' }));
  app.get('/health/ready', async (c) => {
    const reasons = await overseen.reasonsAgainst();
    return reasons.length === 0 ? c.json({ status: 'ready' }) : c.json({ status: 'not ready', reasons }, 503);
  });
  app.get('/metrics', async (c) =>
    c.body(await overseen.metrics.text(), 200, { 'Content-Type': overseen.metrics.contentType }),
  );
}

/** Listing the applications, undeploying them, and rolling them back. */
function addApplications(app: Hono<Bindings>, { deployments, overseen }: AdminParts): void {
  app.use('/api/apps/:name/*', async (c, next) => {
    // The name becomes part of file names.
    if (!/^[\w~][\w.~-]{0,213}$/.test(c.req.param('name')))
      return c.json({ error: 'this is not a valid application name' }, 400);
    return next();
  });
  app.get('/api/apps', async (c) => {
    const sessionsOf = await overseen.sessions();
    return c.json(deployments.records().map((record) => applicationStatus(record, sessionsOf)));
  });
  app.delete('/api/apps/:name', (c) => {
    const name = c.req.param('name');
    return deployments.undeploy(name) ? c.body(null, 204) : c.json({ error: noApplication(name) }, 404);
  });
  app.post('/api/apps/:name/rollback', async (c) => {
    const name = c.req.param('name');
    const isKnown = deployments.records().some((record) => record.name === name);
    try {
      const record = recordOf(deployments, await deployments.rollback(name));
      return c.json(applicationStatus(record, await overseen.sessions()));
    } catch (error) {
      if (!isKnown && error instanceof DeploymentError) return c.json({ error: error.message }, 404);
      throw error;
    }
  });
}

/** Deploys the archive in the body. */
function addDeployment(app: Hono<Bindings>, { deployments, overseen, archiveSize }: AdminParts): void {
  let uploads = 0;
  app.put('/api/apps/:name', async (c) => {
    if (uploads >= MAX_UPLOADS) return c.json({ error: `${uploads} archives are being received already` }, 503);
    uploads++;
    const archive = await bodyOf(c.env.incoming, archiveSize).finally(() => uploads--);
    if (archive === 'cut off') return c.json({ error: 'the body was cut off' }, 400);
    // The server does not wait for the rest. It discards some of it, so that the sender gets to read this answer, and
    // then closes the connection.
    if (archive === 'too large')
      return c.json({ error: `the archive has more than ${archiveSize} octets (deploy.archiveSize)` }, 413);
    if (archive.length === 0)
      return c.json({ error: 'the body must be a .tgz made by npm pack, but it is empty' }, 400);
    const record = recordOf(deployments, await deployments.deployArchive(archive, c.req.param('name')));
    return c.json(applicationStatus(record, await overseen.sessions()));
  });
}

function addCalls(app: Hono<Bindings>, { overseen }: AdminParts): void {
  app.get('/api/calls', async (c) => c.json(await overseen.calls()));
  app.get('/api/calls/:id', async (c) => {
    const call = await overseen.call(c.req.param('id'));
    if (call !== undefined) return c.json(call);
    return c.json(
      { error: overseen.tracesCalls ? 'no such call is known' : 'calls are not traced: trace.calls is 0' },
      404,
    );
  });
}

/** Exactly the fields that RULES.md section 9 lists. */
function applicationStatus(
  { name, version, state, application, error }: DeploymentRecord,
  sessionsOf: Awaited<ReturnType<Overseen['sessions']>>,
): ApplicationStatus {
  const sessions = application === undefined ? 0 : sessionsOf(application);
  const status = { name, version, state, sessions, handlers: application?.table.lines() ?? [] };
  return error === undefined ? status : { ...status, error };
}

/** The record of that version. It may be gone if the version was replaced in the meantime. */
function recordOf(deployments: Deployments, application: DeployedApplication): DeploymentRecord {
  const record = deployments.records().find((each) => each.application === application);
  const { name, version } = application;
  return record ?? { name, version, path: '', state: 'draining', application };
}

function noApplication(name: string): string {
  return `no application '${name}' is in service`;
}
