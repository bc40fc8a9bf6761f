// @ts-check
// node tsconfig.js FILE: prints what the tsconfig.json that holds for FILE says of paths, those that it extends too, as
// the bundler reads it. A process of its own: the bundler's parser would stay in the container's memory.
import { resolveTsconfig } from 'rolldown/experimental';

const found = resolveTsconfig(String(process.argv[2]));
const { baseUrl, paths } = found?.tsconfig.compilerOptions ?? {};
process.stdout.write(JSON.stringify({ baseUrl, paths }));
