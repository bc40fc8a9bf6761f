// The place of a type error in the author's source: `index.ts(3,7): error TS2322: …` with the lines around it.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { shortened } from './compile.js';

/** Lines before and after the one that is marked. */
const AROUND = 1;
/** The most type errors that are told of one deployment. */
const MOST = 20;

/** The fault with a code frame below it, where the source can be read. Paths are relative to `directory`. */
export function framed(fault: string, directory: string): string {
  const [, file, row, column] = /^(.+?)\((\d+),(\d+)\): /.exec(fault) ?? [];
  if (file === undefined) return fault;
  let lines: string[];
  try {
    lines = readFileSync(resolve(directory, file), 'utf8').split(/\r?\n/);
  } catch {
    return fault;
  }
  const at = Number(row) - 1;
  if (lines[at] === undefined) return fault;
  const frame: string[] = [];
  const width = String(at + 1 + AROUND).length;
  const first = Math.max(0, at - AROUND);
  for (const [after, text] of lines.slice(first, at + AROUND + 1).entries()) {
    const i = first + after;
    frame.push(`  ${i === at ? '>' : ' '} ${String(i + 1).padStart(width)} | ${text}`.trimEnd());
    // Tabs stay tabs, so that the mark is below its token.
    const before = text.slice(0, Number(column) - 1).replace(/[^\t]/g, ' ');
    if (i === at) frame.push(`    ${' '.repeat(width)} | ${before}^`);
  }
  return [fault, ...frame].join('\n');
}

/** All of them, with the paths that an operator knows the sources by. */
export function framedFaults(faults: readonly string[], directory: string): string {
  const told = faults.slice(0, MOST).map((fault) => {
    const file = /^(.+?)\(\d+,\d+\): /.exec(fault)?.[1];
    const text = framed(fault, directory);
    return file === undefined ? text : shortened(resolve(directory, file)) + text.slice(file.length);
  });
  return [...told, ...(faults.length > MOST ? [`and ${faults.length - MOST} lines more`] : [])].join('\n');
}
