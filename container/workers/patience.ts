// How long to wait for the answer of an engine.
import type { Member } from './member.js';

/** Milliseconds. */
const PATIENCE = 5000;
/** The same, for an engine that is held up. */
const IMPATIENCE = 50;
/** The engine itself limits the time of a start. */
const START_PATIENCE = 70_000;

/**
 * The answer of a member, if it arrives in time. After a late answer the wait is shorter, until the member has
 * answered.
 */
export function answerOf<T>(member: Member, answer: Promise<T>): Promise<T> {
  const answered = (): void => {
    member.isHeldUp = false;
  };
  answer.then(answered, answered);
  return inTime(answer, member.isHeldUp ? IMPATIENCE : PATIENCE, () => {
    member.isHeldUp = true;
  });
}

/** Rejects when something takes longer than a start may take. */
export function startInTime<T>(started: Promise<T>): Promise<T> {
  return inTime(started, START_PATIENCE);
}

async function inTime<T>(answer: Promise<T>, limit: number, isLate = (): void => {}): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      isLate();
      reject(new Error(`a worker has not answered within ${limit / 1000} s`));
    }, limit);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
