// npm run bench: what calls and messages cost the container, beside Kamailio and Node's bare sockets, in one sitting;
// README.md of this folder tells how to read it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureCalls } from './calls.js';
import { tableOf } from './figures.js';
import { measureHighest } from './highest.js';
import { measureMemory } from './memory.js';
import { measureMessages } from './messages.js';
import { CALLS, here, SHOWN } from './peers.js';
import { found } from './processes.js';
import { missedBy } from './thresholds.js';
import { measureWorkers } from './workers.js';

const HELP = `npm run bench -- [options]
  --case NAME      what is measured; repeatable, or several with commas: all of them but memory when there is none
                   calls: ${Object.keys(CALLS).join(', ')}
                   messages: parse, forward
                   one process: highest, memory (--minutes of steady load), workers (one beside two)
  --pairs 5        rounds in turns that must count
  --rate 1500      calls a second
  --calls 30000    calls of one peer in one round
  --warm 6000      calls before them
  --minutes 30     of memory
  --step 15        seconds of one step of highest and workers
  --json FILE      writes all figures there
  --check          compares them with thresholds.json; status 1 when one is missed
  --help`;

const refuse = (words) => {
  console.error(words);
  process.exit(2);
};
function optionsOf() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return refuse(`${error.message}\n\n${HELP}`);
  }
}
const OPTIONS = {
  case: { type: 'string', multiple: true },
  pairs: { type: 'string', default: '5' },
  rate: { type: 'string', default: '1500' },
  calls: { type: 'string', default: '30000' },
  warm: { type: 'string', default: '6000' },
  minutes: { type: 'string', default: '30' },
  step: { type: 'string', default: '15' },
  json: { type: 'string' },
  check: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};
const values = optionsOf();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const number = (name) => {
  const value = Number(values[name]);
  return value > 0 ? value : refuse(`--${name} is a number above 0, not ${values[name]}`);
};
const load = { pairs: number('pairs'), rate: number('rate'), calls: number('calls'), warm: number('warm') };
const minutes = number('minutes');
const seconds = number('step');

/** By name, each gives figures and, where peers were compared, rows of the table. */
const CASES = {
  ...Object.fromEntries(Object.keys(CALLS).map((name) => [name, () => measureCalls(name, load)])),
  parse: () => measureMessages('parse'),
  forward: () => measureMessages('forward'),
  highest: () => measureHighest({ seconds }),
  workers: () => measureWorkers(load, { seconds }),
  memory: () => measureMemory({ minutes, rate: load.rate }),
};
const names =
  values.case?.flatMap((words) => words.split(',')) ?? Object.keys(CASES).filter((name) => name !== 'memory');
for (const name of names) {
  if (!Object.hasOwn(CASES, name)) refuse(`--case is ${Object.keys(CASES).join(', ')}; not ${name}`);
}
const needed = new Set();
for (const name of names.filter((name) => name !== 'parse' && name !== 'forward')) {
  if (!existsSync('/proc/self/stat')) needed.add('Linux');
  if (!found('sipp')) needed.add('sipp');
  if (Object.hasOwn(CALLS, name) && !found('kamailio')) needed.add('kamailio');
}
if (needed.size > 0) {
  console.error(`npm run bench needs Linux, SIPp and Kamailio; missing: ${[...needed].join(', ')}`);
  console.error('Debian and Ubuntu: apt-get install sip-tester kamailio');
  process.exit(1);
}

const machine = `Node ${process.version}, ${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}`;
console.log(machine);
const rows = [];
const measured = {};
for (const name of names) {
  try {
    const outcome = await CASES[name]();
    rows.push(...(outcome.rows ?? []));
    measured[name] = outcome.figures;
  } catch (error) {
    // The others are measured all the same; what has no figures misses its thresholds.
    console.error(`${name}: ${error.message}`);
    measured[name] = {};
    process.exitCode = 1;
  }
}

if (rows.length > 0) console.log(`\n${tableOf(rows, SHOWN)}`);
for (const name of names) {
  if (rows.some((row) => row.case === name)) continue;
  const told = Object.entries(measured[name]).map(([figure, value]) => `${figure} ${Number(value.toFixed(2))}`);
  console.log(`${name}: ${told.join('; ')}`);
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ machine, load, rows, figures: measured }, null, 2)}\n`);
if (values.check) {
  const missed = missedBy(measured, JSON.parse(readFileSync(here('thresholds.json'), 'utf8')));
  for (const line of missed) console.log(`missed: ${line}`);
  if (missed.length === 0) console.log('no threshold is missed');
  if (missed.length > 0) process.exitCode = 1;
}
