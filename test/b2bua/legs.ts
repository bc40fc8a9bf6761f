// Both legs of a bridge: a call over it, and an independent reader of what the phones of each leg got.
import { expect } from 'vitest';
import { present } from '../../container/base/present.js';
import type { Phone } from '../world/phone.js';
import type { Stage } from '../world/stage.js';
import { parameter, type TextMessage } from '../world/text-message.js';

export const ALICE = 'v=0\r\no=alice 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n';
export const BOB = 'v=0\r\no=bob 1 1 IN IP4 10.0.0.2\r\ns=-\r\nt=0 0\r\n';

/** Two phones in a call over a bridge, with SDP. */
export async function talking(on: Stage) {
  const call = on.alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await on.bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await invite.ack();
  return { call, invite, alice: call.dialog, bob: invite.dialog };
}

/**
 * §12.2.1.1, §8.1.1: numbers and tags of each leg, read from what the phones got, in order or as a network left it;
 * nothing of one leg is seen on another.
 */
export function checkLegs(phones: readonly Phone[], inOrder = true): void {
  const legs = new Map<string, { phone: Phone; messages: TextMessage[] }>();
  for (const phone of phones)
    for (const { message } of phone.received) {
      const key = `${phone.name} ${message.callId}`;
      const leg = legs.get(key) ?? { phone, messages: [] };
      leg.messages.push(message);
      legs.set(key, leg);
    }
  for (const { messages, phone } of legs.values()) {
    checkNumbers(messages, inOrder);
    checkHiding(
      messages,
      phones.filter((each) => each !== phone),
    );
  }
}

function checkNumbers(messages: readonly TextMessage[], inOrder: boolean): void {
  const numbers = new Set<string>();
  const highest = new Map<string, number>();
  const seen = new Set<string>();
  for (const message of messages) {
    if (!message.isRequest) continue;
    const { method, sequence, branch } = message;
    if (seen.has(`${method} ${branch}`)) continue; // sent again
    seen.add(`${method} ${branch}`);
    const dialog = `${message.fromTag} ${message.toTag}`;
    const last = highest.get(dialog) ?? highest.get(`${message.fromTag} undefined`) ?? 0;
    const number = `${dialog} ${sequence}`;
    if (method !== 'ACK' && method !== 'CANCEL') {
      expect(numbers.has(number), `${message.startLine}: ${number} for the second time`).toBe(false);
      numbers.add(number);
    }
    if (!inOrder) {
      // The network has changed it.
    } else if (method === 'ACK' || method === 'CANCEL') {
      expect(sequence, message.startLine).toBeLessThanOrEqual(last);
    } else {
      expect(sequence, `${message.startLine} ${message.header('CSeq')}`).toBeGreaterThan(last);
      highest.set(dialog, sequence);
    }
    expect(message.fromTag, message.startLine).toBeTruthy();
    expect(message.list('Via').length, message.startLine).toBe(1);
    expect(message.list('Record-Route'), message.startLine).toEqual([]);
  }
}

/**
 * Topology hiding: no address of another phone but where From, To and the Request-URI name it, and no dialog identifier
 * of its leg.
 */
function checkHiding(messages: readonly TextMessage[], others: readonly Phone[]): void {
  const NAMES = /^(from|to|refer-to|referred-by|contact)$/i;
  for (const message of messages) {
    for (const { name, value } of fieldsOf(message)) {
      if (NAMES.test(name) && !(/^contact$/i.test(name) && (message.isRequest || message.status < 300))) continue;
      for (const other of others) expect(value, `${message.startLine}: ${name}`).not.toContain(other.address);
    }
    expect(parameter(present(message.list('Via')[0]), 'branch')).toBeTruthy();
  }
}

function fieldsOf(message: TextMessage): { name: string; value: string }[] {
  const lines = present(String(message).split('\r\n\r\n')[0]).split('\r\n').slice(1);
  return lines.map((line) => ({
    name: line.slice(0, line.indexOf(':')).trim(),
    value: line.slice(line.indexOf(':') + 1),
  }));
}
