// The INVITE server transaction: RFC 3261 Figure 7 as redrawn by RFC 6026 Figure 5.
import type { Table } from './machine.js';
import type { InviteServerState } from './user.js';

const EVENTS = [
  'INVITE',
  'ACK',
  'send1xx',
  'send2xx',
  'send300-699',
  'transportError',
  'timerTrying',
  'timerG',
  'timerH',
  'timerI',
  'timerL',
] as const;

type InviteServerEvent = (typeof EVENTS)[number];

export type InviteServerAction =
  | 'sendResponse'
  | 'resendResponse'
  | 'sendTrying'
  | 'stopTrying'
  | 'startG'
  | 'doubleG'
  | 'startH'
  | 'startI'
  | 'startL'
  | 'forgetResponse'
  | 'passAck'
  | 'tellTimeout'
  | 'tellTransportError';

export const INVITE_SERVER: Table<InviteServerState, InviteServerEvent, InviteServerAction> = {
  name: 'INVITE server transaction',
  section: '§17.2.1, RFC 6026 §7.1',
  events: EVENTS,
  // The layer passes the INVITE up, and starts timerTrying only if the user returns without having sent anything.
  initial: ['proceeding'],
  states: {
    proceeding: {
      INVITE: ['proceeding', 'resendResponse'],
      send1xx: ['proceeding', 'stopTrying', 'sendResponse'],
      send2xx: ['accepted', 'sendResponse', 'startL'],
      'send300-699': ['completed', 'sendResponse', 'startG', 'startH'],
      // Here and below a transport error does not change the state: RFC 6026 §8.8.
      transportError: ['proceeding', 'tellTransportError'],
      timerTrying: ['proceeding', 'sendTrying'],
    },
    completed: {
      INVITE: ['completed', 'resendResponse'],
      ACK: ['confirmed', 'forgetResponse', 'startI', 'passAck'],
      transportError: ['completed', 'tellTransportError'],
      timerG: ['completed', 'resendResponse', 'doubleG'],
      timerH: ['terminated', 'tellTimeout'],
    },
    confirmed: {
      timerI: ['terminated'],
    },
    // A retransmitted INVITE is absorbed here, and never treated as a new one: RFC 6026 §7.1.
    accepted: {
      ACK: ['accepted', 'passAck'],
      send2xx: ['accepted', 'sendResponse'],
      transportError: ['accepted', 'tellTransportError'],
      timerL: ['terminated'],
    },
    terminated: {},
  },
};
