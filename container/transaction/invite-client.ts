// The INVITE client transaction: RFC 3261 Figure 5 as redrawn by RFC 6026 §8.4, with the CANCEL of §9.1.
import type { Table } from './machine.js';
import type { InviteClientState } from './user.js';

const EVENTS = [
  '1xx',
  '2xx',
  '300-699',
  'cancel',
  'transportError',
  'timerA',
  'timerB',
  'timerCancel',
  'timerD',
  'timerM',
] as const;

type InviteClientEvent = (typeof EVENTS)[number];

export type InviteClientAction =
  | 'sendRequest'
  | 'sendAck'
  | 'resendAck'
  | 'keepCancel'
  | 'sendKeptCancel'
  | 'sendCancel'
  | 'startA'
  | 'doubleA'
  | 'startB'
  | 'startD'
  | 'startM'
  | 'pass'
  | 'tellTimeout'
  | 'tellTransportError';

export const INVITE_CLIENT: Table<InviteClientState, InviteClientEvent, InviteClientAction> = {
  name: 'INVITE client transaction',
  section: '§17.1.1, RFC 6026 §7.2',
  events: EVENTS,
  initial: ['calling', 'sendRequest', 'startA', 'startB'],
  states: {
    calling: {
      '1xx': ['proceeding', 'sendKeptCancel', 'pass'],
      '2xx': ['accepted', 'startM', 'pass'],
      '300-699': ['completed', 'sendAck', 'startD', 'pass'],
      // A CANCEL must not overtake its INVITE, so it waits for the first response: §9.1.
      cancel: ['calling', 'keepCancel'],
      transportError: ['terminated', 'tellTransportError'],
      timerA: ['calling', 'sendRequest', 'doubleA'],
      timerB: ['terminated', 'tellTimeout'],
    },
    proceeding: {
      '1xx': ['proceeding', 'pass'],
      '2xx': ['accepted', 'startM', 'pass'],
      '300-699': ['completed', 'sendAck', 'startD', 'pass'],
      cancel: ['proceeding', 'sendCancel'],
      // 64*T1 after the CANCEL the INVITE is considered cancelled: §9.1.
      timerCancel: ['terminated', 'tellTimeout'],
    },
    completed: {
      '300-699': ['completed', 'resendAck'],
      transportError: ['terminated', 'tellTransportError'],
      timerD: ['terminated'],
    },
    accepted: {
      '2xx': ['accepted', 'pass'],
      timerM: ['terminated'],
    },
    terminated: {},
  },
};
