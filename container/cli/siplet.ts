// The `siplet` command: RULES.md section 8.
import { main } from './main.js';

// The reader of the output may have seen enough: `siplet trace … | head`. A container goes on without its log.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (process.argv[2] !== 'run') process.exit(0);
  });
const status = await main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
// A timer that an application left behind must not keep the process; what was written still goes out.
process.exitCode = status;
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
