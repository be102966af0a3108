/** The memory's thread: opens the database, then runs whatever has arrived as one group, until told to close. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { openDatabase } from './database.js';
import { Erasure } from './erasure.js';
import { GroupCommit } from './group-commit.js';
import { type Call, errorText, MAX_GROUP_CHARS, type Report, type Request, weigh } from './messages.js';
import { MemoryError } from './port.js';
import { createStore } from './store.js';

/** Serves the requests that come through `port`, in their order. */
const serve = (port: MessagePort, db: Database): void => {
  const group = new GroupCommit(db, createStore(db));
  const erasure = new Erasure(db);
  const report = (what: Report): void => port.postMessage(what);
  const next = (): Request | undefined => receiveMessageOnPort(port)?.message;

  const runAll = (calls: readonly Call[]): void => {
    for (let done = 0; done < calls.length; ) {
      const answers = group.run(done === 0 ? calls : calls.slice(done));
      report({ answers });
      done += answers.length;
    }
  };

  let erasing: NodeJS.Immediate | undefined;
  /** One step now, and one whenever there is nothing else to do, until nothing is left. */
  const erase = (): void => {
    clearImmediate(erasing);
    if (erasure.step()) erasing = setImmediate(erase);
  };

  const runFrom = (first: Request): void => {
    let request: Request | undefined = first;
    while (request !== undefined && request !== 'close') {
      const calls: Call[] = [];
      let chars = 0;
      // What arrived while the group before was syncing makes the next one.
      while (request !== undefined && request !== 'close' && chars < MAX_GROUP_CHARS) {
        for (const call of request) calls.push(call);
        chars += weigh(request);
        request = next();
      }
      runAll(calls);
      erase();
    }
    if (request === 'close') {
      clearImmediate(erasing);
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.close();
      port.close();
    }
  };

  port.on('message', (first: Request) => {
    try {
      runFrom(first);
    } catch (error) {
      // Uncaught, so it ends the thread: whoever waits for an answer learns of it by that.
      throw new MemoryError(errorText(error));
    }
  });
  report({ opened: true });
  erase();
};

if (parentPort === null) throw new MemoryError('worker.js runs only as the thread of openSqliteMemory.');
try {
  serve(parentPort, openDatabase((workerData as { readonly path: string }).path));
} catch (error) {
  const refused: Report = { refused: errorText(error) };
  parentPort.postMessage(refused);
}
