// The non-INVITE server transaction: RFC 3261 Figure 8 with RFC 4320 §4.1 (no provisional response except a late 100)
// and RFC 6026 §8.8.
import type { Table } from './machine.js';
import type { NonInviteServerState } from './user.js';

const EVENTS = [
  'request',
  'send100',
  'send100Early',
  'send101-199',
  'send200-699',
  'transportError',
  'timerLateTrying',
  'timerJ',
] as const;

type NonInviteServerEvent = (typeof EVENTS)[number];

export type NonInviteServerAction = 'sendResponse' | 'resendResponse' | 'sendTrying' | 'startJ' | 'tellTransportError';

export const NON_INVITE_SERVER: Table<NonInviteServerState, NonInviteServerEvent, NonInviteServerAction> = {
  name: 'Non-INVITE server transaction',
  section: '§17.2.2, RFC 4320 §4.1',
  events: EVENTS,
  // The layer passes the request up, and starts timerLateTrying only if the user returns without having sent anything.
  initial: ['trying'],
  states: {
    // send100Early (a 100 too early over an unreliable transport) and send101-199 have no arc in any state: RFC 4320
    // §4.1.
    trying: {
      send100: ['proceeding', 'sendResponse'],
      'send200-699': ['completed', 'sendResponse', 'startJ'],
      timerLateTrying: ['proceeding', 'sendTrying'],
    },
    proceeding: {
      request: ['proceeding', 'resendResponse'],
      send100: ['proceeding', 'sendResponse'],
      'send200-699': ['completed', 'sendResponse', 'startJ'],
      transportError: ['proceeding', 'tellTransportError'],
    },
    completed: {
      request: ['completed', 'resendResponse'],
      transportError: ['completed', 'tellTransportError'],
      timerJ: ['terminated'],
    },
    terminated: {},
  },
};
