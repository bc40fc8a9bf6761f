// The admin address: an HTTP server for operators, bound to loopback unless configured otherwise (RULES.md section 9).
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Logger } from 'pino';
import { type AdminAddress, ConfigurationError } from '../configuration/configuration.js';
import type { Deployments } from '../deployment/deployments.js';
import type { Overseen } from '../observe/overseen.js';
import { isLoopbackAddress } from './guard.js';
import { routes } from './routes.js';

interface AdminOptions {
  readonly address: Exclude<AdminAddress, 'off'>;
  readonly deployments: Deployments;
  readonly overseen: Overseen;
  /** The largest archive accepted, in octets. */
  readonly archiveSize: number;
  readonly log: Logger;
  /** A connection without traffic for this many milliseconds is closed. */
  readonly idleTime?: number;
}

/** The admin server, once it listens. */
export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;
/** Milliseconds for a whole request; an archive may be large. */
const REQUEST_TIME = 120_000;
const HEADERS_TIME = 10_000;
/** Milliseconds without traffic. Compiling takes less, and event streams send a heartbeat. */
const IDLE_TIME = 200_000;

/** Rejects when the address cannot be bound, or needs a token and has none. */
export async function startAdmin({ address, log, idleTime = IDLE_TIME, ...parts }: AdminOptions): Promise<AdminServer> {
  const isLoopback = isLoopbackAddress(address.address);
  const token = address.token ?? (isLoopback ? undefined : process.env.SIPLET_TOKEN || undefined);
  const where = `${address.address.includes(':') ? `[${address.address}]` : address.address}:${address.port}`;
  if (!isLoopback && token === undefined) {
    throw new ConfigurationError(
      `admin: ${where} can be reached from other hosts and needs a token: write admin: { listen, token }, or set SIPLET_TOKEN`,
    );
  }
  const failed = (error: unknown): void => log.error({ err: error }, 'the admin address failed');
  const { app, close } = routes({ ...parts, isLoopback, token, failed });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: { headersTimeout: HEADERS_TIME, requestTimeout: REQUEST_TIME },
  }) as Server;
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = idleTime;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`cannot listen on ${where} (admin): ${error.message}`)));
    server.listen(address.port, address.address, resolve);
  });
  server.on('error', failed);
  const url = `http://${where.replace(/:\d+$/, '')}:${(server.address() as AddressInfo).port}`;
  log.info({ url }, 'the admin address is open');
  return {
    url,
    close: () => {
      close();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
