// What a message costs in this process: parsed; and forwarded, which is read from octets, parsed, given a Via, and
// written to octets, as between a socket and a socket.
import { LIMITS, Malformed, parse } from '../../container/dist/message/index.js';
import { columns, exponentOf, spreadOf, told } from './figures.js';

const ROUNDS = 15;
/** CPU milliseconds of one round, about. */
const ROUND = 150;
const SIZES = [1, 4, 16, 64].map((kilo) => kilo * 1024);
const VIA = 'SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK8f3kq1m2x7c9v5b0n4';

const BODY = `v=0\r
o=user1 53655765 2353687637 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 6000 RTP/AVP 0\r
a=rtpmap:0 PCMU/8000\r
`;

/** The INVITE of scenarios/uac.xml, as it goes over the wire. */
export function invite({ head = '', body = BODY } = {}) {
  return `INVITE sip:bob@127.0.0.1:5060 SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bK-8154-1-0\r
Max-Forwards: 70\r
From: "Alice" <sip:alice@127.0.0.1:5090>;tag=8154uac1\r
To: <sip:bob@127.0.0.1:5060>\r
Call-ID: 1-8154@127.0.0.1\r
CSeq: 1 INVITE\r
Contact: <sip:alice@127.0.0.1:5090>\r
Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\r
User-Agent: sipp\r
Subject: Performance Test\r
${head}Content-Type: application/sdp\r
Content-Length: ${body.length}\r
\r
${body}`;
}

/** The same with a body that makes it `size` octets. */
export function withBody(size) {
  const line = 'a=candidate:1 1 UDP 2130706431 127.0.0.1 6000 typ host\r\n';
  const spare = size - invite({ body: '' }).length - BODY.length - 4;
  return invite({ body: BODY + line.repeat(Math.ceil(spare / line.length)).slice(0, Math.max(0, spare)) });
}

/** The same with unknown header fields, which make it `size` octets, or as many as the limits allow. */
export function withHead(size) {
  const spare = Math.min(size, LIMITS.head) - invite().length;
  const count = Math.max(1, Math.min(400, Math.floor(spare / 160)));
  const field = (number, length) => `X-Field-${number}: ${'x'.repeat(length - `X-Field-${number}: \r\n`.length)}\r\n`;
  const length = Math.floor(spare / count);
  return invite({ head: Array.from({ length: count }, (_, number) => field(number, length)).join('') });
}

let written = 0;
/**
 * One piece of memory for all that is sent, as where the container sends (transport/udp-sender); a longer message gets
 * its own there too.
 */
const memory = Buffer.allocUnsafeSlow(2048);
const WORK = {
  parse(octets) {
    written = (written + parse(octets.latin1Slice(0, octets.length), 'datagram').fields.length) | 0;
  },
  forward(octets) {
    const request = parse(octets.latin1Slice(0, octets.length), 'datagram');
    request.push('Via', VIA);
    const wire = request.toWire();
    const out = wire.length <= memory.length ? memory : Buffer.allocUnsafe(wire.length);
    written = (written + out.latin1Write(wire, 0, wire.length)) | 0;
  },
};

/** CPU microseconds of each of so many. */
function costOf(work, octets, count) {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) work(octets);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function measured(work, message) {
  const octets = Buffer.from(message, 'latin1');
  if (parse(message, 'datagram') instanceof Malformed)
    throw new Error(`a message of ${message.length} octets is refused`);
  for (let warm = 0; warm < 5; warm++) costOf(work, octets, 4000);
  const count = Math.max(50, Math.round((ROUND * 1000) / costOf(work, octets, 2000)));
  return spreadOf(Array.from({ length: ROUNDS }, () => costOf(work, octets, count)));
}

/**
 * @param {'parse' | 'forward'} name
 * @returns {{ figures: Record<string, number> }}
 */
export function measureMessages(name) {
  const work = WORK[name];
  const lines = [['message', 'octets', 'µs CPU', 'messages a second', 'ns an octet']];
  const figures = {};
  const line = (what, message) => {
    const cost = measured(work, message);
    const { length } = message;
    const perSecond = { median: 1e6 / cost.median, min: 1e6 / cost.max, max: 1e6 / cost.min };
    lines.push([what, String(length), told(cost, 2), told(perSecond, 0), ((cost.median * 1000) / length).toFixed(2)]);
    return { length, cost: cost.median, perSecond: perSecond.median };
  };
  console.log(
    `${name}: ${ROUNDS} rounds of ${ROUND} ms in one process, octets to ${name === 'parse' ? 'a message' : 'octets'}`,
  );
  figures['messages a second'] = line('the INVITE of the bench', invite()).perSecond;
  for (const [what, made] of [
    ['a body', withBody],
    ['a head', withHead],
  ]) {
    const points = SIZES.map((size) => line(`with ${what} to that size`, made(size)));
    // What every message costs whatever its size would hide what grows: the two longest tell.
    figures[`exponent of ${what}`] = exponentOf(points.slice(-2).map(({ length, cost }) => [length, cost]));
  }
  if (written === 0) throw new Error('nothing was done');
  console.log(columns(lines));
  console.log(
    `${name}: from 16 to 64 KiB the cost grows with the octets to the power of ${figures['exponent of a body'].toFixed(2)} (bodies) and ${figures['exponent of a head'].toFixed(2)} (heads); 1 is linear`,
  );
  return { figures };
}
