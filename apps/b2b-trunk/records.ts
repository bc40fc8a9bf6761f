// Call detail records as JSON lines, appended to a file, which is put aside when it is large. A full disk ends no call.
import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Config, Injectable, Logger } from '@siplet/sdk';
import type { Settings } from './settings.js';

/** The part of the file system that is used. */
export interface Disk {
  open: (path: string, flags: 'a+') => Promise<OpenFile>;
  rename: (from: string, to: string) => Promise<void>;
  readdir: (path: string) => Promise<string[]>;
}

interface OpenFile {
  stat(): Promise<{ size: number }>;
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<unknown>;
  write(octets: Uint8Array): Promise<{ bytesWritten: number }>;
  close(): Promise<void>;
}

const RETRY = 1000;
/** Lines that are written at once. */
const BATCH = 1000;
const NEW_LINE = 10;

@Injectable('Singleton')
export class Records {
  readonly #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isStuck = false;

  readonly #settings: Settings['records'];
  /** A test gives another. */
  disk: Disk = { open, rename, readdir };

  constructor(
    @Config() { records }: Pick<Settings, 'records'>,
    private readonly log: Logger,
  ) {
    this.#settings = records;
  }

  /** Throws when there cannot be such a file. */
  async prepare(): Promise<void> {
    await mkdir(dirname(this.#settings.file), { recursive: true });
    await (await this.disk.open(this.#settings.file, 'a+')).close();
  }

  /** The record is in the file soon. Never throws. */
  add(record: object): void {
    if (this.#waiting.length >= this.#settings.buffer) {
      this.log.error({ record }, 'a call detail record is in this line alone: the disk takes none, and too many wait');
      return;
    }
    this.#waiting.push(`${JSON.stringify(record)}\n`);
    if (!this.#isStuck) void this.flush();
  }

  /** Settles when all is written, or when the disk has refused it. */
  flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** The last try. What cannot be written goes to the log. */
  async close(): Promise<void> {
    await this.#writing;
    await this.flush();
    clearTimeout(this.#retry);
    for (const line of this.#waiting.splice(0))
      this.log.error(
        { record: JSON.parse(line) },
        'a call detail record is in this line alone: it could not be written',
      );
  }

  async #write(): Promise<void> {
    // What is added in the same turn goes out together.
    await undefined;
    try {
      while (this.#waiting.length > 0) await this.#append(this.#waiting.slice(0, BATCH));
      if (this.#isStuck) this.log.info(`${this.#settings.file}: records are written again`);
      this.#isStuck = false;
    } catch (error) {
      if (!this.#isStuck)
        this.log.warn(
          { err: error },
          `${this.#settings.file}: no record can be written; they wait in memory, calls go on`,
        );
      this.#isStuck = true;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => void this.flush(), RETRY);
      this.#retry.unref();
    }
  }

  /** Lines that are whole in the file wait no longer, also when the rest failed. */
  async #append(lines: readonly string[]): Promise<void> {
    const file = await this.disk.open(this.#settings.file, 'a+');
    let isLarge = false;
    try {
      const { size } = await file.stat();
      // A line that a full disk or a crash has cut short stays by itself, and its record is written again.
      const isCut = size > 0 && (await lastOctet(file, size)) !== NEW_LINE;
      let rest = Buffer.from((isCut ? '\n' : '') + lines.join(''));
      isLarge = this.#settings.size > 0 && size + rest.length >= this.#settings.size;
      let isFirst = isCut;
      while (rest.length > 0) {
        const { bytesWritten } = await file.write(rest);
        const whole = rest.subarray(0, bytesWritten).filter((octet) => octet === NEW_LINE).length;
        this.#waiting.splice(0, isFirst && bytesWritten > 0 ? whole - 1 : whole);
        if (bytesWritten > 0) isFirst = false;
        rest = rest.subarray(bytesWritten);
      }
    } finally {
      await file.close();
    }
    if (isLarge) await this.#putAside();
  }

  async #putAside(): Promise<void> {
    const { file } = this.#settings;
    const prefix = `${basename(file)}.`;
    const names = await this.disk.readdir(dirname(file));
    const numbers = names.filter((name) => name.startsWith(prefix)).map((name) => Number(name.slice(prefix.length)));
    const last = Math.max(0, ...numbers.filter(Number.isSafeInteger));
    await this.disk.rename(file, `${file}.${last + 1}`);
  }
}

async function lastOctet(file: OpenFile, size: number): Promise<number> {
  const octet = Buffer.alloc(1);
  await file.read(octet, 0, 1, size - 1);
  return octet.readUInt8();
}
