// The way of a message through the container, read from the call stack at the moment when it leaves.
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../container/engine/engine.js';

const CONTAINER = fileURLToPath(new URL('../../container/', import.meta.url));
/** Tests and the applications that they write stand for the author's code. */
const AUTHOR = /[/]test[/]walks[/]|[/]siplet-test-/;

export interface Hop {
  /** 'dispatch/dispatcher.ts', or the application. */
  readonly file: string;
  /** The function by which the stack enters the file. */
  readonly function: string;
}

const APPLICATION: Hop = { file: 'the application', function: '' };

interface Frame {
  readonly file: string;
  readonly function: string;
}

/** From where the message comes in to where it leaves: one hop for each file that the stack enters. */
export function walkOf(stack: string): Hop[] {
  const hops: Hop[] = [];
  for (const frame of framesOf(stack)) {
    const hop = hopOf(frame);
    const last = hops.at(-1);
    // The stack begins and ends in the test.
    if (hop === undefined || (hop === APPLICATION && last === undefined)) continue;
    if (last?.file !== hop.file) hops.push(hop);
    else if (last.function === ANONYMOUS) hops[hops.length - 1] = hop;
  }
  while (hops.at(-1) === APPLICATION) hops.pop();
  return hops;
}

/** The outermost call first. */
function framesOf(stack: string): Frame[] {
  return stack
    .split('\n')
    .reverse()
    .flatMap((line) => {
      const frame = /^\s*at (?:async )?(?:(.+?) \()?((?:\/|file:).+?):\d+:\d+\)?$/.exec(line);
      return frame === null ? [] : [{ file: (frame[2] ?? '').replace(/^file:\/\//, ''), function: nameOf(frame[1]) }];
    });
}

const ANONYMOUS = 'anonymous';

/** 'Branch.start', 'Object.settled [as x]' or 'new Branch' as the function's own name. */
function nameOf(call = ''): string {
  const name = call.replace(/ \[as .*\]$/, '');
  return name.startsWith('new ') ? name : name.split('.').at(-1) || ANONYMOUS;
}

function hopOf(frame: Frame): Hop | undefined {
  if (frame.file.startsWith(CONTAINER)) return { ...frame, file: frame.file.slice(CONTAINER.length) };
  return AUTHOR.test(frame.file) ? APPLICATION : undefined;
}

/** A line for each hop. */
export function textOf(walk: readonly Hop[]): string {
  return walk.map((hop) => (hop.function === '' ? hop.file : `${hop.file}:${hop.function}`)).join('\n');
}

/** How often the walk leaves one folder for another; the application is on the way and not a folder. */
export function crossingsOf(walk: readonly Hop[]): number {
  const folders = walk.filter((hop) => hop !== APPLICATION).map(({ file }) => file.split('/')[0]);
  return folders.filter((folder, i) => i > 0 && folder !== folders[i - 1]).length;
}

/** Notes the walk of the first message that leaves and that `isIt` says is meant. */
export function follow(engine: Engine, isIt: (wire: string) => boolean): { walk: Hop[] } {
  const followed: { walk: Hop[] } = { walk: [] };
  const { counters } = engine.transport;
  counters.observer = {
    received() {},
    passed() {},
    joined() {},
    sent(wire) {
      if (!isIt(wire)) return;
      counters.observer = undefined;
      followed.walk = walkOf(stackHere());
    },
  };
  return followed;
}

/** The whole call stack. */
export function stackHere(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 200;
  const { stack = '' } = new Error('here');
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}
