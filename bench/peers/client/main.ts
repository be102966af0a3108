/**
 * The client, in a process of its own: `node main.js ORDER`, an order as JSON. It says `ready` when everybody is in and warm;
 * then each line it reads is how many seconds to play, and is answered with the measurement as JSON. It ends with its input.
 */
import { createInterface } from 'node:readline';
import { Band, type Order } from './measure.js';

try {
  const band = await Band.join(JSON.parse(process.argv[2] ?? '') as Order);
  process.stdout.write('ready\n');
  try {
    for await (const line of createInterface({ input: process.stdin })) {
      process.stdout.write(`${JSON.stringify(await band.measure(Number(line)))}\n`);
    }
  } finally {
    band.leave();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
  // Whoever measures keeps it open.
  process.stdin.destroy();
}
