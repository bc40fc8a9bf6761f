// A version has a limited time to start and to end: constructors, @PostConstruct and @PreDestroy
// methods are the application's.
import { DeploymentError } from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import { disposeOf } from './draining.js';

/** Milliseconds. */
const START_TIMEOUT = 60_000;
const END_TIMEOUT = 3000;

/** What does not settle in time has failed; when it settles after all it is disposed of. */
export async function inTime(
  made: Promise<DeployedApplication>,
  release: () => void,
  limit = START_TIMEOUT,
): Promise<DeployedApplication> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      void made.then(disposeOf, () => undefined);
      release();
      reject(
        new DeploymentError(
          `it has not started in ${limit / 1000} s: @PostConstruct does not settle: give what it waits for a time limit`,
        ),
      );
    }, limit);
  });
  return Promise.race([made, late]).finally(() => clearTimeout(timer));
}

/** Whether it has settled in time; rejects as it does. What comes of it later is nobody's. */
export async function endsInTime(ended: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, END_TIMEOUT, false);
  });
  ended.catch(() => undefined);
  return Promise.race([ended.then(() => true), late]).finally(() => clearTimeout(timer));
}
