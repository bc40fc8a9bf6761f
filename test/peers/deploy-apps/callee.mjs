// A callee in a process of its own that looks at who serves its calls. node callee.mjs PORT: answers INVITE (a second
// one in the dialog too) and BYE with 200; on SIGTERM prints as JSON how many calls it had, by which version, and how
// many were served by more than one.
import { createSocket } from 'node:dgram';

const port = Number(process.argv[2]);
const socket = createSocket('udp4');
/** By Call-ID: the version of each request, in order, without retransmissions; the 2xx that waits for its ACK. */
const calls = new Map();
let requests = 0;

function headers(text, name) {
  const found = [];
  for (const line of text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n')) {
    if (line.toLowerCase().startsWith(`${name.toLowerCase()}:`)) found.push(line.slice(name.length + 1).trim());
  }
  return found;
}

function reply(text, status, reason, to) {
  const copied = ['Via', 'Record-Route', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
    headers(text, name).map((value) => {
      const tag = name === 'To' && !value.includes(';tag=') ? ';tag=callee' : '';
      return `${name}: ${value}${tag}`;
    }),
  );
  const lines = [`SIP/2.0 ${status} ${reason}`, ...copied, `Contact: <sip:bob@127.0.0.1:${port}>`];
  socket.send(Buffer.from([...lines, 'Content-Length: 0', '', ''].join('\r\n'), 'latin1'), to.port, to.address);
}

socket.on('message', (octets, from) => {
  const text = octets.toString('latin1');
  const method = text.slice(0, text.indexOf(' '));
  const [id] = headers(text, 'Call-ID');
  const [cseq] = headers(text, 'CSeq');
  requests++;
  const call = calls.get(id) ?? { seen: new Map(), timer: undefined, ended: false };
  calls.set(id, call);
  // The caller says which version its answers came from.
  const versions = [...headers(text, 'X-Version'), ...headers(text, 'X-Answered-By')];
  if (!call.seen.has(cseq)) call.seen.set(cseq, versions);
  if (method === 'INVITE') {
    if (!text.includes(';tag=callee')) reply(text, 180, 'Ringing', from);
    const again = (delay) => {
      reply(text, 200, 'OK', from);
      call.timer = setTimeout(again, delay, Math.min(4000, 2 * delay));
    };
    clearTimeout(call.timer);
    again(500);
  } else {
    clearTimeout(call.timer);
    if (method === 'BYE') {
      call.ended = true;
      reply(text, 200, 'OK', from);
    }
  }
});

function summary() {
  const byVersion = {};
  let mixed = 0;
  let example = '';
  let ended = 0;
  for (const [id, call] of calls) {
    const all = [...call.seen.values()].flat();
    // INVITE, ACK, INVITE, ACK, BYE: a version in each, and from the second on what the caller saw.
    const isWhole = call.seen.size === 5 && all.length === 9;
    if (new Set(all).size !== 1 || !isWhole) {
      mixed++;
      example ||= `${id}: ${JSON.stringify([...call.seen])}`;
    }
    if (call.ended) ended++;
    byVersion[all[0]] = (byVersion[all[0]] ?? 0) + 1;
  }
  return { calls: calls.size, ended, mixed, example, versions: Object.keys(byVersion).length, requests };
}

socket.bind(port, '127.0.0.1', () => process.stdout.write('ready\n'));
process.on('SIGTERM', () => process.stdout.write(`${JSON.stringify(summary())}\n`, () => process.exit(0)));
