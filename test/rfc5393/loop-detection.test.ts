// What the second part of our branches depends on, so that a spiral is told from a loop (RFC 5393 §4.2.1).
import { expect, test } from 'vitest';
import { LoopDetection } from '../../container/proxy/loop-detection.js';
import { request, requestOf } from '../message/samples.js';

type Lines = Readonly<Record<string, string>>;

const detection = new LoopDetection([0x51b1e7, 0x5eed]);

function partOf(lines: Lines = {}, method = 'INVITE', application = 'location'): string {
  return detection.partOf(requestOf(request(method, { ...lines })), application);
}

test.each<[what: string, lines: Lines]>([
  ['Request-URI', { start: 'INVITE sip:robert@biloxi.example.com SIP/2.0' }],
  ['From tag', { From: 'From: "Alice A." <sip:alice@atlanta.example.com>;tag=other' }],
  ['To tag', { To: 'To: Bob <sip:bob@biloxi.example.com>;tag=other' }],
  ['Call-ID', { 'Call-ID': 'Call-ID: other@pc33.atlanta.example.com' }],
  ['CSeq number', { CSeq: 'CSeq: 314160 INVITE' }],
  ['Route', { Route: 'Route: <sip:p.example.com;lr>' }],
  ['Proxy-Require', { 'Proxy-Require': 'Proxy-Require: foo' }],
  ['Proxy-Authorization', { Credentials: 'Proxy-Authorization: Digest username="bob", response="0"' }],
])('PRV-12 RFC 5393 §4.2.1 with another %s it is a spiral: the loop part is another', (_, lines) => {
  expect(partOf(lines)).not.toBe(partOf());
});

test('PRV-12 RFC 5393 §4.2.1 two values that change places are others: a tag of From is not a tag of To', () => {
  const tagged = (from: string, to: string): string =>
    partOf({
      From: `From: <sip:alice@atlanta.example.com>${from}`,
      To: `To: <sip:bob@biloxi.example.com>${to}`,
    });
  expect(tagged(';tag=one', '')).not.toBe(tagged('', ';tag=one'));
});

test('PRV-12 the next application of a composition is another element: its loop part is another', () => {
  expect(partOf({}, 'INVITE', 'screening')).not.toBe(partOf());
});

test.each<[what: string, method: string, lines: Lines]>([
  ['Via', 'INVITE', { Via: 'Via: SIP/2.0/UDP p.example.com;branch=z9hG4bKother' }],
  ['Max-Forwards', 'INVITE', { 'Max-Forwards': 'Max-Forwards: 69' }],
  ['method', 'CANCEL', { start: 'CANCEL sip:bob@biloxi.example.com SIP/2.0' }],
])('PRV-11 RFC 5393 §4.2.1 with another %s alone it is a loop: the loop part is the same', (_, method, lines) => {
  expect(partOf(lines, method)).toBe(partOf());
});
