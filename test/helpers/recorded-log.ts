/** The gateway's log, kept to be read. */
import { Writable } from 'node:stream';
import { createLog, type Log } from '../../server/ops/log.js';
import type { LogLevel } from '../../server/ops/log-level.js';
import type { Json } from './client.js';

/** A log that writes nowhere, and what has been written to it so far. */
export const recordLog = (
  level: LogLevel = 'trace',
): { readonly log: Log; readonly text: () => string; readonly lines: () => Json[] } => {
  let text = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk;
      done();
    },
  });
  return {
    log: createLog(level, stream),
    text: () => text,
    lines: () => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])),
  };
};
