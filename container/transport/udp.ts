// Datagrams on the system's sockets. Above this file octets are latin1 strings.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { familyOf } from './address.js';
import type { DatagramReceiver, DatagramSocket, SocketAddress } from './network.js';
import { UdpSender } from './udp-sender.js';

/** The receive buffer requested from the system, which may give less: bursts wait here while the event loop is busy. */
const BUFFER = 4 * 1024 * 1024;

/** A method of Buffer that avoids the decisions which `toString` makes at each call. */
interface Octets {
  latin1Slice(start: number, end: number): string;
}

/**
 * Replaces the resolver: every address is numeric already, and asking for each datagram would cost more than sending
 * it.
 */
function literal(
  address: string,
  _family: unknown,
  done: (error: Error | null, address: string, family: number) => void,
): void {
  done(null, address, familyOf(address));
}

function ignore(): void {}

export function bindUdp(address: string, port: number, receiver: DatagramReceiver): Promise<DatagramSocket> {
  const isV6 = familyOf(address) === 6;
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', ipv6Only: isV6, lookup: literal as never });
    socket.once('error', reject);
    socket.bind({ address, port }, () => {
      socket.off('error', reject);
      // An ICMP report: the transactions notice by their timers.
      socket.on('error', ignore);
      enlarge(socket);
      resolve(new UdpSocket(socket, receiver));
    });
  });
}

function enlarge(socket: Socket): void {
  for (let size = BUFFER; size >= 262_144; size /= 2) {
    try {
      socket.setRecvBufferSize(size);
      socket.setSendBufferSize(size);
      return;
    } catch {
      // The system allows only a smaller buffer.
    }
  }
}

class UdpSocket implements DatagramSocket {
  readonly local: SocketAddress;
  readonly #socket: Socket;
  sendNow: ((wire: string, port: number, address: string) => Error | undefined) | undefined;
  #closed = false;

  constructor(socket: Socket, receiver: DatagramReceiver) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.local = { address, port };
    this.sendNow = UdpSender.of(shownHandleOf(socket), familyOf(address) === 6)?.send;
    listen(socket, receiver);
  }

  get handle(): UdpHandle {
    return handleOf(this.#socket);
  }

  send(wire: string, port: number, address: string, failed?: (error: Error) => void): void {
    if (this.sendNow !== undefined) {
      const error = this.sendNow(wire, port, address);
      if (error !== undefined && failed !== undefined) process.nextTick(failed, error);
      return;
    }
    const octets = Buffer.from(wire, 'latin1');
    try {
      this.#socket.send(octets, 0, wire.length, port, address, failed === undefined ? ignore : told(failed));
    } catch (error) {
      // The socket is closed, or the port is invalid.
      if (failed !== undefined) process.nextTick(failed, error);
    }
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.sendNow = undefined;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Receives datagrams from Node's internal handle, where it is exposed: without an event and its listeners for each. */
function listen(socket: Socket, receiver: DatagramReceiver): void {
  const pass = (octets: Buffer, from: RemoteInfo): void =>
    receiver.receive((octets as unknown as Octets).latin1Slice(0, octets.length), from.address, from.port);
  const handle = shownHandleOf(socket);
  if (typeof handle?.onmessage !== 'function') {
    socket.on('message', pass);
    return;
  }
  // A negative length is an error, such as an ICMP report: the transactions notice by their timers.
  handle.onmessage = (length, _handle, octets, from) => {
    if (length >= 0 && octets !== undefined && from !== undefined) pass(octets, from);
  };
}

function told(failed: (error: Error) => void): (error: Error | null) => void {
  return (error) => {
    if (error) failed(error);
  };
}

/** Sends on a socket that another thread has bound and reads; `descriptor` is the caller's own. */
export function sendOnUdp(descriptor: number, local: SocketAddress): DatagramSocket {
  const isV6 = familyOf(local.address) === 6;
  const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', ipv6Only: isV6, lookup: literal as never });
  socket.on('error', ignore);
  socket.bind({ fd: descriptor });
  // Before the event loop continues: only the other thread reads datagrams.
  handleOf(socket).recvStop();
  return new UdpSocket(socket, DEAF);
}

/** Node's internal handle of a bound socket: it can be sent to another process, and can stop reading for a while. */
export function handleOfUdp(socket: DatagramSocket): UdpHandle {
  return (socket as UdpSocket).handle;
}

interface UdpHandle {
  recvStop(): void;
  /** Called for each datagram. */
  onmessage?(length: number, handle: object, octets: Buffer | undefined, from: RemoteInfo | undefined): void;
}

const DEAF: DatagramReceiver = { receive() {} };

function handleOf(socket: Socket): UdpHandle {
  const handle = shownHandleOf(socket);
  if (handle === undefined) throw new Error('this version of Node cannot share a socket among threads');
  return handle;
}

/** Node exposes the handle nowhere else; undefined in versions that do not expose it here either. */
function shownHandleOf(socket: Socket): UdpHandle | undefined {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    const { handle } = Object((socket as never)[symbol]) as { handle?: Partial<UdpHandle> | null };
    if (typeof handle?.recvStop === 'function') return handle as UdpHandle;
  }
  return undefined;
}
