// The container as a system under test: the whole engine on the world's ports, with applications given as classes.
import { pino } from 'pino';
import type { DeployedApplication } from '../../container/application/application.js';
import { present } from '../../container/base/present.js';
import { tokensFor } from '../../container/composition/tokens.js';
import { parseConfiguration } from '../../container/configuration/configuration.js';
import { createApplication } from '../../container/deployment/create-application.js';
import { Engine } from '../../container/engine/engine.js';
import { ApplicationMetrics } from '../../container/observe/application-metrics.js';
import { authenticated } from '../../container/servlet/authenticated-handler.js';
import type { World } from './world.js';

export interface SipletOptions {
  readonly name?: string;
  readonly addresses?: readonly string[];
  /** 'udp:10.0.0.9:5060'; UDP and TCP on port 5060 of every address unless told. */
  readonly listen?: readonly string[];
  /** siplet.yaml. */
  readonly configuration?: string;
  /** 'trace' … 'silent'; lines at this level and above are kept in `log`. */
  readonly logLevel?: string;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

/** Exports of an application's entry module, by application name. */
export type Applications = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export class Siplet {
  readonly log: LogLine[] = [];
  active: DeployedApplication[] = [];
  /** Makes a version of an application, in the place of the former one, which drains from then on (D-1, D-2). */
  deploy!: (name: string, exports: Applications[string]) => Promise<DeployedApplication>;

  private constructor(
    readonly world: World,
    readonly engine: Engine,
    readonly address: string,
  ) {}

  static async start(world: World, applications: Applications, options: SipletOptions = {}): Promise<Siplet> {
    const addresses = options.addresses ?? ['10.0.0.9'];
    const ports = world.attach(options.name ?? 'siplet', addresses);
    const lines: LogLine[] = [];
    const log = pino(
      { level: options.logLevel ?? 'info', timestamp: false },
      { write: (line) => void lines.push(JSON.parse(line)) },
    );
    const configuration = parseConfiguration(options.configuration ?? '');
    const active: { active: DeployedApplication[] } = { active: [] };
    const engine = new Engine({ ...ports, key: [0x51b1e7, 0x5eed], log }, configuration, active);
    const siplet = new Siplet(world, engine, present(addresses[0]));
    (siplet as { log: LogLine[] }).log = lines;
    const host = (address: string) => (address.includes(':') ? `[${address}]` : address);
    const listen =
      options.listen ?? addresses.flatMap((address) => [`udp:${host(address)}:5060`, `tcp:${host(address)}:5060`]);
    await world.complete(engine.transport.listen(listen));
    let revisions = 0;
    siplet.deploy = async (name, exports) => {
      const application = await createApplication(
        { name, version: '1.0.0', path: name, directory: '.', entry: name } as never,
        ++revisions,
        { exports, release() {} } as never,
        {
          log,
          configOf: (app) => configuration.apps.get(app),
          defaults: { supervised: configuration.proxy.supervised, proxyTimeout: configuration.proxy.timeout },
          authenticated,
          tokens: (identity) => tokensFor(identity, () => engine, new ApplicationMetrics()),
        },
      );
      active.active = [...active.active.filter((each) => each.name !== name), application].sort((a, b) =>
        a.name < b.name ? -1 : 1,
      );
      siplet.active = active.active;
      return application;
    };
    for (const name of Object.keys(applications).sort()) await siplet.deploy(name, present(applications[name]));
    return siplet;
  }

  /** What of it is alive. All zero when every transaction has ended and every call is over. */
  get alive(): Record<string, number> {
    return { ...this.engine.transactions.size, ...this.engine.size };
  }

  /** Lines of at least this level: 40 is warn, 50 is error. */
  problems(level = 40): string[] {
    return this.log
      .filter((line) => line.level >= level)
      .map((line) => `${line.msg}${line.err ? `: ${(line.err as { message: string }).message}` : ''}`);
  }
}
