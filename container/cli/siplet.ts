// The `siplet` command: contract section 8.
import { main } from './main.js';

const status = await main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
// A timer that an application left behind must not keep the process; what was written still goes out.
process.exitCode = status;
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
