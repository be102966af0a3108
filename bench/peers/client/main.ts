/** The client, in a process of its own: `node main.js ORDER`, an order as JSON; prints the measurement as JSON. */
import { measure, type Order } from './measure.js';

try {
  const order = JSON.parse(process.argv[2] ?? '') as Order;
  process.stdout.write(`${JSON.stringify(await measure(order))}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
