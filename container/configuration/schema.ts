// Every key of siplet.yaml with its default and meaning: RULES.md section 8. The table in the README is generated from
// here.
import { availableParallelism } from 'node:os';
import { milliseconds as toMilliseconds } from '@siplet/sdk';
import { z } from 'zod';
import { hostAndPort, type ListenAddress, listenAddress } from './listen.js';

/** A number of milliseconds, or '500ms', '10s', '3m', '1h'. */
function milliseconds(fallback: number, meaning: string) {
  const error = "must be milliseconds or a text such as '500ms', '10s', '3m', '1h'";
  return z
    .union([z.number({ error }).int({ error }).min(0, { error }), z.string().regex(/^\d{1,9}(ms|s|m|h)$/, { error })], {
      error,
    })
    .transform((value) => toMilliseconds(value))
    .default(fallback)
    .describe(meaning);
}

function count(fallback: number, meaning: string, smallest = 1) {
  return z.number().int().min(smallest).default(fallback).describe(meaning);
}

const listen = z
  .union([z.string(), z.array(z.string()).min(1)], {
    error: 'must be an address such as udp:127.0.0.1:5060, or a list of them',
  })
  .transform((value, context): ListenAddress[] => {
    const addresses: ListenAddress[] = [];
    for (const [index, text] of (typeof value === 'string' ? [value] : value).entries()) {
      const address = listenAddress(text);
      if (typeof address === 'string')
        context.addIssue({ code: 'custom', message: address, path: Array.isArray(value) ? [index] : [] });
      else addresses.push(address);
    }
    return addresses;
  });

/** The admin address, or `off`. */
export type AdminAddress = 'off' | { readonly address: string; readonly port: number; readonly token?: string };

const token = z.string().regex(/^[\x21-\x7e]+$/, { error: 'must consist of visible characters, without spaces' });

const admin = z
  .union([z.literal(false), z.string(), z.strictObject({ listen: z.string(), token: token.optional() })], {
    error: "must be an address such as 127.0.0.1:8060, 'off', or { listen, token }",
  })
  .transform((value, context): AdminAddress => {
    // `off` is a string in YAML 1.2, and false in YAML 1.1.
    if (value === 'off' || value === false) return 'off';
    const text = typeof value === 'string' ? value : value.listen;
    const host = hostAndPort(text, 8060);
    if (typeof host === 'string') {
      context.addIssue({
        code: 'custom',
        message: `'${text}': ${host}`,
        path: typeof value === 'string' ? [] : ['listen'],
      });
      return 'off';
    }
    const own = typeof value === 'string' ? undefined : value.token;
    const token = own ?? (isLoopback(host.address) ? undefined : process.env.SIPLET_TOKEN || undefined);
    if (!isLoopback(host.address) && token === undefined) {
      context.addIssue({
        code: 'custom',
        message: `${host.address} is not a loopback address: a token is required: admin: { listen, token }, or SIPLET_TOKEN of the environment`,
      });
    }
    return token === undefined ? host : { ...host, token };
  });

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

