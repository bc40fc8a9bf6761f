// A caller and a callee that remember nothing of their calls: memory that grows is the container's.
import { present } from '../../container/base/present.js';
import { VirtualHost } from '../world/virtual-host.js';
import type { World } from '../world/world.js';

export interface CallingPeers {
  /** What the caller got instead of a 2xx. */
  readonly failures: readonly string[];
  /** How many calls have had the answer to their BYE. */
  readonly ended: number;
  /** Begins a call to sip:bob@example.com, which the caller hangs up at once. */
  call(): void;
}

const SDP =
  'v=0\r\no=phone 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n';
const CONTENT = `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
const EMPTY = 'Content-Length: 0\r\n\r\n';

export function callingPeers(world: World): CallingPeers {
  const failures: string[] = [];
  let ended = 0;
  let begun = 0;
  const callee = new VirtualHost(world.network, ['10.0.0.2']).bindNow('10.0.0.2', 5070, {
    receive: (wire, address, port) => {
      if (!wire.startsWith('ACK')) callee.send(answerTo(wire), port, address);
    },
  });
  const caller = new VirtualHost(world.network, ['10.0.0.1']).bindNow('10.0.0.1', 5070, {
    receive: (wire, address, port) => {
      if (wire.startsWith('SIP/2.0 1')) return;
      if (!wire.startsWith('SIP/2.0 200')) failures.push(wire.slice(0, 40));
      else if (field(wire, 'CSeq').endsWith('BYE')) ended++;
      else for (const method of ['ACK', 'BYE']) caller.send(inDialog(method, wire), port, address);
    },
  });
  return {
    failures,
    get ended() {
      return ended;
    },
    call() {
      const number = ++begun;
      const head = `INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKi${number}\r\nMax-Forwards: 70\r\nFrom: <sip:alice@host>;tag=a${number}\r\nTo: <sip:bob@host>\r\nCall-ID: call-${number}@10.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@10.0.0.1:5070>\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\nUser-Agent: a phone\r\n`;
      caller.send(`${head}${CONTENT}`, 5060, '10.0.0.9');
    },
  };
}

function field(wire: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(wire)?.[1]?.trim() ?? '';
}

function lines(wire: string, name: string): string {
  const found = wire.match(new RegExp(`^${name}: .*$`, 'gm')) ?? [];
  return found.map((line) => `${line.trim()}\r\n`).join('');
}

function answerTo(wire: string): string {
  const to = field(wire, 'To');
  const tagged = to.includes(';tag=') ? to : `${to};tag=b`;
  const head = `SIP/2.0 200 OK\r\n${lines(wire, 'Via')}${lines(wire, 'Record-Route')}From: ${field(wire, 'From')}\r\nTo: ${tagged}\r\nCall-ID: ${field(wire, 'Call-ID')}\r\nCSeq: ${field(wire, 'CSeq')}\r\nContact: <sip:bob@10.0.0.2:5070>\r\n`;
  return wire.startsWith('INVITE') ? head + CONTENT : head + EMPTY;
}

/** In the dialog that the 2xx has made. */
function inDialog(method: string, answer: string): string {
  const target = present(/<(.*)>/.exec(field(answer, 'Contact'))?.[1]);
  const callId = field(answer, 'Call-ID');
  const routes = lines(answer, 'Record-Route').replaceAll('Record-Route', 'Route');
  return `${method} ${target} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK${method}${callId.replace('@', '-')}\r\nMax-Forwards: 70\r\n${routes}From: ${field(answer, 'From')}\r\nTo: ${field(answer, 'To')}\r\nCall-ID: ${callId}\r\nCSeq: ${method === 'BYE' ? 2 : 1} ${method}\r\n${EMPTY}`;
}
