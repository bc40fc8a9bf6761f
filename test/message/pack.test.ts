// Messages that linger keep only their octets (message.ts: pack), and are unchanged when somebody looks at them again.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Message, parse, Request, Response } from '../../container/message/index.js';

const INVITE = [
  'INVITE sip:bob@192.0.2.4;transport=udp SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds, SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother',
  'v: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bKthird',
  'Max-Forwards: 70',
  'To: Bob <sip:bob@biloxi.example.com>',
  'f: "Alice" <sip:alice@atlanta.example.com>;tag=1928301774',
  'Call-ID: a84b4c76e66710@192.0.2.1',
  'CSeq: 314159 INVITE',
  'Subject: a folded',
  '  one',
  'X-Unknown:  kept as written ',
  'Contact: <sip:alice@192.0.2.1>',
  'Content-Type: application/sdp',
  'Content-Length: 6',
  '',
  'v=0\r\n\xe4',
].join('\r\n');
const OK = INVITE.replace(/^INVITE.*/, 'SIP/2.0 200 All is well with us');

const read = (wire: string): Message => parse(wire, 'datagram') as Request | Response;

/** All that can be asked of it. */
function seen(message: Message): unknown {
  const { from, to, cseq, callId, via } = message;
  return {
    wire: message.toWire(),
    line: message.startLine(),
    fields: message.fields.map(({ key, name, value }) => [key, name, value]),
    from: [from.text, from.tag, from.uri],
    to: [to.text, to.tag],
    cseq: String(cseq),
    callId,
    via: via?.text,
    vias: message.values('via'),
    body: message.body,
    target: message instanceof Request ? [message.uri, message.target.host, message.target.transport] : undefined,
    reason: message instanceof Response ? [message.status, message.reason] : undefined,
  };
}

describe('a packed message', () => {
  test.each([
    ['request', INVITE],
    ['response', OK],
  ])('is the same %s when it is looked at again, twice over', (_, wire) => {
    const message = read(wire);
    const before = seen(read(wire));
    message.pack();
    message.pack();
    expect(seen(message)).toEqual(before);
    message.pack();
    expect(seen(message)).toEqual(before);
  });

  test('holds no field', () => {
    const message = read(INVITE);
    message.pack();
    const held = Object.values(message).filter((value) => typeof value === 'object' && value !== null);
    expect(held).toEqual([]);
    expect(Object.values(message)).toContain(INVITE);
  });

  test('can be edited as before, and what was edited before is kept', () => {
    const message = read(INVITE) as Request;
    message.uri = 'sip:carol@192.0.2.7';
    message.push('Via', 'SIP/2.0/UDP 192.0.2.20;branch=z9hG4bKnew');
    message.set('Max-Forwards', '69');
    message.shift('via');
    message.pack();
    message.append('X-After', 'packing');
    message.body = 'ab';
    expect(message.uri).toBe('sip:carol@192.0.2.7');
    expect(message.target.user).toBe('carol');
    expect(message.value('max-forwards')).toBe('69');
    expect(message.values('via')[0]).toBe('SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds');
    expect(message.toWire()).toMatch(/X-After: packing\r\n.*\r\n\r\nab$|X-After: packing\r\n\r\nab$/s);
  });

  test('a clone of it and the message itself go their own ways', () => {
    const message = read(OK) as Response;
    message.pack();
    const clone = message.clone();
    clone.reason = 'Other';
    clone.set('Subject', 'else');
    expect(message.reason).toBe('All is well with us');
    expect(message.value('subject')).toBe('a folded one');
  });

  test('new fields replace those that were packed', () => {
    const message = read(OK);
    const { fields } = read(INVITE);
    message.pack();
    message.fields = fields.slice(0, 3);
    expect(message.fields).toHaveLength(3);
    expect(message.body).toBe('v=0\r\n\xe4');
  });

  test('whatever the values, they are read back', () => {
    const value = fc.string({ unit: fc.constantFrom(...'aZ09 ,;:"<>@=\\\t\xe4\xff'), maxLength: 40 });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), fc.string({ unit: 'binary-ascii' }), (values, body) => {
        const message = read(INVITE);
        for (const [index, one] of values.entries()) message.append(`X-${index % 5}`, one);
        message.body = body;
        const before = seen(message);
        message.pack();
        expect(seen(message)).toEqual(before);
      }),
    );
  });

  test('one with very many fields stays unchanged', () => {
    const message = read(INVITE);
    for (let i = 0; i < 300; i++) message.append('X-Many', String(i));
    message.pack();
    expect(message.fields).toHaveLength(312);
  });
});
