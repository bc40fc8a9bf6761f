// The README of the transactions shows what the tables say.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MACHINES, matrix, picture, redrawn } from '../../container/transaction/pictures.js';

const README = new URL('../../container/transaction/README.md', import.meta.url);

test('the pictures and matrices in container/transaction/README.md are those of the tables', () => {
  const readme = readFileSync(README, 'utf8');
  if (process.env.UPDATE_PICTURES) writeFileSync(README, redrawn(readme));
  else expect(readme).toBe(redrawn(readme));
});

test.each(MACHINES)('$name: the picture has every arc of the matrix', (table) => {
  const arcs = Object.values(table.states).flatMap((state) => Object.keys(state)).length;
  expect(picture(table).match(/^ {2}[a-z]+ --> [a-z]+/gm)).toHaveLength(arcs);
  expect(matrix(table).match(/\*\*/g)).toHaveLength(2 * arcs);
});
