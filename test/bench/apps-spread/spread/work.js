// Work of the processor alone: nothing is allocated, so that no other thread (V8's collectors) takes a part of it.
const BLOCK = new Uint8Array(4096).fill(120);

/**
 * A hash (FNV-1a) of so many blocks of 4096 octets.
 * @param {number} blocks
 * @returns {number} so that no compiler leaves the work out
 */
export function work(blocks) {
  let hash = 2166136261;
  for (let i = 0; i < blocks; i++) {
    for (let k = 0; k < BLOCK.length; k++) hash = Math.imul(hash ^ BLOCK[k], 16777619);
  }
  return hash;
}
