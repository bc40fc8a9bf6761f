// The key of this host: it stays the same after a restart, and other hosts do not have it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces, userInfo } from 'node:os';
import type { HashKey } from '../base/keyed-hash.js';

/** A digest of what identifies the host. The key does not reveal those values. */
export function hostKey(): HashKey {
  const hash = createHash('sha256')
    .update('siplet')
    .update(machineId())
    .update(hostname())
    .update(String(userInfo().uid));
  for (const addresses of Object.values(networkInterfaces())) for (const { mac } of addresses ?? []) hash.update(mac);
  const digest = hash.digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'latin1');
  } catch {
    return ''; // not every system has one
  }
}
