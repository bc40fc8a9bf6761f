// baresip, driven by its module ctrl_tcp: JSON in netstrings. Its audio is a loop in memory.
import { connect, type Socket } from 'node:net';
import { present } from '../../../container/base/present.js';
import { type CallState, type Phone, portsInARow, start, until } from './phone.js';

interface Told {
  readonly event?: boolean;
  readonly type?: string;
  readonly id?: string;
  readonly response?: boolean;
  readonly ok?: boolean;
  readonly data?: string;
  readonly token?: string;
  readonly param?: string;
}

const STATES: Readonly<Record<string, CallState>> = {
  CALL_INCOMING: 'ringing',
  CALL_RINGING: 'calling',
  CALL_PROGRESS: 'calling',
  CALL_ESTABLISHED: 'talking',
  CALL_CLOSED: 'ended',
};

const configuration = (port: number, control: number) => `
sip_listen 127.0.0.1:${port}
net_interface 127.0.0.1
call_max_calls 4
audio_player aubridge,nil
audio_source aubridge,nil
audio_alert aubridge,alert
module_path /usr/lib/baresip/modules
module g711.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:${control}
`;

const opened = (port: number) =>
  new Promise<Socket | undefined>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });

/** A baresip that sends everything to this port of the container, or of the proxy before it, by this transport. */
export async function baresip(outbound: number, transport: string): Promise<Phone> {
  const port = await portsInARow(3);
  const proxy = `"sip:127.0.0.1:${outbound};transport=${transport}"`;
  const run = start('baresip', ['-f', '{folder}'], {
    config: configuration(port, port + 2),
    accounts: `<sip:${port}@127.0.0.1:${outbound}>;regint=0;outbound=${proxy};answermode=manual\n`,
    contacts: '',
  });
  const socket = await until(
    () => opened(port + 2),
    () => run.failed('baresip does not listen'),
  );
  const calls = new Map<string, CallState>();
  const told: string[] = [];
  const waiting = new Map<string, (answer: Told) => void>();
  readNetstrings(socket, (text) => {
    told.push(text);
    const what = JSON.parse(text) as Told;
    if (what.response) waiting.get(present(what.token))?.(what);
    const state = what.event ? STATES[present(what.type)] : undefined;
    if (state !== undefined) calls.set(present(what.id), state);
  });
  let count = 0;
  const command = async (name: string, params = ''): Promise<void> => {
    const token = String(count++);
    const text = JSON.stringify({ command: name, params, token });
    const answered = new Promise<Told>((resolve) => waiting.set(token, resolve));
    socket.write(`${text.length}:${text},`);
    const answer = await answered;
    if (answer.ok !== true) throw new Error(`baresip ${name} ${params}: ${answer.data}`);
  };
  return {
    kind: 'baresip',
    port,
    refusal: 486,
    told,
    call: (uri) => command('dial', uri),
    answer: () => command('accept'),
    refuse: () => command('hangup'),
    hangUp: () => command('hangup'),
    hold: () => command('hold'),
    resume: () => command('resume'),
    // It copies the text into Refer-To, where parameters without brackets are the header's.
    transfer: (uri) => command('transfer', `<${uri}>`),
    state: () => [...calls.values()].at(-1),
    stop: () => {
      socket.destroy();
      run.stop();
    },
  };
}

/** Length in decimal, colon, text, comma. */
function readNetstrings(socket: Socket, take: (text: string) => void): void {
  let rest = '';
  socket.on('data', (octets) => {
    rest += octets.toString('latin1');
    for (;;) {
      const colon = rest.indexOf(':');
      const end = colon + 1 + Number(rest.slice(0, colon));
      if (colon < 0 || rest.length <= end) return;
      take(rest.slice(colon + 1, end));
      rest = rest.slice(end + 1);
    }
  });
  socket.on('error', () => undefined);
}
