// @ts-check
// Where a module of the application stands: `import.meta.url`, `__dirname` and their like are those of its own file in
// the author's sources, although all of them are bundled into one.
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

const NAME = 'siplet:here';
/** A virtual module for each file. The extension says that it is an ES module, whatever the file is. */
const VIRTUAL = /^\0siplet:here:(.*)\.mjs$/s;

/** @type {Record<string, [module: string, name: string]>} */
export const HERE = {
  'import.meta.url': [NAME, 'url'],
  'import.meta.filename': [NAME, 'filename'],
  'import.meta.dirname': [NAME, 'dirname'],
  __filename: [NAME, 'filename'],
  __dirname: [NAME, 'dirname'],
};

/** @type {import('rolldown').Plugin} */
export const ownPlace = {
  name: 'own-place',
  resolveId(source, importer) {
    return source === NAME && importer !== undefined ? `\0${NAME}:${importer}.mjs` : null;
  },
  load(id) {
    const file = VIRTUAL.exec(id)?.[1];
    if (file === undefined) return null;
    const place = { url: pathToFileURL(file).href, filename: file, dirname: dirname(file) };
    return Object.entries(place)
      .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
      .join('\n');
  },
};
