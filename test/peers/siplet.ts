// A container as an operator starts it: the built `siplet run` in a process of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { present } from '../../container/base/present.js';

export interface RunningSiplet {
  /** UDP, on 127.0.0.1; TCP too when it was asked for. */
  readonly port: number;
  readonly tcp: number | undefined;
  /** Of the admin address, when it was asked for. */
  readonly url: string | undefined;
  readonly pid: number;
  /** Log lines of level warn and above. */
  readonly complaints: readonly string[];
  /** SIGTERM, and the exit status. */
  stop(): Promise<number | null>;
}

/** What the log says when it is ready. */
interface Ready {
  readonly listening: readonly string[];
  readonly admin?: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Runs the applications in `directory` (relative to the repository) with this siplet.yaml. `inFull`: on TCP too, and
 * with an admin address.
 */
export async function runSiplet(directory: string, configuration = '', inFull = false): Promise<RunningSiplet> {
  const folder = mkdtempSync(join(tmpdir(), 'siplet-run-'));
  const config = join(folder, 'siplet.yaml');
  writeFileSync(config, configuration);
  const words = [
    'run',
    join(root, directory),
    '--config',
    config,
    '--listen',
    'udp:127.0.0.1:0',
    ...(inFull ? ['--listen', 'tcp:127.0.0.1:0'] : []),
    '--admin',
    inFull ? '127.0.0.1:0' : 'off',
    '--no-watch',
  ];
  const child = spawn(process.execPath, [join(root, 'container/dist/cli/siplet.js'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: string[] = [];
  let said = '';
  child.stderr.on('data', (text) => {
    said += String(text);
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const { listening, admin } = await new Promise<Ready>((resolve, reject) => {
    void ended.then((status) =>
      reject(new Error(`siplet run ended with status ${status} before it was ready: ${said}${complaints.join('\n')}`)),
    );
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { level: number; msg?: string } & Ready;
      if (entry.level >= 40) complaints.push(line);
      if (entry.msg === 'ready') resolve(entry);
    });
  });
  const [port, tcp] = listening.map((text) => Number(text.split(':').at(-1)));
  return {
    port: present(port),
    tcp,
    url: admin,
    pid: present(child.pid),
    complaints,
    stop: async () => {
      const late = setTimeout(() => child.kill('SIGKILL'), 40_000);
      child.kill('SIGTERM');
      const status = await ended;
      clearTimeout(late);
      rmSync(folder, { recursive: true, force: true });
      return status;
    },
  };
}
