// What an independent reader finds wrong with a message that was sent to it: RFC 3261 §8.1.1, §8.2.6, §20. Every phone
// looks with these eyes.
import type { TextMessage } from './text-message.js';

const ONCE = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length', 'Content-Type'];

/** Sentences, none when the message is right. */
export function faultsOf(message: TextMessage, transport: 'UDP' | 'TCP'): string[] {
  return [
    ...countsOf(message),
    ...cseqFaults(message),
    ...(message.fromTag === undefined ? ['no From tag (§8.1.1.3)'] : []),
    ...viaFaults(message),
    ...(message.isRequest ? requestFaults(message, transport) : responseFaults(message)),
    ...bodyFaults(message, transport),
  ];
}

/** Fields that come more than once, and such as do not come. */
function countsOf(message: TextMessage): string[] {
  const faults: string[] = [];
  for (const name of ONCE) {
    const times = message.headers.filter(([each]) => each.toLowerCase() === name.toLowerCase()).length;
    if (times > 1) faults.push(`${times} ${name} fields`);
  }
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) {
    if (!message.header(name)) faults.push(`no ${name} (§8.1.1)`);
  }
  return faults;
}

function cseqFaults(message: TextMessage): string[] {
  const cseq = /^(\d+)\s+(\S+)$/.exec(message.header('CSeq') ?? '');
  if (!cseq) return [`CSeq: ${message.header('CSeq')} (§20.16)`];
  if (!message.isRequest || cseq[2] === message.method) return [];
  return [`CSeq says ${cseq[2]}, the request is ${message.method} (§8.1.1.5)`];
}

function viaFaults(message: TextMessage): string[] {
  const via = message.list('Via')[0] ?? '';
  return /^SIP\s*\/\s*2\.0\s*\/\s*\w+\s+\S/.test(via) ? [] : [`Via: ${via} (§20.42)`];
}

function requestFaults(message: TextMessage, transport: 'UDP' | 'TCP'): string[] {
  const via = message.list('Via')[0] ?? '';
  const faults: string[] = [];
  if (!message.branch?.startsWith('z9hG4bK'))
    faults.push(`branch ${message.branch} without the magic cookie (§8.1.1.7)`);
  if (!message.header('Max-Forwards')) faults.push('no Max-Forwards (§8.1.1.6)');
  if (!via.includes(`/${transport} `)) faults.push(`Via: ${via}, but it came over ${transport} (§18.1.1)`);
  return faults;
}

function responseFaults(message: TextMessage): string[] {
  return message.status > 100 && message.toTag === undefined ? ['no To tag (§8.2.6.2)'] : [];
}

function bodyFaults(message: TextMessage, transport: 'UDP' | 'TCP'): string[] {
  const { body } = message;
  const length = message.header('Content-Length');
  const faults: string[] = [];
  if (length === undefined && transport === 'TCP') faults.push('no Content-Length on a stream (§18.3)');
  else if (length === undefined && body !== '') faults.push('a body without Content-Length (§20.14)');
  else if (length !== undefined && Number(length) !== body.length)
    faults.push(`Content-Length ${length}, the body has ${body.length} octets (§20.14)`);
  if (body !== '' && !message.header('Content-Type')) faults.push('a body without Content-Type (§20.15)');
  return faults;
}
