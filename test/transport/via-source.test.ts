// The topmost Via: the source that is written into it (§18.2.1, RFC 3581), and where a response goes by it (§18.2.2).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { parse, Request, Via } from '../../container/message/index.js';
import {
  connectionTarget,
  datagramTarget,
  stampSource,
  unreadableTarget,
} from '../../container/transport/via-source.js';
import { request } from './fakes.js';

const V = 'SIP/2.0/UDP';
const B = 'branch=z9hG4bK1';

function stamp(via: string, address = '192.0.2.9', port = 4321): string[] {
  const message = parse(request({ via }), 'datagram') as Request;
  expect(message).toBeInstanceOf(Request);
  stampSource(message, address, port);
  return message.values('via');
}

describe('§18.2.1, RFC 3581 §4: the source in the topmost Via', () => {
  test.each<[title: string, via: string, expected: string]>([
    ['TRP-03 sent-by is the source: nothing', `${V} 192.0.2.9:5060;${B}`, `${V} 192.0.2.9:5060;${B}`],
    ['TRP-03 only the address counts', `${V} 192.0.2.9;${B}`, `${V} 192.0.2.9;${B}`],
    ['TRP-02 PFW-26 a name', `${V} ua.example.com;${B}`, `${V} ua.example.com;${B};received=192.0.2.9`],
    ['PFW-26 another address', `${V} 10.1.1.1:5062;${B}`, `${V} 10.1.1.1:5062;${B};received=192.0.2.9`],
    ['NAT-01 rport', `${V} 10.1.1.1;rport;${B}`, `${V} 10.1.1.1;rport=4321;${B};received=192.0.2.9`],
    [
      'TRP-03 NAT-01 rport and the source itself',
      `${V} 192.0.2.9:4321;${B};rport`,
      `${V} 192.0.2.9:4321;${B};rport=4321;received=192.0.2.9`,
    ],
    [
      'NAT-05 C06 a value of the peer is overwritten',
      `${V} 10.1.1.1;rport=1;received=8.8.8.8;${B}`,
      `${V} 10.1.1.1;rport=4321;${B};received=192.0.2.9`,
    ],
    [
      'C06 received of the peer without rport is overwritten',
      `${V} 192.0.2.9;received=8.8.8.8;${B}`,
      `${V} 192.0.2.9;${B};received=192.0.2.9`,
    ],
    [
      'blanks and case',
      `${V} 10.1.1.1 ; RPORT = 7 ;Received = 8.8.8.8; ${B}`,
      `${V} 10.1.1.1 ;rport=4321; ${B};received=192.0.2.9`,
    ],
    [
      'other parameters stay as they are, quoted ones too',
      `${V} 10.1.1.1;x="a;rport;b";${B};rport;y`,
      `${V} 10.1.1.1;x="a;rport;b";${B};rport=4321;y;received=192.0.2.9`,
    ],
    ['no parameters', `${V} ua.example.com`, `${V} ua.example.com;received=192.0.2.9`],
  ])('%s', (_title, via, expected) => {
    expect(stamp(via)).toEqual([expected]);
  });

  test('IPv6: another spelling is the same address; received takes no brackets', () => {
    expect(stamp(`${V} [2001:DB8:0::9]:5060;${B}`, '2001:db8::9')).toEqual([`${V} [2001:DB8:0::9]:5060;${B}`]);
    expect(stamp(`${V} [2001:db8::1];rport;${B}`, '2001:db8::9')).toEqual([
      `${V} [2001:db8::1];rport=4321;${B};received=2001:db8::9`,
    ]);
  });

  test('PFW-29 §7.3.1 of several values in one line the first alone is changed', () => {
    const values = stamp(`${V} ua.example.com;${B}, ${V} 10.9.9.9;rport;branch=z9hG4bK0`);
    expect(values).toEqual([`${V} ua.example.com;${B};received=192.0.2.9`, `${V} 10.9.9.9;rport;branch=z9hG4bK0`]);
  });

  test('what was written is a Via that says it', () => {
    const via = present(Via.parse(present(stamp(`${V} 10.1.1.1;rport;${B}`)[0])));
    expect([via.received, via.rport, via.branch]).toEqual(['192.0.2.9', 4321, 'z9hG4bK1']);
  });
});

