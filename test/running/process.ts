// The built container in a process of its own, with applications that a test wrote to a folder outside the repository.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Inbox } from './wire.js';

/** Among the words: the directory is watched. */
const WATCHED = '--watch';

const BIN = fileURLToPath(new URL('../../container/dist/cli/siplet.js', import.meta.url));

/** A line of the log, as JSON. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly app?: string;
  readonly handler?: string;
  readonly method?: string;
  readonly err?: { readonly type: string; readonly message: string; readonly stack: string };
  readonly [key: string]: unknown;
}

export class Container {
  /** All that it has logged. */
  readonly lines: LogLine[] = [];
  /** Empty: it is off. */
  admin = '';
  /** The directory of its applications. */
  directory = '';
  udp = 0;
  tcp = 0;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<number | null>;
  readonly #log = new Inbox<LogLine>('the log');
  #err = '';

  private constructor(folder: string, bin: string, words: readonly string[]) {
    this.#folder = folder;
    const child = spawn(process.execPath, [bin, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text;
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as LogLine;
      this.lines.push(line);
      this.#log.push(line);
    });
  }

  /**
   * Runs `siplet run` on these applications, by file name, with this siplet.yaml and `more` words; resolves when it is
   * ready.
   */
  static async start(
    applications: Readonly<Record<string, string>>,
    configuration: string,
    more: readonly string[] = [],
  ): Promise<Container> {
    const folder = mkdtempSync(join(tmpdir(), 'siplet-running-'));
    const directory = join(folder, 'apps');
    mkdirSync(directory);
    for (const [name, text] of Object.entries(applications)) writeFileSync(join(directory, name), text);
    writeFileSync(join(folder, 'siplet.yaml'), configuration);
    return Container.startIn(folder, directory, more);
  }

  /**
   * Runs `siplet run DIRECTORY` in a folder that has a siplet.yaml, and is removed at the end. `bin` is another copy of
   * the command.
   */
  static async startIn(
    folder: string,
    directory: string,
    more: readonly string[] = [],
    bin: string = BIN,
  ): Promise<Container> {
    const container: Container = new Container(folder, bin, [
      ...['run', directory, '--config', join(folder, 'siplet.yaml'), '--admin', 'off'],
      ...(more.includes(WATCHED) ? [] : ['--no-watch']),
      ...['--listen', 'udp:127.0.0.1:0', '--listen', 'tcp:127.0.0.1:0'],
      ...more.filter((word) => word !== WATCHED),
    ]);
    container.directory = directory;
    try {
      const ready = await container.said((line) => line.msg === 'ready', 15_000);
      container.admin = (ready.admin as string | undefined) ?? '';
      [container.udp, container.tcp] = (ready.listening as string[]).map((text) => Number(text.split(':').at(-1))) as [
        number,
        number,
      ];
    } catch (error) {
      await container.kill();
      throw new Error(`siplet run is not ready: ${container.#err}`, { cause: error });
    }
    return container;
  }

  /** The next line in the log that nobody has taken and that `wanted` takes. */
  said(wanted: (line: LogLine) => boolean, ms = 3000): Promise<LogLine> {
    return this.#log.take(wanted, ms);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Lines of level error and above. */
  get errors(): LogLine[] {
    return this.lines.filter(({ level }) => level >= 50);
  }

  /** SIGTERM: the exit status and what it wrote to standard error. One that hangs is killed. */
  async stop(): Promise<{ status: number | null; err: string }> {
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 8000);
    this.#child.kill('SIGTERM');
    const status = await this.#ended;
    clearTimeout(late);
    rmSync(this.#folder, { recursive: true, force: true });
    return { status, err: this.#err };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
