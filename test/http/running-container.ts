// A container that listens on loopback, in this process, with its admin address on a free port.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket as NetSocket } from 'node:net';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { present } from '../../container/base/present.js';
import { type ContainerAlone, startContainer } from '../../container/composition/container.js';
import { parseConfiguration } from '../../container/configuration/configuration.js';
import { createLog, type Logger } from '../../container/observe/log.js';
import { folder } from '../deployment/folder.js';

export interface Running {
  readonly container: ContainerAlone;
  readonly log: Logger;
  /** Of the admin address. */
  readonly url: string;
  readonly sip: number;
  /** The directory of its applications. */
  readonly directory: string;
  get(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

/** `yaml` is added to a configuration that suits a test. */
export async function running(files: Record<string, string>, yaml = ''): Promise<Running> {
  const directory = folder(files);
  const admin = /^admin:/m.test(yaml) ? '' : 'admin: 127.0.0.1:0\n';
  const deploy = `deploy: { watch: false, typeCheck: off, store: ${JSON.stringify(folder({}))}, archiveSize: 200000 }\n`;
  const configuration = parseConfiguration(
    `listen: [udp:127.0.0.1:0]\nshutdown: { timeout: 0 }\n${deploy}${admin}${yaml}`,
  );
  const log = createLog(
    { level: 'info', format: 'json' },
    new Writable({ write: (_chunk, _encoding, done) => done() }),
  );
  const container = await startContainer({ configuration, log, directory });
  onTestFinished(() => container.stop());
  const url = container.admin ?? '';
  return {
    container,
    log,
    url,
    directory,
    sip: present(container.listening[0]).port,
    get: (path, init) => fetch(`${url}${path}`, init),
    stop: () => container.stop(),
  };
}

/** A request that fetch refuses to make: with another Host, for example. */
export function raw(url: string, path: string, headers: Record<string, string>): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, headers, method: 'GET' }, (answer) => {
      answer.resume();
      resolve(present(answer.statusCode));
    });
    request.on('error', reject).end();
  });
}

/** A connection on which these octets have been sent. */
export function connected(url: string, octets: string): NetSocket {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(octets);
  return socket;
}

/** All that is answered to these octets. */
export async function answerTo(url: string, octets: string): Promise<string> {
  let answer = '';
  for await (const chunk of connected(url, octets)) answer += String(chunk);
  return answer;
}

/** A telephone that sends one request, and gives back every message until a final one has come. */
export async function call(port: number, method = 'INVITE', callId = 'a/b@example.com'): Promise<string[]> {
  const socket: Socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const own = socket.address().port;
  const lines = [
    `${method} sip:bob@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK${Math.random().toString(36).slice(2)}`,
    'Max-Forwards: 70',
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    `Call-ID: ${callId}`,
    `CSeq: 1 ${method}`,
    'Content-Length: 0',
  ];
  const got: string[] = [];
  const done = new Promise<string[]>((resolve) => {
    socket.on('message', (octets) => {
      const text = octets.toString();
      got.push(text.slice(0, text.indexOf('\r\n')));
      if (!/^SIP\/2\.0 1/.test(text)) resolve(got);
    });
  });
  socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, '127.0.0.1');
  return done;
}

/** An application that answers every INVITE with `status`. */
export function answering(className: string, status = 486): string {
  return `import { Invite, Metrics, Siplet, type SipRequest } from '@siplet/sdk';
import { inject } from 'inversify';
@Siplet() export class ${className} {
  readonly #calls;
  constructor(@inject(Metrics) metrics: Metrics) { this.#calls = metrics.counter('calls_total', 'Calls'); }
  @Invite() ring(request: SipRequest) {
    this.#calls.increment({ from: 'somewhere' });
    request.createResponse(${status}).send();
  }
}
`;
}

/** The files of a package. */
export function packageOf(name: string, version: string, source = answering('Hunt')): Record<string, string> {
  return { 'package.json': JSON.stringify({ name, version }), 'index.ts': source };
}

/** Reads events until `count` of them have come. */
export async function eventsOf(answer: Response, count: number): Promise<{ kind: string; data: unknown }[]> {
  const reader = present(answer.body).pipeThrough(new TextDecoderStream()).getReader();
  const events: { kind: string; data: unknown }[] = [];
  let rest = '';
  while (events.length < count) {
    const { value, done } = await reader.read();
    if (done) break;
    const blocks = (rest + value).split('\n\n');
    rest = present(blocks.pop());
    for (const block of blocks) {
      const kind = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (kind && data) events.push({ kind, data: JSON.parse(data) });
    }
  }
  await reader.cancel();
  return events;
}
