// @ts-check
// A syntax tree as rolldown's parser makes it (ESTree).

/** @typedef {{ type: string, start: number, end: number, [key: string]: any }} Node */

/**
 * @param {Node} node
 * @returns {Node[]}
 */
export function childrenOf(node) {
  return Object.values(node)
    .flat()
    .filter((value) => typeof value === 'object' && value !== null && typeof value.type === 'string');
}

/**
 * The name of an identifier, or the text of a string in its place.
 * @param {Node} node
 */
export function nameOf(node) {
  return node.type === 'PrivateIdentifier' ? `#${node.name}` : String(node.name ?? node.value);
}
