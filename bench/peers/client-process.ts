/** The client of one server, in a process of its own, from its start to its end. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess } from '../load/child.js';
import type { Measurement, Order } from './client/measure.js';
import { pinned } from './cores.js';
import type { StartOptions } from './server-process.js';

const CLIENT = join(import.meta.dirname, 'client', 'main.js');

export interface RunningClient {
  /** Plays for a turn. Rejects with what the client said where it fails. */
  measure(seconds: number): Promise<Measurement>;
  end(): Promise<void>;
}

/** Resolves once everybody is in and warm. Rejects with what the client said where that fails. */
export const startClient = async (order: Order, options: StartOptions): Promise<RunningClient> => {
  const [command, ...args] = pinned(options.core, [options.runtime, CLIENT, JSON.stringify(order)]);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], signal: options.signal });
  let complained = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text;
  });
  const over = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) =>
      reject(new Error(complained.trim() || `the client ended with ${status}`)),
    );
  });
  // Heard by whoever waits for the next line; after the last one its end is no fault.
  over.catch(() => {});
  // Whoever reads `over` knows that it has gone.
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const line = await Promise.race([lines.next(), over]);
    return line.done === true ? over : line.value;
  };
  const end = () => endProcess(child);
  try {
    await nextLine();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    measure: async (seconds) => {
      child.stdin.write(`${seconds}\n`);
      return JSON.parse(await nextLine()) as Measurement;
    },
    end,
  };
};
