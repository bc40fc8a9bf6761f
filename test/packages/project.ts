// A container in a project of its user, and the messages of a call to it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { present } from '../../container/base/present.js';
import type { LogLine } from '../running/process.js';
import { type Arrival, Inbox } from '../running/wire.js';
import { ENVIRONMENT } from './packed.js';

/** `siplet run`, started as a user starts it. */
export class Running {
  readonly lines: LogLine[] = [];
  readonly #log = new Inbox<LogLine>('the log');
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ status: number | null; err: string }>;

  constructor(cwd: string, program: string, ...words: string[]) {
    // In a process group of its own: npx stands between, and passes no signal on.
    const child = spawn(program, words, { cwd, env: ENVIRONMENT, detached: true });
    onTestFinished(() => this.#signal('SIGKILL'));
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as LogLine;
      this.lines.push(line);
      this.#log.push(line);
    });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', (status) => resolve({ status, err })));
  }

  /** The line with this message; rejects with what it wrote to standard error when it ends without. */
  async said(message: string): Promise<LogLine> {
    const ended = this.#ended.then(({ err }) => Promise.reject(new Error(`it ended without '${message}': ${err}`)));
    return Promise.race([this.#log.take(({ msg }) => msg === message, 20_000), ended]);
  }

  /** The UDP port that it listens on. */
  async port(): Promise<number> {
    const { listening } = await this.said('ready');
    const [address] = listening as string[];
    return Number(present(address).split(':').at(-1));
  }

  terminate(): Promise<{ status: number | null; err: string }> {
    this.#signal('SIGTERM');
    return this.#ended;
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // It has ended.
    }
  }
}

export const finalTo =
  (method: string) =>
  ({ raw }: Arrival): boolean =>
    raw.status >= 200 && present(raw.value('cseq')).endsWith(` ${method}`);

interface Request {
  readonly method: string;
  readonly uri: string;
  readonly cseq: number;
  readonly to: string;
  /** The port of the caller. */
  readonly from: number;
}

export function request({ method, uri, cseq, to, from }: Request): string {
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${from};branch=z9hG4bK-${method}-${cseq}`,
    'Max-Forwards: 70',
    'From: <sip:alice@127.0.0.1>;tag=alice',
    `To: ${to}`,
    'Call-ID: first-call@127.0.0.1',
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:alice@127.0.0.1:${from}>`,
    'Content-Length: 0',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** What a phone answers. */
export function answer({ raw }: Arrival, status: string, contact: string): string {
  const lines = raw.lines.filter((line) => /^(via|from|to|call-id|cseq|record-route):/i.test(line));
  const head = lines.map((line) => (/^to:/i.test(line) ? `${line};tag=phone` : line));
  return `${[`SIP/2.0 ${status}`, ...head, `Contact: <${contact}>`, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`;
}
