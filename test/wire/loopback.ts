// A container with the application of a script and four phones around it, on real sockets, over UDP or over TCP.
import type { RequestOptions } from '../world/compose.js';
import type { ServerRequest } from '../world/incoming.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { Phone } from '../world/phone.js';
import type { Transport } from '../world/phone-wire.js';
import { applicationOf, type Script } from '../world/script.js';
import type { Siplet } from '../world/siplet.js';
import type { ApplicationClass } from '../world/stage.js';
import { RealWorld } from './real-world.js';

/** Times of a flow: 64*T1 is 1.28 s. */
const TIMERS = 'timers: { t1: 20, t2: 160, t4: 200 }';

export interface Options {
  readonly siplet?: Parameters<typeof applicationOf>[2];
  readonly configuration?: string;
  /** Instead of the script's. */
  readonly application?: ApplicationClass;
}

export class Loopback {
  constructor(
    readonly world: RealWorld,
    readonly container: Siplet & { port: number },
    readonly transport: Transport,
    readonly seen: readonly string[],
    readonly alice: Phone,
    readonly bob: Phone,
    readonly carol: Phone,
    readonly dave: Phone,
  ) {}

  /** Where requests of alice's go. */
  get via(): string {
    return `127.0.0.9:${this.container.port}`;
  }

  /** The target that a phone is reached by. */
  uri(phone: Phone, transport = this.transport): string {
    return phone.contactFor(transport);
  }

  /** Alice's INVITE by way of the container. */
  call(options: RequestOptions = {}): ClientRequest {
    return this.request('INVITE', options);
  }

  request(method: string, options: RequestOptions = {}): ClientRequest {
    return this.alice.request(method, 'sip:bob@example.com', { via: this.via, ...options });
  }

  /** A call that rang, and stands. */
  async established(options: RequestOptions = {}): Promise<{ call: ClientRequest; invite: ServerRequest }> {
    const call = this.call(options);
    const invite = await this.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    return { call, invite };
  }

  /** A request in the dialog of `from`, which `to` answers with 200. */
  async passes(method: string, from: ClientRequest | ServerRequest, to: Phone): Promise<void> {
    const request = from.dialog.request(method);
    const got = await to.receive(method);
    if (got.list('Route').length > 0) throw this.world.failure(`${method} came with a Route`);
    got.reply(200);
    await request.response(200);
  }
}

const worlds: RealWorld[] = [];

/**
 * Each file says `afterAll(nothingLeft)`: the last timers of all its worlds run down together, when every test is done.
 */
export async function nothingLeft(): Promise<void> {
  const closed = await Promise.allSettled(worlds.splice(0).map((world) => world.close()));
  for (const one of closed) if (one.status === 'rejected') throw one.reason;
}

/** `script` is given the stage, since targets have the ports that were free. */
export async function loopback(
  transport: Transport,
  script: (s: Loopback) => Script,
  options: Options = {},
): Promise<Loopback> {
  const world = new RealWorld();
  worlds.push(world);
  const [alice, bob, carol, dave] = (await Promise.all(
    ['alice', 'bob', 'carol', 'dave'].map((name, i) => world.phone(name, `127.0.0.${i + 1}`, { transport })),
  )) as [Phone, Phone, Phone, Phone];
  const seen: string[] = [];
  const early = new Loopback(world, undefined as never, transport, seen, alice, bob, carol, dave);
  const Application = options.application ?? applicationOf(script(early), seen, options.siplet);
  const configuration = `${TIMERS}\n${options.configuration ?? ''}`;
  const container = await world.siplet({ rules: { Application } }, { configuration });
  return new Loopback(world, container, transport, seen, alice, bob, carol, dave);
}