describe('§18.2.2: where a response goes', () => {
  const target = (via: string, maddr = true): string => {
    const to = datagramTarget(present(Via.parse(via)), maddr);
    return to === undefined ? 'nowhere' : `${to.address} ${to.port}`;
  };

  test.each<[title: string, via: string, expected: string]>([
    ['sent-by', `${V} 192.0.2.9:5070;${B}`, '192.0.2.9 5070'],
    ['TRP-25 the default port', `${V} 192.0.2.9;${B}`, '192.0.2.9 5060'],
    ['TRP-06 received and no rport', `${V} ua.example.com:5071;${B};received=192.0.2.9`, '192.0.2.9 5071'],
    ['TRP-06 received, no rport, no port', `${V} ua.example.com;${B};received=192.0.2.9`, '192.0.2.9 5060'],
    ['NAT-02 received and rport', `${V} 10.0.0.5;${B};rport=4321;received=192.0.2.9`, '192.0.2.9 4321'],
    ['NAT-03 rport without a value', `${V} 192.0.2.9:5070;${B};rport`, '192.0.2.9 5070'],
    ['TRP-05 maddr and the sent-by port', `${V} 192.0.2.9:5070;maddr=192.0.2.77;${B};rport=1`, '192.0.2.77 5070'],
    ['TRP-05 C06 maddr of a broadcast', `${V} 192.0.2.9:5070;maddr=255.255.255.255;${B}`, 'nowhere'],
    ['TRP-05 C06 maddr of a multicast', `${V} 192.0.2.9;maddr=224.0.1.75;${B}`, 'nowhere'],
    ['C06 maddr of IPv6 multicast', `${V} 192.0.2.9;maddr=[ff02::1];${B}`, 'nowhere'],
    ['maddr that is a name is passed over', `${V} 192.0.2.9;maddr=x.example;${B};received=192.0.2.9`, '192.0.2.9 5060'],
    ['PRS-39 a broadcast', `${V} 255.255.255.255;${B}`, 'nowhere'],
    ['PRS-39 a multicast', `${V} 239.1.1.1;${B}`, 'nowhere'],
    ['PRS-39 nobody', `${V} 0.0.0.0;${B}`, 'nowhere'],
    ['C06 port 0', `${V} 192.0.2.9:0;${B}`, 'nowhere'],
    ['a name', `${V} ua.example.com;${B}`, 'nowhere'],
    ['IPv6', `${V} [2001:db8::9]:5080;${B};received=2001:db8::7`, '2001:db8::7 5080'],
    ['IPv6 received in brackets', `${V} [2001:db8::9];${B};received=[2001:db8::7]`, '2001:db8::7 5060'],
  ])('%s', (_title, via, expected) => {
    expect(target(via)).toBe(expected);
  });

  test('C06 maddr is passed over where the operator says so', () => {
    expect(target(`${V} 192.0.2.9:5070;maddr=192.0.2.77;${B}`, false)).toBe('192.0.2.9 5070');
  });

  test('TRP-04 a connection goes to received and the sent-by port, never to rport', () => {
    const via = present(Via.parse(`SIP/2.0/TCP h.example:5075;${B};rport=4321;received=192.0.2.9`));
    expect(connectionTarget(via)).toEqual({ address: '192.0.2.9', port: 5075 });
  });

  test('RFC 4475 §3.1.2.1 a Via that cannot be read: the source, at the port that it seems to name', () => {
    const source = { address: '192.0.2.9', port: 4321 };
    expect(unreadableTarget(`${V} 192.0.2.15;;,;,,`, source)).toEqual({ address: '192.0.2.9', port: 5060 });
    expect(unreadableTarget(`${V} 192.0.2.15:5071 ;;,;,,`, source)).toEqual({ address: '192.0.2.9', port: 5071 });
    expect(unreadableTarget(`${V} 192.0.2.15;;rport`, source)).toEqual(source);
    expect(unreadableTarget('\x00', source)).toEqual(source);
  });
});
