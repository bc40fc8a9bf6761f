// npm run call: a first call without any other SIP software. Plays both ends over UDP, the callee at 127.0.0.1:5070 and
// a caller, with a running container at 127.0.0.1:5060 between them, and prints what travels as a ladder. With --busy
// the callee is, and voicemail at 127.0.0.1:5080 answers. Exits 0 when the call was answered and hung up.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    container: { type: 'string', default: '127.0.0.1:5060' },
    callee: { type: 'string', default: '127.0.0.1:5070' },
    voicemail: { type: 'string', default: '127.0.0.1:5080' },
    busy: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(
    'npm run call -- [WHOM] [--container 127.0.0.1:5060] [--callee 127.0.0.1:5070] [--busy [--voicemail 127.0.0.1:5080]]',
  );
  process.exit(0);
}
const whom = positionals[0] ?? 'bob';
const [containerHost, containerPort] = values.container.split(':');
const TIMEOUT = 10_000;
const started = performance.now();

/** A ladder with a column for each of the three. */
function draw(from, to, text) {
  const time = `${(performance.now() - started).toFixed(0).padStart(5)} ms  `;
  const left = Math.min(from, to);
  const arm = 26;
  const label = ` ${text} `.padEnd(arm - 1, '-').slice(0, arm - 1);
  const arrow = from < to ? `-${label}>` : `<${label}-`;
  console.log(left === 0 ? `${time}|${arrow}|${' '.repeat(arm + 1)}|` : `${time}|${' '.repeat(arm + 1)}|${arrow}|`);
}
const [ALICE, CONTAINER, BOB] = [0, 1, 2];

function parse(datagram) {
  const [head] = datagram.toString('latin1').split('\r\n\r\n');
  const [first, ...lines] = head.split('\r\n');
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon).trim().toLowerCase(), line, value: line.slice(colon + 1).trim() };
  });
  const all = (name) => fields.filter((field) => field.name === name);
  const [start, status] = first.split(' ');
  const isResponse = start === 'SIP/2.0';
  return {
    title: isResponse ? first.slice(8) : start,
    isResponse,
    status: Number(status),
    method: isResponse ? all('cseq')[0].value.split(' ')[1] : start,
    all,
  };
}

const write = (...lines) => Buffer.from(`${lines.flat().join('\r\n')}\r\nContent-Length: 0\r\n\r\n`, 'latin1');
const open = (port, host) =>
  new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(port, host, () => resolve(socket));
  });

/** Answers calls at `address`, or is busy. */
async function callee(address, name, isBusy) {
  const [host, port] = address.split(':');
  const socket = await open(Number(port), host).catch((error) => {
    console.error(`${name} cannot listen at ${address}: ${error.message}`);
    process.exit(1);
  });
  const whose = name === 'voicemail' ? ' (voicemail)' : '';
  socket.on('message', (datagram, peer) => {
    const request = parse(datagram);
    if (request.isResponse) return;
    draw(CONTAINER, BOB, request.title + whose);
    const answer = (status, reason) => {
      const to = request.all('to')[0].line;
      const names = ['via', 'record-route', 'from', 'call-id', 'cseq'];
      const copied = names.flatMap((each) => request.all(each).map(({ line }) => line));
      const tagged = to.includes(';tag=') ? to : `${to};tag=${name}`;
      draw(BOB, CONTAINER, `${status} ${reason}${whose}`);
      const message = write(`SIP/2.0 ${status} ${reason}`, copied, tagged, `Contact: <sip:${whom}@${address}>`);
      socket.send(message, peer.port, peer.address);
    };
    if (request.method === 'BYE') answer(200, 'OK');
    if (request.method !== 'INVITE') return;
    if (isBusy) return answer(486, 'Busy Here');
    answer(180, 'Ringing');
    setTimeout(() => answer(200, 'OK'), 300);
  });
}
await callee(values.callee, whom, values.busy);
if (values.busy) await callee(values.voicemail, 'voicemail', false);

const alice = await open(0, '127.0.0.1');
const tag = randomBytes(4).toString('hex');
const callId = randomBytes(8).toString('hex');
const here = `127.0.0.1:${alice.address().port}`;
const toContainer = (message, text) => {
  draw(ALICE, CONTAINER, text);
  alice.send(message, Number(containerPort), containerHost);
};

function finish(status, text) {
  console.log(text);
  process.exit(status);
}
setTimeout(
  () =>
    finish(
      1,
      `\nNothing came for ${TIMEOUT / 1000} s. Is the container running at ${values.container}? Start it with: npm start`,
    ),
  TIMEOUT,
);

const via = () => `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${randomBytes(6).toString('hex')};rport`;
const from = `From: <sip:alice@${here}>;tag=${tag}`;
const to = `To: <sip:${whom}@${values.container}>`;
const invite = via();

alice.on('message', (datagram) => {
  const response = parse(datagram);
  if (!response.isResponse) return;
  draw(CONTAINER, ALICE, response.title);
  if (response.status < 200) return;
  const dialog = [response.all('to')[0].line, `Call-ID: ${callId}`, 'Max-Forwards: 70'];
  if (response.method === 'BYE') return finish(0, '\nThe call was answered, acknowledged and hung up.');
  if (response.status >= 300) {
    toContainer(write(`ACK sip:${whom}@${values.container} SIP/2.0`, invite, from, dialog, 'CSeq: 1 ACK'), 'ACK');
    return setTimeout(() => finish(1, `\nThe call was not answered: ${response.title}`), 100);
  }
  // The route set is the Record-Route turned round (RFC 3261 §12.1.2).
  const routes = response
    .all('record-route')
    .map(({ value }) => `Route: ${value}`)
    .reverse();
  const target = /<([^>]*)>/.exec(response.all('contact')[0].value)[1];
  toContainer(write(`ACK ${target} SIP/2.0`, via(), routes, from, dialog, 'CSeq: 1 ACK'), 'ACK');
  setTimeout(() => toContainer(write(`BYE ${target} SIP/2.0`, via(), routes, from, dialog, 'CSeq: 2 BYE'), 'BYE'), 300);
});

console.log(`          alice                  siplet (${values.container})            ${whom} (${values.callee})`);
toContainer(
  write(
    `INVITE sip:${whom}@${values.container} SIP/2.0`,
    invite,
    from,
    to,
    `Call-ID: ${callId}`,
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    `Contact: <sip:alice@${here}>`,
  ),
  'INVITE',
);
