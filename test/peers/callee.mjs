// A callee that counts, in a process of its own: which branch each transaction came with, and to how many targets.
// Loses datagrams on the way back. node callee.mjs PORT LOSS: answers INVITE with 180 and 200 (sent again until its
// ACK) and BYE with 200; on SIGTERM prints what it saw as JSON.
import { createSocket } from 'node:dgram';

const [port, loss] = process.argv.slice(2).map(Number);
const socket = createSocket('udp4');
/** By the caller's own branch and the method: the request as first received, its start line and top Via. */
const first = new Map();
/** 2xx that wait for their ACK, by Call-ID. */
const waiting = new Map();
const seen = { requests: 0, retransmissions: 0, transactions: 0, changed: 0, lost: 0, example: '' };

const headers = (text, name) => {
  const found = [];
  for (const line of text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n')) {
    if (line.toLowerCase().startsWith(`${name.toLowerCase()}:`)) found.push(line.slice(name.length + 1).trim());
  }
  return found;
};
const branchOf = (via) => /;branch=([^;,\s]+)/.exec(via)?.[1] ?? '';

function send(text, to) {
  if (Math.random() * 100 < loss) seen.lost++;
  else socket.send(Buffer.from(text, 'latin1'), to.port, to.address);
}

function reply(text, status, reason, to) {
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
    headers(text, name).map(
      (value) => `${name}: ${value}${name === 'To' && !value.includes(';tag=') ? ';tag=callee' : ''}`,
    ),
  );
  const contact = `Contact: <sip:bob@127.0.0.1:${port}>`;
  send([`SIP/2.0 ${status} ${reason}`, ...copied, contact, 'Content-Length: 0', '', ''].join('\r\n'), to);
}

function answer(text, from) {
  const id = headers(text, 'Call-ID')[0];
  if (waiting.has(id)) clearTimeout(waiting.get(id).timer);
  const again = (delay, left) => {
    reply(text, 200, 'OK', from);
    if (left > 0) waiting.set(id, { timer: setTimeout(() => again(Math.min(4000, 2 * delay), left - 1), delay) });
  };
  again(500, 10);
}

socket.on('message', (octets, from) => {
  const text = octets.toString('latin1');
  const method = text.slice(0, text.indexOf(' '));
  const [top, below] = headers(text, 'Via');
  seen.requests++;
  const key = `${branchOf(below)} ${method}`;
  const now = `${text.slice(0, text.indexOf('\r\n'))} ${top}`;
  const before = first.get(key);
  if (before === undefined) {
    first.set(key, now);
    seen.transactions++;
  } else {
    seen.retransmissions++;
    if (before !== now) {
      seen.changed++;
      seen.example ||= `${before}\n${now}`;
    }
  }
  const id = headers(text, 'Call-ID')[0];
  if (method === 'INVITE') {
    reply(text, 180, 'Ringing', from);
    answer(text, from);
  } else if (method === 'ACK') {
    clearTimeout(waiting.get(id)?.timer);
    waiting.delete(id);
  } else if (method === 'BYE') {
    reply(text, 200, 'OK', from);
  }
});
socket.bind(port, '127.0.0.1', () => process.stdout.write('ready\n'));
process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0));
});
