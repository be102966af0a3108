/** The thread of one inspection: opens the database beside whoever uses it, looks, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite, { type Database } from 'better-sqlite3';
import { backUp } from './backup.js';
import { checkDatabase } from './check.js';
import type { Inspection, InspectionReport } from './inspections.js';
import { errorText } from './messages.js';
import { MemoryError } from './port.js';
import { type Restored, restoreDatabase } from './restore.js';
import { rewriteDatabase } from './rewrite.js';
import { readStats } from './stats.js';

/** Reads one state of the database, whatever is written meanwhile. */
const look = <T>(path: string, use: (db: Database) => T): T => {
  const db = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    db.exec('BEGIN');
    return use(db);
  } finally {
    db.close();
  }
};

/** Why not is a sentence for the operator, and no fault. */
const restore = ({
  path,
  backup,
  aside,
}: Inspection & { kind: 'restore' }): Restored | { refused: string } => {
  try {
    return restoreDatabase(path, backup, aside);
  } catch (error) {
    if (error instanceof MemoryError) return { refused: error.message };
    throw error;
  }
};

const inspect = async (inspection: Inspection): Promise<unknown> => {
  const { path } = inspection;
  switch (inspection.kind) {
    case 'stats':
      return look(path, (db) => readStats(db, path));
    case 'check': {
      if (!inspection.alone) return look(path, (db) => checkDatabase(db, false));
      const db = new Sqlite(path, { fileMustExist: true });
      try {
        return checkDatabase(db, true);
      } finally {
        db.close();
      }
    }
    case 'vacuum':
      return rewriteDatabase(path);
    case 'restore':
      return restore(inspection);
    case 'backup':
      return backUp(path, inspection);
  }
};

const report: InspectionReport = await inspect(workerData as Inspection).then(
  (value) => ({ value }),
  (error: unknown) => ({ error: errorText(error) }),
);
parentPort?.postMessage(report);
