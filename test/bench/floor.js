// The floor: Node's dgram alone, relaying the datagrams that a proxy relays, with the least work on their text that
// makes SIPp's calls pass. No SIP: nothing is read but by indexOf, nothing is remembered, nothing sent again. Words:
// stateful (answers 100 to INVITE: 6 datagrams in, 7 out) or stateless (6 and 6).
import { createSocket } from 'node:dgram';

const CALLER = 5090;
const CALLEE = 5070;
const answersTrying = process.argv[2] !== 'stateless';

const socket = createSocket({ type: 'udp4', lookup: (address, _family, done) => done(null, address, 4) });

// As long as the container's: 85 octets of Via, and 92 of Record-Route where there is one.
const RECORD_ROUTE = answersTrying
  ? `Record-Route: <sip:127.0.0.1:5060;lr;sid=${'floor'.repeat(10).slice(0, 48)}>\r\n`
  : '';
const VIA = `Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK${'floor'.repeat(6)}`;
let branch = 0x10_0000_0000;

function send(text, port) {
  const octets = Buffer.allocUnsafe(text.length);
  octets.latin1Write(text, 0, text.length);
  socket.send(octets, 0, octets.length, port, '127.0.0.1');
}

/** A response repeats everything from the first Via to the end of the CSeq, in SIPp's order of fields. */
function tryingTo(invite) {
  const cseq = invite.indexOf('\r\nCSeq:');
  return `SIP/2.0 100 Trying\r\n${invite.slice(invite.indexOf('\r\n') + 2, invite.indexOf('\r\n', cseq + 2))}\r\nContent-Length: 0\r\n\r\n`;
}

socket.on('message', (octets) => {
  const text = octets.latin1Slice(0, octets.length);
  const line = text.indexOf('\r\n') + 2;
  if (text.startsWith('SIP/2.0')) {
    // The first Via is this element's: SIPp repeats them above all else.
    send(text.slice(0, line) + text.slice(text.indexOf('\r\n', line) + 2), CALLER);
    return;
  }
  const isInvite = text.startsWith('INVITE');
  if (isInvite && answersTrying) send(tryingTo(text), CALLER);
  send(
    `${text.slice(0, line)}${VIA}${(branch++).toString(36)}\r\n${isInvite ? RECORD_ROUTE : ''}${text.slice(line)}`,
    CALLEE,
  );
});
socket.bind(5060, '127.0.0.1', () => {
  socket.setRecvBufferSize(4 * 1024 * 1024);
  socket.setSendBufferSize(4 * 1024 * 1024);
});
process.on('SIGTERM', () => process.exit(0));
