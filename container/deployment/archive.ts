// A .tgz made by `npm pack`, unpacked into a directory of its own: RULES.md section 1. Untrusted input:
// see tar.ts for what is refused.
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DeploymentError } from '@siplet/sdk';
import { filesOf } from './tar.js';

const inflate = promisify(gunzip);

/** The octets of an archive. One that is larger than `limit` is not read at all. */
export async function readArchive(path: string, limit: number): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > limit) throw new DeploymentError(`the archive has ${mebibytes(size)}: more than ${mebibytes(limit)}`);
  const file = await open(path);
  try {
    // Not more than it had, should it grow meanwhile.
    const octets = Buffer.alloc(size);
    const { bytesRead } = await file.read(octets, 0, size, 0);
    return octets.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Writes the files of the archive below `directory`. Unpacked it has at most `limit` octets; inflating stops there. */
export async function unpack(archive: Uint8Array, directory: string, limit: number): Promise<void> {
  const files = filesOf(await inflated(archive, limit));
  if (!files.some(({ path }) => path === 'package.json'))
    throw new DeploymentError("the archive has no package.json: it is to be made by 'npm pack'");
  const made = new Set<string>();
  for (const { path, content } of files) {
    const file = join(directory, path);
    const folder = dirname(file);
    if (!made.has(folder)) {
      await mkdir(folder, { recursive: true });
      made.add(folder);
    }
    // 'wx': never through something that is there already.
    await writeFile(file, content, { flag: 'wx', mode: 0o644 });
  }
}

async function inflated(archive: Uint8Array, limit: number): Promise<Uint8Array> {
  if (archive[0] !== 0x1f || archive[1] !== 0x8b) throw new DeploymentError('the archive is not compressed by gzip');
  try {
    return await inflate(archive, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new DeploymentError(`the archive has more than ${mebibytes(limit)} unpacked (deploy.archiveSize)`);
    if (code === 'Z_BUF_ERROR') throw new DeploymentError('the archive ends in the middle: it is incomplete');
    throw new DeploymentError(`the archive is damaged: ${message}`);
  }
}

function mebibytes(octets: number): string {
  const number = octets / 1_048_576;
  return `${number < 10 ? number.toFixed(1) : Math.round(number)} MiB`;
}
