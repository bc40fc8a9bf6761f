// C-42 with several engines: requests of one key meet in the engine that the key comes to, whatever
// their Call-ID (contract section 4).
import type { DeployedApplication } from '../application/application.js';
import { Malformed, parse, type Request, type Uri } from '../message/index.js';
import { type Own, preprocessRoute } from '../proxy/route-preprocessing.js';
import { ReadonlySipRequest } from '../servlet/readonly-request.js';
import type { Flow } from '../transport/flow.js';
import { hashOf } from './destination.js';
import type { Source } from './engine-network.js';

/** What is asked of the engine. */
export interface HomeGround {
  readonly count: number;
  readonly own: Own;
  /** Whether its transaction is here: it comes again. */
  isAtHome(request: Request): boolean;
  /**
   * Whether it asks for what is here, whatever its key: a session, a dialog (JSR 289 §15.11), or what the router has
   * said before. `route`: of ours, by which it came.
   */
  isNamed(request: Request, route: Uri | undefined): boolean;
  /** Those that may get the request, in the router's order. */
  applicationsFor(method: string): readonly DeployedApplication[];
}

/** The engine that has the session of the request's key; undefined where it asks for no key. */
export function homeOf(wire: string, source: Source, ground: HomeGround): number | undefined {
  if (wire.startsWith('SIP/')) return undefined;
  const request = parse(wire, source.stream < 0 ? 'datagram' : 'stream');
  if (request instanceof Malformed || !request.isRequest) return undefined;
  const { method, to } = request as Request;
  if (to.tag !== undefined || method === 'ACK' || method === 'CANCEL') return undefined;
  try {
    return engineOfKey(request as Request, source, ground);
  } catch {
    // The engine that keeps it comes to the same, and says whose fault it is (C-41).
    return undefined;
  }
}

/** Throws what the application's function throws, and for what §16.4 cannot make a request of. */
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
