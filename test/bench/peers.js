// What is measured: the container with an application, Kamailio with a script, the floor; and the cases of calls, each
// with its peers.
import { fileURLToPath } from 'node:url';
import { found } from './processes.js';

export const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The container as a command. `before` are words for Node, `more` words for siplet. */
export function container(applications, { before = [], more = [], configuration = here('siplet.yaml') } = {}) {
  const siplet = here('../../container/dist/cli/siplet.js');
  return [process.execPath, ...before, siplet, 'run', here(applications), '--config', configuration, ...more];
}

/** Allocator of Kamailio's shared (-x) and private memory (-X). The default of Debian's package is a debugging one. */
const ALLOCATOR = 'tlsf';
const kamailio = (script) => [
  ...[found('kamailio'), '-DD', '-f', here(`kamailio/${script}`)],
  ...['-m', '1024', '-M', '32', '-x', ALLOCATOR, '-X', ALLOCATOR],
];
/** What is printed for a peer whose name does not tell enough. */
export const SHOWN = { kamailio: `kamailio (${ALLOCATOR})` };
const floor = (kind) => [process.execPath, here('floor.js'), kind];

/** One SIPp that answers at 5070, and the least caller. */
const ONE_CALLEE = { caller: 'uac', callees: [['uas', 5070]] };

/**
 * By name: `peers` and the scenarios of callers and callees. The first peer is compared with the others.
 * A function each, so that nothing is looked for that is not measured.
 */
export const CALLS = {
  /** Record-routed, a handler on every response. */
  supervised: () => ({
    ...ONE_CALLEE,
    peers: { siplet: container('apps'), kamailio: kamailio('stateful.cfg'), floor: floor('stateful') },
  }),
  /** The same without a handler. */
  unsupervised: () => ({
    ...ONE_CALLEE,
    peers: { siplet: container('apps-unsupervised'), kamailio: kamailio('stateful.cfg'), floor: floor('stateful') },
  }),
  /** To two callees at once: both ring, one answers, the other is cancelled (CANCEL, 200, 487, ACK). */
  forked: () => ({
    caller: 'uac',
    callees: [
      ['uas-answers-late', 5070],
      ['uas-is-cancelled', 5071],
    ],
    peers: { siplet: container('apps-forked'), kamailio: kamailio('forked.cfg') },
  }),
  /** With nothing kept. */
  stateless: () => ({
    ...ONE_CALLEE,
    peers: { siplet: container('apps-stateless'), kamailio: kamailio('stateless.cfg'), floor: floor('stateless') },
  }),
  /** Two legs; beside our own proxy, and Kamailio's. */
  bridged: () => ({
    ...ONE_CALLEE,
    peers: { siplet: container('apps-bridge'), proxied: container('apps'), kamailio: kamailio('stateful.cfg') },
  }),
  /** A registrar with its bindings in memory; a call is one REGISTER of one of 5000 users. */
  registration: () => ({
    caller: 'register',
    callees: [],
    users: 5000,
    peers: { siplet: container('apps-registrar'), kamailio: kamailio('registrar.cfg') },
  }),
};
