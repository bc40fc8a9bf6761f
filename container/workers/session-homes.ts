// C-42 with several engines: all requests with one key are handled by the engine that the key determines, whatever
// their Call-ID.
import type { DeployedApplication } from '../application/application.js';
import { Malformed, parse, type Request, type Uri } from '../message/index.js';
import { type Own, preprocessRoute } from '../proxy/route-preprocessing.js';
import { ReadonlySipRequest } from '../servlet/readonly-request.js';
import type { Flow } from '../transport/flow.js';
import { hashOf } from './destination.js';
import type { Source } from './engine-network.js';

/** What is needed of the engine. */
export interface HomeGround {
  readonly count: number;
  readonly own: Own;
  /** Whether the request's transaction is here: then it is a retransmission. */
  isAtHome(request: Request): boolean;
  /**
   * Whether the request names something that is here, whatever its key: a session, a dialog (JSR 289 §15.11), or an
   * earlier answer of the router. `route` is our Route value by which it came.
   */
  isNamed(request: Request, route: Uri | undefined): boolean;
  /** The applications that may get the request, in the router's order. */
  applicationsFor(method: string): readonly DeployedApplication[];
}

/** The engine that has the session of the request's key; undefined when there is no key. */
export function homeOf(wire: string, source: Source, ground: HomeGround): number | undefined {
  if (wire.startsWith('SIP/')) return undefined;
  const request = parse(wire, source.stream < 0 ? 'datagram' : 'stream');
  if (request instanceof Malformed || !request.isRequest) return undefined;
  const { method, to } = request as Request;
  if (to.tag !== undefined || method === 'ACK' || method === 'CANCEL') return undefined;
  try {
    return engineOfKey(request as Request, source, ground);
  } catch {
    // The engine that keeps the request runs into the same error, and reports the application (C-41).
    return undefined;
  }
}

/** Throws the error of the application's function, and for a request that §16.4 cannot process. */
function engineOfKey(request: Request, source: Source, ground: HomeGround): number | undefined {
  if (ground.isAtHome(request)) return undefined;
  const flow = { transport: source.stream < 0 ? 'UDP' : 'TCP', ...flowOf(source) } as Flow;
  const route = preprocessRoute(request, ground.own, flow);
  if (ground.isNamed(request, route)) return undefined;
  const view = new ReadonlySipRequest(request, flow, route);
  for (const { name, table } of ground.applicationsFor(request.method)) {
    const key: unknown = table.sessionKey?.(view);
    if (typeof key === 'string') return hashOf(`${name}\n${key}`) % ground.count;
  }
  return undefined;
}

function flowOf({ address, port }: Source): Partial<Flow> {
  return { reliable: false, localAddress: '', localPort: 0, remoteAddress: address, remotePort: port, open: true };
}
