/**
 * A program for a test to kill: writes messages for ever, many at a time, and prints the id of
 * each once it is acknowledged. Arguments: the database file, and what its ids begin with.
 */
import { writeSync } from 'node:fs';
import { newMessage } from './contract-helpers.js';
import { openSqliteMemory } from './sqlite.js';

const [path = '', prefix = ''] = process.argv.slice(2);
const memory = await openSqliteMemory({ path });
await memory.openPrincipal('ada');
let written = 0;
const write = async (): Promise<void> => {
  for (;;) {
    const messageId = `${prefix}-${written++}`;
    await memory.addMessage(newMessage('x'.repeat(200), { messageId }));
    // Synchronous: what stands in a buffer when the process dies would not be counted.
    writeSync(1, `${messageId}\n`);
  }
};
await Promise.all(Array.from({ length: 32 }, write));
