// Sends datagrams directly on Node's internal handle of a socket: without the callback, the tick and the four objects
// that Node would spend on each datagram.
import { getSystemErrorName } from 'node:util';

/** The maximal size of a datagram over IPv4. */
const LARGEST = 65_507;
/** Datagrams up to this length are written into one reused buffer. */
const USUAL = 2048;

/** The part of Node's handle that its types do not show. */
interface Handle {
  /**
   * A positive result means sent. 0 means that the system's buffer is full: the datagram waits, and its memory is in
   * use until it is sent. A negative result is an error of libuv.
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
/** Node's object for one send; it keeps the memory alive. */
interface SendRequest {
  list?: unknown;
}
interface Octets {
  latin1Write(text: string, offset: number, length: number): number;
}

/** The class of these objects. Undefined in versions of Node that do not expose it. */
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
  /** The first n octets of the memory, by n. */
  #pieces: (readonly Uint8Array[] | undefined)[] = [];

  private constructor(handle: Handle, isV6: boolean, newRequest: new () => SendRequest) {
    this.#handle = handle;
    this.#isV6 = isV6;
    this.#newRequest = newRequest;
    this.#request = new newRequest();
  }

  /** Undefined where Node does not allow it; then use the public API. */
  static of(handle: object | undefined, isV6: boolean): UdpSender | undefined {
    const { send, send6 } = Object(handle) as Partial<Handle>;
    if (SendWrap === undefined || typeof send !== 'function' || typeof send6 !== 'function') return undefined;
    return new UdpSender(handle as Handle, isV6, SendWrap);
  }

  /** Returns the error; undefined when the datagram was sent, or will be when the system has room. */
  readonly send = (wire: string, port: number, address: string): Error | undefined => {
    const { length } = wire;
    if (length > LARGEST || !(port > 0 && port < 65_536))
      return new Error(`a datagram of ${length} octets to port ${port} is not possible`);
    const list = length <= USUAL ? this.#pieceOf(length) : [Buffer.allocUnsafe(length)];
    (list[0] as unknown as Octets).latin1Write(wire, 0, length);
    const request = this.#request;
    const code = this.#isV6
      ? this.#handle.send6(request, list, 1, port, address, false)
      : this.#handle.send(request, list, 1, port, address, false);
    if (code > 0) return undefined;
    if (code < 0) return errorOf(code, address, port);
    // The datagram waits in this memory and is sent later.
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
