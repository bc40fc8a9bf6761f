// A SIP message as the phones read and write it: lines of text, written from RFC 3261 §7 and §25 without the code of
// the container, so that the container is judged by somebody else's eyes.
import { present } from '../../container/base/present.js';

/** §7.3.3 and the extensions that define one: compact form → name. */
const COMPACT: ReadonlyMap<string, string> = new Map([
  ['i', 'call-id'],
  ['m', 'contact'],
  ['e', 'content-encoding'],
  ['l', 'content-length'],
  ['c', 'content-type'],
  ['f', 'from'],
  ['s', 'subject'],
  ['k', 'supported'],
  ['t', 'to'],
  ['v', 'via'],
  ['u', 'allow-events'],
  ['o', 'event'],
  ['r', 'refer-to'],
  ['b', 'referred-by'],
  ['x', 'session-expires'],
]);

const keyOf = (name: string): string => COMPACT.get(name.toLowerCase()) ?? name.toLowerCase();

export class TextMessage {
  constructor(
    public startLine: string,
    /** Name as written and value, in order. */
    readonly headers: [name: string, value: string][] = [],
    public body = '',
  ) {}

  /** Reads a datagram, or a message that was framed. Throws a sentence when it is not SIP. */
  static read(wire: string): TextMessage {
    const text = wire.replace(/^(\r\n)+/, '');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`no empty line ends the header: ${JSON.stringify(wire.slice(0, 60))}`);
    const [startLine = '', ...lines] = text.slice(0, end).split('\r\n');
    if (!/^(SIP\/2\.0 [1-6]\d\d( |$)|[^ ]+ [^ ]+ SIP\/2\.0$)/.test(startLine))
      throw new Error(`no start line: ${startLine}`);
    const message = new TextMessage(startLine, [], text.slice(end + 4));
    for (const line of lines) {
      const last = message.headers.at(-1);
      if (/^[ \t]/.test(line) && last) last[1] += ` ${line.trim()}`;
      else {
        const colon = line.indexOf(':');
        if (colon <= 0) throw new Error(`no header field: ${line}`);
        message.headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
      }
    }
    return message;
  }

  get isRequest(): boolean {
    return !this.startLine.startsWith('SIP/');
  }

  /** Of a response: that of the request which it answers. */
  get method(): string {
    return this.isRequest
      ? this.startLine.slice(0, this.startLine.indexOf(' '))
      : (this.header('CSeq') ?? '').replace(/^\S*\s*/, '');
  }

  get uri(): string {
    return this.startLine.split(' ')[1] ?? '';
  }

  /** 0 for a request. */
  get status(): number {
    return this.isRequest ? 0 : Number(this.startLine.slice(8, 11));
  }

  get reason(): string {
    return this.isRequest ? '' : this.startLine.slice(12);
  }

  /** The value of the first field with this name. */
  header(name: string): string | undefined {
    const key = keyOf(name);
    return this.headers.find(([each]) => keyOf(each) === key)?.[1];
  }

  /** The values of all fields with this name, comma lists taken apart. */
  list(name: string): string[] {
    const key = keyOf(name);
    return this.headers.filter(([each]) => keyOf(each) === key).flatMap(([, value]) => elements(value));
  }

  /** Adds fields below all others. */
  add(name: string, ...values: string[]): this {
    for (const value of values) this.headers.push([name, value]);
    return this;
  }

  /** Puts these fields in the place of all with this name; none takes it away. */
  set(name: string, ...values: string[]): this {
    const key = keyOf(name);
    const at = this.headers.findIndex(([each]) => keyOf(each) === key);
    const others = this.headers.filter(([each]) => keyOf(each) !== key);
    others.splice(at < 0 ? others.length : at, 0, ...values.map((value): [string, string] => [name, value]));
    this.headers.splice(0, this.headers.length, ...others);
    return this;
  }

  get fromTag(): string | undefined {
    return parameter(this.header('From') ?? '', 'tag');
  }

  get toTag(): string | undefined {
    return parameter(this.header('To') ?? '', 'tag');
  }

  get callId(): string {
    return this.header('Call-ID') ?? '';
  }

  /** The number of CSeq. */
  get sequence(): number {
    return Number.parseInt(this.header('CSeq') ?? '', 10);
  }

  /** Branch of the topmost Via. */
  get branch(): string | undefined {
    return parameter(this.list('Via')[0] ?? '', 'branch');
  }

  toString(): string {
    return `${this.startLine}\r\n${this.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${this.body}`;
  }
}

/** Takes a comma list apart, commas between quotes and angle brackets left alone. */
export function elements(value: string): string[] {
  const found = value.match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+/g) ?? [];
  return found.map((element) => element.trim()).filter((element) => element !== '');
}

/** A header parameter: one that follows the angle brackets, if there are any. '' for one without a value. */
export function parameter(value: string, name: string): string | undefined {
  const behind = value.replace(/"(?:[^"\\]|\\.)*"/g, '').replace(/<[^>]*>/, '');
  for (const part of behind.split(';').slice(1)) {
    const [key = '', text = ''] = part.split('=').map((each) => each.trim());
    if (key.toLowerCase() === name) return text;
  }
  return undefined;
}

/** The URI of a name-addr or addr-spec. */
export function uriIn(value: string): string {
  return /<([^>]*)>/.exec(value.replace(/"(?:[^"\\]|\\.)*"/g, ''))?.[1] ?? value.replace(/[;,].*/, '').trim();
}

/** Host, port and parameters of a SIP URI, as a phone needs them to send there. */
export function uriParts(uri: string): { host: string; port: number | undefined; parameters: Map<string, string> } {
  const match = /^sips?:(?:[^@]*@)?(\[[^\]]*\]|[^:;?]*)(?::(\d+))?((?:;[^?]*)?)/i.exec(uri);
  if (!match) throw new Error(`no SIP URI: ${uri}`);
  const parameters = new Map<string, string>();
  for (const part of present(match[3]).split(';').slice(1)) {
    const [name = '', value = ''] = part.split('=');
    parameters.set(name.toLowerCase(), value);
  }
  return { host: present(match[1]).replace(/[[\]]/g, ''), port: match[2] ? Number(match[2]) : undefined, parameters };
}
