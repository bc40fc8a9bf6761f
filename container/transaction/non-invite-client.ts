// The non-INVITE client transaction: RFC 3261 Figure 6.
import type { Table } from './machine.js';
import type { NonInviteClientState } from './user.js';

const EVENTS = ['1xx', '200-699', 'transportError', 'timerE', 'timerF', 'timerK'] as const;

type NonInviteClientEvent = (typeof EVENTS)[number];

export type NonInviteClientAction =
  | 'sendRequest'
  | 'startE'
  | 'doubleE'
  | 'resetEToT2'
  | 'startF'
  | 'startK'
  | 'pass'
  | 'tellTimeout'
  | 'tellTransportError';

export const NON_INVITE_CLIENT: Table<NonInviteClientState, NonInviteClientEvent, NonInviteClientAction> = {
  name: 'Non-INVITE client transaction',
  section: '§17.1.2',
  events: EVENTS,
  initial: ['trying', 'sendRequest', 'startE', 'startF'],
  states: {
    trying: {
      '1xx': ['proceeding', 'pass'],
      '200-699': ['completed', 'startK', 'pass'],
      transportError: ['terminated', 'tellTransportError'],
      timerE: ['trying', 'sendRequest', 'doubleE'],
      timerF: ['terminated', 'tellTimeout'],
    },
    // Timers E and F continue, so they belong to this state as well. §17.1.2.2
    proceeding: {
      '1xx': ['proceeding', 'pass'],
      '200-699': ['completed', 'startK', 'pass'],
      transportError: ['terminated', 'tellTransportError'],
      timerE: ['proceeding', 'sendRequest', 'resetEToT2'],
      timerF: ['terminated', 'tellTimeout'],
    },
    completed: {
      timerK: ['terminated'],
    },
    terminated: {},
  },
};