const router = z.record(z.string(), z.unknown()).transform((value, context): RouterOrder => {
  const order = new Map<string, readonly string[]>();
  let application: string | undefined;
  for (const [key, entry] of Object.entries(value)) {
    const isName = typeof entry === 'string' && entry !== '';
    if (key === 'application') {
      if (isName) application = entry;
      else
        context.addIssue({
          code: 'custom',
          path: [key],
          message: 'must be the name of the application that exports the router',
        });
    } else if (key !== '*' && !/^[A-Z0-9\-.!%*_+`'~]+$/.test(key)) {
      context.addIssue({
        code: 'custom',
        path: [key],
        message: `'${key}' is neither 'application', nor '*', nor a SIP method in capitals`,
      });
    } else if (isName) {
      order.set(key, [entry]);
    } else if (Array.isArray(entry) && entry.every((name) => typeof name === 'string')) {
      order.set(key, entry);
    } else {
      context.addIssue({ code: 'custom', path: [key], message: 'must be a list of application names' });
    }
  }
  return application === undefined ? { order } : { application, order };
});

/** Which applications a request meets, by method (RULES.md section 5). */
export interface RouterOrder {
  /** The application that exports the `@ApplicationRouter()`. */
  readonly application?: string;
  /** The names in order, by method or '*'. Empty when nothing was configured: every application, alphabetically. */
  readonly order: ReadonlyMap<string, readonly string[]>;
}

const timers = z.strictObject({
  t1: milliseconds(500, 'T1, the estimated round-trip time (RFC 3261 §17, Table 4)'),
  t2: milliseconds(4000, 'T2, the longest interval between retransmissions'),
  t4: milliseconds(5000, 'T4, how long a message may remain in the network'),
  timerC: milliseconds(
    185_000,
    'Timer C, how long an INVITE branch may stay unanswered: more than 3 minutes (§16.6 step 11)',
  ).refine((value) => value > 180_000, { error: 'must be more than 3 minutes (§16.6 step 11)' }),
});

const proxy = z.strictObject({
  supervised: z
    .boolean()
    .default(true)
    .describe('whether applications see the responses to requests that they proxy, unless the siplet says otherwise'),
  timeout: milliseconds(
    180_000,
    'how long a proxied request may stay unanswered, unless the siplet says otherwise; a second at least',
  ).refine((value) => value >= 1000, {
    error: "must be 1s or more: a number is milliseconds; write '20s' for seconds",
  }),
  maxForwards: z
    .number()
    .int()
    .min(1)
    .max(255)
    .default(70)
    .describe('Max-Forwards of a request that has none (§16.6 step 3)'),
});

const limits = z.strictObject({
  udpMtu: count(1300, 'a request of more octets is sent by TCP first (§18.1.1); 0: never', 0),
  bodySize: count(1_048_576, 'octets in the body of one message'),
  transactions: count(1_000_000, 'transactions at one time; above this, new initial requests are answered 503'),
  memory: count(90, 'per cent of the heap; above this for 5 s, new initial requests are answered 503; 0: never', 0),
  eventLoopDelay: milliseconds(
    500,
    'while the event loop is late by more than this for 5 s, new initial requests are answered 503; 0: never',
  ),
  connections: count(10_000, 'stream connections at one time'),
  connectionIdle: milliseconds(600_000, 'a stream connection without traffic for this long is closed'),
  handlerTimeout: milliseconds(10_000, 'a handler that keeps a message waiting for longer has failed'),
  answerWarning: milliseconds(
    5000,
    'after this time the log warns about an initial request that its handler neither answered nor proxied',
  ),
  answerTimeout: milliseconds(180_000, 'after this time such a request is answered 500'),
  dialogIdle: milliseconds(43_200_000, 'a record-routed dialog without any message for this long is forgotten'),
  sessionExpires: milliseconds(
    1_800_000,
    'a call in which an application is a user agent ends without a refresh for this long (RFC 4028); 0: no session timer',
  ),
  minSE: milliseconds(
    90_000,
    'the shortest interval between refreshes that is accepted: at least 90 s (RFC 4028 §5)',
  ).refine((value) => value >= 90_000, { error: 'must be at least 90 s (RFC 4028 §5)' }),
});

const deploy = z.strictObject({
  watch: z.boolean().default(true).describe('deploy an application again when its files change'),
  typeCheck: z
    .enum(['off', 'warn', 'strict'], { error: "must be 'off', 'warn' or 'strict'" })
    .default('warn')
    .describe('type errors: not looked for, reported, or refused'),
  drainTimeout: milliseconds(3_600_000, 'a replaced version is unloaded after this time, even with calls in progress'),
  store: z.string().min(1).default('.siplet').describe('the directory for deployed archives'),
  archiveSize: count(67_108_864, 'octets of an archive, packed and unpacked', 1024),
});

/** Nothing reads these keys yet: a file that is missing would never be noticed. */
const NO_TLS = { error: 'cannot be used: this container has no TLS yet; remove it, and let a proxy before it end TLS' };
const pemFile = (what: string) =>
  z
    .string()
    .optional()
    .refine((file) => file === undefined, NO_TLS)
    .describe(`PEM file of ${what} (TLS is not available yet: refused)`);

const tls = z.strictObject({
  certificate: pemFile('the certificate chain'),
  key: pemFile('the private key'),
  ca: pemFile('the authorities that peers are checked against'),
  verifyClient: z
    .boolean()
    .default(false)
    .refine((isWanted) => !isWanted, NO_TLS)
    .describe('whether connecting peers are asked for a certificate (TLS is not available yet: true is refused)'),
});

const log = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be trace, debug, info, warn, error, fatal or silent',
    })
    .default('info')
    .describe('the lowest level that is written'),
  format: z
    .enum(['auto', 'json', 'text'], { error: "must be 'auto', 'json' or 'text'" })
    .default('auto')
    .describe('auto: text on a terminal, JSON lines elsewhere'),
});

const trace = z.strictObject({
  calls: count(1000, 'recent calls whose messages are kept for ladders; 0: none', 0),
  messages: count(200, 'messages kept of one call', 0),
});

/** With more engines, the identifiers in messages could not tell them apart. */
export const MAX_WORKERS = 32;

const workers = z
  .union([z.literal('auto'), z.number().int().min(1).max(MAX_WORKERS)], {
    error: `must be a number from 1 to ${MAX_WORKERS}, or 'auto': as many as there are cores`,
  })
  .transform((value) => (value === 'auto' ? Math.min(MAX_WORKERS, availableParallelism()) : value));

/** Treats an absent section like an empty one: its keys have their defaults. */
function section<T extends z.ZodType<unknown, Record<string, unknown>>>(schema: T, meaning: string) {
  return z.preprocess((value) => value ?? {}, schema).describe(meaning);
}

export const schema = z.strictObject({
  listen: listen
    .default(() => [
      { transport: 'udp' as const, address: '127.0.0.1', port: 5060 },
      { transport: 'tcp' as const, address: '127.0.0.1', port: 5060 },
    ])
    .describe(
      'where to listen for SIP: udp and tcp (tls, ws and wss are not available yet); [::1] for IPv6; port 0 takes any free port',
    ),
  workers: workers
    .default(1)
    .describe('engines that share the calls, each in its own thread, up to 32; auto: one for each core'),
  admin: admin
    .default(() => ({ address: '127.0.0.1', port: 8060 }))
    .describe('the admin address, or off; `{ listen, token }` beyond loopback'),
  domains: z
    .array(z.string().min(1))
    .default(() => [])
    .describe("the container's own domain names, in addition to its addresses"),
  router: z
    .preprocess((value) => value ?? {}, router)
    .describe(
      'application names in order, by method or `*`; `application` names the application that exports a router',
    ),
  apps: z
    .preprocess((value) => value ?? {}, z.record(z.string(), z.unknown()))
    .describe('`apps.<name>` is the section of that application, which `@Config()` injects'),
  proxy: section(proxy, 'what proxies do unless siplet or handler say otherwise'),
  timers: section(timers, 'the timers of RFC 3261, in milliseconds'),
  limits: section(limits, 'limits that protect the container'),
  deploy: section(deploy, 'deployment'),
  shutdown: section(
    z.strictObject({ timeout: milliseconds(30_000, 'how long calls in progress may take to end after SIGTERM') }),
    'stopping',
  ),
  store: section(
    z.strictObject({
      kind: z
        .enum(['memory', 'redis'], { error: "must be 'memory' or 'redis'" })
        .refine((kind) => kind === 'memory', { error: 'is not available yet: sessions are kept in memory' })
        .default('memory')
        .describe('where sessions are kept; redis is not available yet'),
      url: z.string().optional().describe('address of the Redis server'),
    }),
    'what survives a restart',
  ),
  tls: section(tls, 'certificates'),
  log: section(log, 'the log'),
  trace: section(trace, 'messages of calls, kept for operators'),
});

type Parsed = z.output<typeof schema>;

/**
 * The whole configuration, every key with its value. Times are milliseconds.
 */
export interface Configuration extends Omit<Parsed, 'apps'> {
  /** The section of each application, by its name. */
  readonly apps: ReadonlyMap<string, unknown>;
  /** The file it was read from, if there was one. */
  readonly file?: string;
}
