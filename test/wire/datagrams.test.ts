// Datagrams on the system's own sockets (udp.ts, udp-sender.ts): each arrives as sent, whatever was sent before it from
// the same memory.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { DatagramSocket } from '../../container/transport/network.js';
import { bindUdp } from '../../container/transport/udp.js';
import { UdpSender } from '../../container/transport/udp-sender.js';

async function bound(address: string): Promise<{ socket: DatagramSocket; received: string[] }> {
  const received: string[] = [];
  const socket = await bindUdp(address, 0, { receive: (wire) => void received.push(wire) });
  onTestFinished(() => socket.close());
  return { socket, received };
}

describe.each(['127.0.0.1', '::1'])('from %s', (address) => {
  test('octets of every value and of every length arrive as they were sent, in order', async () => {
    const one = await bound(address);
    const other = await bound(address);
    const octets = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
    const sent = [octets, 'x', ...[1, 500, 2047, 2048, 2049, 9000].map((length) => octets.repeat(40).slice(0, length))];
    for (const wire of sent) one.socket.send(wire, other.socket.local.port, address);
    await expect.poll(() => other.received.length).toBe(sent.length);
    expect(other.received).toEqual(sent);
  });

  test('a thousand of one length, each with its own octets', async () => {
    const one = await bound(address);
    const other = await bound(address);
    const sent = Array.from({ length: 1000 }, (_, number) => `${String(number).padStart(6, '0')} ${'y'.repeat(300)}`);
    for (const [index, wire] of sent.entries()) {
      one.socket.send(wire, other.socket.local.port, address);
      // The receiver is in the same thread.
      if (index % 50 === 0) await pause(1);
    }
    await expect.poll(() => other.received.length).toBe(sent.length);
    expect(other.received).toEqual(sent);
  });

  test.each([
    ['too long for a datagram', 'z'.repeat(65_508), 5060],
    ['port 0', 'z', 0],
    ['a port beyond all', 'z', 65_536],
  ])('%s: told later, and never thrown', async (_, wire, port) => {
    const { socket } = await bound(address);
    const errors: Error[] = [];
    socket.send(wire, port, address, (error) => errors.push(error));
    socket.send(wire, port, address);
    expect(errors).toEqual([]);
    await expect.poll(() => errors.length).toBe(1);
    expect(errors[0]).toBeInstanceOf(Error);
  });

  test('after it was closed: told later, and never thrown', async () => {
    const { socket } = await bound(address);
    await socket.close();
    const errors: Error[] = [];
    socket.send('late', 5060, address, (error) => errors.push(error));
    await expect.poll(() => errors.length).toBe(1);
  });
});

describe('what the system has no room for yet', () => {
  function fake(code: number): { lists: Uint8Array[][]; sender: UdpSender } {
    const lists: Uint8Array[][] = [];
    const send = (_request: object, list: Uint8Array[]): number => {
      lists.push(list);
      return code;
    };
    return { lists, sender: present(UdpSender.of({ send, send6: send }, false)) };
  }
  const text = (list: Uint8Array[]): string => Buffer.from(present(list[0])).toString('latin1');

  test('stays unchanged until it has left: nothing else is written to its memory', () => {
    const { lists, sender } = fake(0);
    for (const wire of ['first', 'other', 'third']) expect(sender.send(wire, 5060, '127.0.0.1')).toBeUndefined();
    expect(lists.map(text)).toEqual(['first', 'other', 'third']);
  });

  test('what has left frees its memory for the next of that length', () => {
    const { lists, sender } = fake(6);
    for (const wire of ['first', 'other']) sender.send(wire, 5060, '127.0.0.1');
    expect(lists[0]).toBe(lists[1]);
  });

  test('an error of the system has its name, and where it was to go', () => {
    const { sender } = fake(-101);
    expect(sender.send('x', 5060, '192.0.2.1')).toMatchObject({
      code: 'ENETUNREACH',
      message: 'send ENETUNREACH 192.0.2.1:5060',
    });
  });

  test('a socket whose insides are not known is sent on by the public way', () => {
    expect(UdpSender.of({}, false)).toBeUndefined();
    expect(UdpSender.of(undefined, false)).toBeUndefined();
  });
});
