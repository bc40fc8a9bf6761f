// The entry point of an engine's thread.
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../base/present.js';
import { catchStrays } from '../composition/strays.js';
import { EngineThread } from './engine-thread.js';
import type { Beginning } from './messages.js';

const thread = new EngineThread(workerData as Beginning, present(parentPort, 'the port to the main thread'));
catchStrays((error) => thread.unhandled(error));
