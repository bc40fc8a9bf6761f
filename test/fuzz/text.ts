// SIP as text, for the fuzz. It reads and writes SIP with code of its own, to judge what the container does.
// Phones here write long names.
import { present } from '../../container/base/present.js';

export class Sip {
  readonly isRequest: boolean;
  /** Of a response: that of the request which it answers. */
  readonly method: string;
  readonly uri: string;
  /** 0 for a request. */
  readonly status: number;
  readonly body: string;
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  constructor(readonly wire: string) {
    const end = wire.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`no empty line ends the header: ${JSON.stringify(wire.slice(0, 60))}`);
    const lines = wire.slice(0, end).split('\r\n');
    for (let i = 1; i < lines.length; i++) {
      const line = present(lines[i]);
      const colon = line.indexOf(':');
      if (colon < 1) throw new Error(`no header field: ${line}`);
      this.#names.push(line.slice(0, colon).trim().toLowerCase());
      this.#values.push(line.slice(colon + 1).trim());
    }
    const start = present(lines[0]);
    this.isRequest = !start.startsWith('SIP/2.0 ');
    this.status = this.isRequest ? 0 : Number(start.slice(8, 11));
    const words = start.split(' ');
    this.method = this.isRequest ? present(words[0]) : this.cseq.slice(this.cseq.indexOf(' ') + 1);
    this.uri = this.isRequest ? present(words[1]) : '';
    if (this.isRequest ? words[2] !== 'SIP/2.0' : !(this.status >= 100 && this.status < 700))
      throw new Error(`no start line: ${start}`);
    this.body = wire.slice(end + 4);
    const length = this.header('content-length');
    if (length !== undefined && Number(length) !== this.body.length)
      throw new Error(`Content-Length ${length} for a body of ${this.body.length}`);
  }

  header(name: string): string | undefined {
    const at = this.#names.indexOf(name);
    return at < 0 ? undefined : this.#values[at];
  }

  all(name: string): string[] {
    return this.#values.filter((_, i) => this.#names[i] === name);
  }

  get cseq(): string {
    return this.header('cseq') ?? '';
  }

  get branch(): string {
    return parameter(this.header('via') ?? '', 'branch') ?? '';
  }

  get fromTag(): string {
    return parameter(this.header('from') ?? '', 'tag') ?? '';
  }

  get toTag(): string {
    return parameter(this.header('to') ?? '', 'tag') ?? '';
  }

  /** What tells a response of a phone, or of the application, from every other; '' for one that the container made. */
  get id(): string {
    return this.header('x-id') ?? '';
  }

  /** '486 c1.3', 'INVITE sip:c1@10.0.1.1', for people. */
  toString(): string {
    return this.isRequest ? `${this.method} ${this.uri}` : `${this.status} ${this.id}`.trim();
  }
}

export function parameter(value: string, name: string): string | undefined {
  const behind = value.slice(value.lastIndexOf('>') + 1);
  const at = behind.indexOf(`;${name}=`);
  if (at < 0) return undefined;
  const from = at + name.length + 2;
  let to = from;
  while (to < behind.length && !';, '.includes(present(behind[to]))) to++;
  return behind.slice(from, to);
}

/** The URI between angle brackets. */
export function uriIn(value: string): string {
  return value.slice(value.indexOf('<') + 1, value.indexOf('>'));
}

export type Headers = readonly (readonly [name: string, value: string])[];

export function request(method: string, uri: string, headers: Headers, body = ''): string {
  return compose(`${method} ${uri} SIP/2.0`, [['Max-Forwards', '70'], ...headers], body);
}

export interface ResponseParts {
  readonly status: number;
  /** The To tag; '' for none. */
  readonly tag: string;
  readonly headers?: Headers;
  readonly body?: string;
}

/** §8.2.6: Via, From, To, Call-ID, CSeq of the request; Record-Route where a dialog may come of it (§12.1.1). */
export function responseTo(to: Sip, { status, tag, headers = [], body = '' }: ResponseParts): string {
  const copied: [string, string][] = to.all('via').map((via) => ['Via', via]);
  if (status > 100 && status < 300) for (const route of to.all('record-route')) copied.push(['Record-Route', route]);
  const party = present(to.header('to'));
  copied.push(
    ['From', present(to.header('from'))],
    ['To', tag === '' || to.toTag !== '' ? party : `${party};tag=${tag}`],
  );
  copied.push(['Call-ID', present(to.header('call-id'))], ['CSeq', to.cseq]);
  return compose(`SIP/2.0 ${status} Reason`, [...copied, ...headers], body);
}

function compose(start: string, headers: Headers, body: string): string {
  let text = `${start}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  const type = body.startsWith('v=0') ? 'application/sdp' : 'text/plain';
  return `${text}${body === '' ? '' : `Content-Type: ${type}\r\n`}Content-Length: ${body.length}\r\n\r\n${body}`;
}
