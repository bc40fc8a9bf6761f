// Archives as tests need them: well-made ones, and such as nobody should send.
import { gzipSync } from 'node:zlib';

export interface Entry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** '0' file, '5' directory, '1' and '2' links, 'x' pax … */
  readonly kind?: string;
  readonly link?: string;
  /** What the header says, when it is not what there is. */
  readonly size?: number;
}

const BLOCK = 512;

export function tar(entries: readonly Entry[], end = true): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, content = '', kind = '0', link = '', size } of entries) {
    const octets = Buffer.from(content as string);
    const header = Buffer.alloc(BLOCK);
    header.write(name, 0, 100, 'utf8');
    header.write('0000644\0', 100);
    header.write(`${(size ?? octets.length).toString(8).padStart(11, '0')} `, 124);
    header.write('00000000000 ', 136);
    header.write('        ', 148);
    header.write(kind, 156);
    header.write(link, 157, 100, 'utf8');
    header.write('ustar\x0000', 257);
    let sum = 0;
    for (const octet of header) sum += octet;
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, octets, Buffer.alloc((BLOCK - (octets.length % BLOCK)) % BLOCK));
  }
  if (end) blocks.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(blocks);
}

export function tgz(entries: readonly Entry[]): Buffer {
  return gzipSync(tar(entries));
}

/** As npm pack makes it: every file below `package/`. */
export function packed(files: Readonly<Record<string, string>>): Buffer {
  return tgz(Object.entries(files).map(([name, content]) => ({ name: `package/${name}`, content })));
}

/** A record of a pax header. */
export function pax(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const octets = Buffer.byteLength(rest);
  let length = octets + 1;
  while (`${length}`.length + octets !== length) length = `${length}`.length + octets;
  return `${length}${rest}`;
}
