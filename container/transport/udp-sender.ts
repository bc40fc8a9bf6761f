// Sends datagrams at once on what Node keeps of a socket: without a callback, a tick and four objects for each that has
// left, which is nearly every one.
import { getSystemErrorName } from 'node:util';

/** Octets of a datagram over IPv4 at most. */
const LARGEST = 65_507;
/** Up to this length what is sent is written in place, into one piece of memory. */
const USUAL = 2048;

/** What Node has and its types do not show. */
interface Handle {
  /**
   * More than 0: it has left. 0: the system's buffer is full, and it waits; the memory is in use until it has left.
   * Less: an error of libuv.
   */
  send(
    request: object,
    list: readonly Uint8Array[],
    count: number,
    port: number,
    address: string,
    told: boolean,
  ): number;
  send6: Handle['send'];
}
/** Of what is being sent; keeps its memory. */
interface SendRequest {
  list?: unknown;
}
interface Octets {
  latin1Write(text: string, offset: number, length: number): number;
}

/** Of what is being sent. Undefined where a version of Node does not show it any more. */
const SendWrap = (() => {
  try {
    const { binding } = process as unknown as { binding?(name: string): { SendWrap?: new () => SendRequest } };
    return binding?.call(process, 'udp_wrap').SendWrap;
  } catch {
    return undefined;
  }
})();

export class UdpSender {
  readonly #handle: Handle;
  readonly #isV6: boolean;
  readonly #newRequest: new () => SendRequest;
  #request: SendRequest;
  #memory = Buffer.allocUnsafeSlow(USUAL);
  /** The memory's first octets, by their number. */
  #pieces: (readonly Uint8Array[] | undefined)[] = [];

  private constructor(handle: Handle, isV6: boolean, newRequest: new () => SendRequest) {
    this.#handle = handle;
    this.#isV6 = isV6;
    this.#newRequest = newRequest;
    this.#request = new newRequest();
  }

  /** Undefined where Node does not let it: then its public way is to be taken. */
  static of(handle: object | undefined, isV6: boolean): UdpSender | undefined {
    const { send, send6 } = Object(handle) as Partial<Handle>;
    if (SendWrap === undefined || typeof send !== 'function' || typeof send6 !== 'function') return undefined;
    return new UdpSender(handle as Handle, isV6, SendWrap);
  }

  /** Why it has not left; undefined when it has, or will when the system has room for it. */
  readonly send = (wire: string, port: number, address: string): Error | undefined => {
    const { length } = wire;
    if (length > LARGEST || !(port > 0 && port < 65_536))
      return new Error(`no datagram of ${length} octets to port ${port}`);
    const list = length <= USUAL ? this.#pieceOf(length) : [Buffer.allocUnsafe(length)];
    (list[0] as unknown as Octets).latin1Write(wire, 0, length);
    const request = this.#request;
    const code = this.#isV6
      ? this.#handle.send6(request, list, 1, port, address, false)
      : this.#handle.send(request, list, 1, port, address, false);
    if (code > 0) return undefined;
    if (code < 0) return errorOf(code, address, port);
    // It goes out later, from this memory.
    request.list = list;
    this.#request = new this.#newRequest();
    this.#memory = Buffer.allocUnsafeSlow(USUAL);
    this.#pieces = [];
    return undefined;
  };

  #pieceOf(length: number): readonly Uint8Array[] {
    const known = this.#pieces[length];
    if (known !== undefined) return known;
    const piece = [this.#memory.subarray(0, length)];
    this.#pieces[length] = piece;
    return piece;
  }
}

function errorOf(code: number, address: string, port: number): Error {
  const name = getSystemErrorName(code);
  return Object.assign(new Error(`send ${name} ${address}:${port}`), { code: name, syscall: 'send', address, port });
}
