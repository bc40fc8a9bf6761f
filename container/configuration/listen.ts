// Addresses as an operator writes them: 'udp:127.0.0.1:5060', 'tcp:[::1]:0', '127.0.0.1:8060'.
import { isIP } from 'node:net';

export type ListenTransport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** An address to listen on for SIP. Port 0 means any free port. */
export interface ListenAddress {
  readonly transport: ListenTransport;
  /** Numeric; IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

const TRANSPORTS: readonly string[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];
const DEFAULT_PORT: Record<ListenTransport, number> = { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 };

/** Returns a ListenAddress, or a sentence that says what is wrong with the text. */
export function listenAddress(text: string): ListenAddress | string {
  const colon = text.indexOf(':');
  const transport = text.slice(0, colon).toLowerCase();
  if (colon < 0 || !TRANSPORTS.includes(transport)) {
    return `'${text}' does not begin with a transport (${TRANSPORTS.join(', ')}): write for example udp:127.0.0.1:5060`;
  }
  const host = hostAndPort(text.slice(colon + 1), DEFAULT_PORT[transport as ListenTransport]);
  return typeof host === 'string' ? `'${text}': ${host}` : { transport: transport as ListenTransport, ...host };
}

/** Parses `address:port`, `[::1]:port` or just an address. Returns a sentence if the text is wrong. */
export function hostAndPort(text: string, defaultPort: number): { address: string; port: number } | string {
  const isBracketed = text.startsWith('[');
  const parts = isBracketed ? bracketed(text) : plain(text);
  if (parts === undefined) return 'the bracket of the IPv6 address is not closed';
  const { address, rest } = parts;
  const port = rest === '' ? defaultPort : portOf(rest);
  if (port === undefined) {
    if (!isBracketed && isIP(text) === 6) return `an IPv6 address is written in brackets: [${text}]`;
    return `'${rest.replace(/^:/, '')}' is not a port (0-65535)`;
  }
  const numeric = address === 'localhost' ? '127.0.0.1' : address;
  const family = isBracketed ? 6 : 4;
  return isIP(numeric) === family ? { address: numeric, port } : `'${address}' is not a numeric IPv${family} address`;
}

/** An address, and the text after it. */
interface Parts {
  readonly address: string;
  readonly rest: string;
}

/** Undefined when the bracket is not closed. */
function bracketed(text: string): Parts | undefined {
  const end = text.indexOf(']');
  return end < 0 ? undefined : { address: text.slice(1, end), rest: text.slice(end + 1) };
}

function plain(text: string): Parts {
  const colon = text.indexOf(':');
  const end = colon < 0 ? text.length : colon;
  return { address: text.slice(0, end), rest: text.slice(end) };
}

/** The reverse of `listenAddress`: 'udp:127.0.0.1:5060'. */
export function listenText({ transport, address, port }: { transport: string; address: string; port: number }): string {
  return `${transport}:${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function portOf(rest: string): number | undefined {
  if (!/^:\d{1,5}$/.test(rest)) return undefined;
  const port = Number(rest.slice(1));
  return port <= 65535 ? port : undefined;
}
