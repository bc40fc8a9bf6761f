// Linphone's daemon, driven by its socket: a command, its answer. Events are asked for. It plays and records no sound.
import { mkdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { present } from '../../../container/base/present.js';
import { type CallState, type Phone, portsInARow, start, textOf, until } from './phone.js';

const STATES: Readonly<Record<string, CallState>> = {
  OutgoingInit: 'trying',
  OutgoingProgress: 'trying',
  OutgoingRinging: 'calling',
  OutgoingEarlyMedia: 'calling',
  IncomingReceived: 'ringing',
  StreamsRunning: 'talking',
  Paused: 'held',
  PausedByRemote: 'remotely held',
  End: 'ended',
  Error: 'ended',
  Released: 'ended',
};

const configuration = (port: number, outbound: string, user: string) => `
[sip]
sip_port=${port}
sip_tcp_port=${port}
sip_tls_port=0
use_ipv6=0
ipv6_migration_done=1
bind_address=127.0.0.1
guess_hostname=0
contact=<sip:${port}@127.0.0.1:${port}>
use_info=1
use_rfc2833=0
auto_net_state_mon=0
default_proxy=0
[proxy_0]
reg_proxy=<${outbound}>
reg_route=<${outbound};lr>
reg_identity=sip:${user}@127.0.0.1
reg_sendregister=0
[rtp]
bind_address=127.0.0.1
audio_rtp_port=10000-19998
[sound]
echocancellation=0
[video]
enabled=0
capture=0
display=0
automatically_initiate=0
automatically_accept=0
[misc]
uuid=00000000-0000-4000-8000-${String(port).padStart(12, '0')}
`;

export interface Linphone extends Phone {
  /** A DTMF digit, in an INFO. */
  digit(digit: string): Promise<void>;
  /** The first call's peer is transferred to the latest call's (REFER with Replaces). */
  transferToLatest(): Promise<void>;
  /** Its log, with the messages that it has read and written. */
  log(): string;
}

/**
 * A Linphone that sends everything to this port of the container, or of the proxy before it, by this transport. Its
 * address is one at which the application finds it: attended transfers name it.
 */
export async function linphone(outbound: number, transport: string, how: string): Promise<Linphone> {
  const port = await portsInARow(1);
  const pipe = `siplet-linphone-${port}`;
  const words = ['--pipe', pipe, '--config', '{folder}/rc', '--log', '{folder}/log', '--disable-stats-events'];
  const run = start('linphone-daemon', words, {
    rc: configuration(port, `sip:127.0.0.1:${outbound};transport=${transport}`, `${how}.${transport}.${port}`),
  });
  mkdirSync(join(run.folder, '.local/share/linphone'), { recursive: true });
  const calls = new Map<string, CallState>();
  const told: string[] = [];
  const socket = await until(
    () => opened(`/tmp/${pipe}`),
    () => run.failed('Linphone does not listen'),
  );
  // It opens its socket before its ports of SIP.
  const sip = await until(
    () => opened(port),
    () => run.failed('Linphone has no SIP port'),
  );
  sip.destroy();
  const ask = asking(socket);
  const command = async (text: string): Promise<void> => {
    const answer = await ask(text);
    if (!answer.startsWith('Status: Ok')) throw new Error(`linphone ${text}: ${answer}`);
  };
  const listen = async (): Promise<void> => {
    const answer = await ask('pop-event');
    const [, event, id] = /^Event: (?:LinphoneCall)?(\w+)\n[\s\S]*^Id: (\d+)/m.exec(answer) ?? [];
    if (answer.includes('Event-type')) told.push(answer);
    const state = STATES[event ?? ''];
    if (state !== undefined) calls.set(present(id), state);
    if (!socket.destroyed) setTimeout(listen, 20);
  };
  void listen();
  const log = () => textOf(join(run.folder, 'log'));
  const answered = () => log().match(/\[client\] \[INFO\] .* to \[COMPLETED\]/g)?.length ?? 0;
  const latest = () => [...calls.keys()].at(-1) ?? '';
  return {
    kind: 'linphone',
    port,
    refusal: 603,
    told,
    call: (uri) => command(`call ${uri}`),
    answer: () => command(`answer ${latest()}`),
    refuse: () => command(`terminate ${latest()}`),
    hangUp: () => command(`terminate ${latest()}`),
    hold: () => command(`call-pause ${latest()}`),
    resume: () => command(`call-resume ${latest()}`),
    transfer: (uri) => command(`call-transfer ${latest()} ${uri}`),
    digit: async (digit) => {
      // It starts no other transaction of the dialog meanwhile.
      const before = answered();
      await command(`dtmf ${digit}`);
      await until(
        () => answered() > before,
        () => `no answer to the INFO:\n${log()}`,
      );
    },
    transferToLatest: () => command(`call-transfer ${[...calls.keys()].at(-2)} ${latest()}`),
    state: () => calls.get(latest()),
    log,
    stop: () => {
      socket.destroy();
      run.stop();
      rmSync(`/tmp/${pipe}`, { force: true });
    },
  };
}

const opened = (where: string | number) =>
  new Promise<Socket | undefined>((resolve) => {
    const socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });

/** One command after another, since an answer does not say what it answers. */
function asking(socket: Socket): (text: string) => Promise<string> {
  let before: Promise<unknown> = Promise.resolve();
  socket.on('error', () => undefined);
  return (text) => {
    const answer = before.then(
      () =>
        new Promise<string>((resolve) => {
          socket.once('data', (octets) => resolve(octets.toString()));
          socket.write(`${text}\n`);
        }),
    );
    before = answer;
    return answer;
  };
}
