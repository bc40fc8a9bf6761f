// Kamailio as a proxy that records routes: kamailio.cfg.
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { portsInARow, type Run, start, textOf, until } from './phone.js';

const script = fileURLToPath(new URL('./kamailio.cfg', import.meta.url));

export interface Kamailio {
  stop(): void;
}

/** Reserves the port of one that is started later. */
export const kamailioPort = () => portsInARow(1);

/** Starts it at `port`, before a container with these ports. */
export async function kamailio(port: number, container: { udp: number; tcp: number }): Promise<Kamailio> {
  const text = textOf(script)
    .replaceAll('CONTAINER_UDP', String(container.udp))
    .replaceAll('CONTAINER_TCP', String(container.tcp))
    .replaceAll('PORT', String(port));
  const words = [
    '-DD',
    '-E',
    '-f',
    '{folder}/kamailio.cfg',
    '-m',
    '32',
    '-M',
    '4',
    '-Y',
    '{folder}',
    '-P',
    '{folder}/pid',
  ];
  const run = start('kamailio', words, { 'kamailio.cfg': text });
  await until(
    () => answers(port),
    () => run.failed('Kamailio does not answer'),
  );
  return { stop: () => end(run) };
}

/** SIGTERM, by which its processes end with it. */
function end(run: Run): void {
  run.child.once('exit', () => run.stop());
  run.child.kill('SIGTERM');
}

/** Whether it answers an OPTIONS that may go no further. */
async function answers(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const lines = [
      `OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bKprobe${socket.address().port}`,
      'Max-Forwards: 0',
      'From: <sip:probe@127.0.0.1>;tag=probe',
      'To: <sip:probe@127.0.0.1>',
      `Call-ID: probe${socket.address().port}`,
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
    ];
    const answered = new Promise<boolean>((resolve) => {
      socket.once('message', () => resolve(true));
      setTimeout(resolve, 200, false);
    });
    socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, '127.0.0.1');
    return await answered;
  } finally {
    socket.close();
  }
}
