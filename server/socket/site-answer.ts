/** Writes the answer that has a file, or says that it has not changed. */
import { chooseVariant, isKnown, type SiteFile, type Variant } from './site.js';
import type { HttpResponse } from './uws.js';

/** What of a request decides how a file is sent; headers are empty where there are none. */
export interface FileQuestion {
  readonly isHead: boolean;
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string;
}

export interface FileAnswer {
  readonly file: SiteFile;
  readonly variant: Variant;
  readonly isHead: boolean;
  readonly isKnown: boolean;
}

/** Null where no variant may be sent. */
export const answerOf = (file: SiteFile, question: FileQuestion): FileAnswer | null => {
  const variant = chooseVariant(file, question.acceptEncoding);
  if (variant === null) return null;
  return { file, variant, isHead: question.isHead, isKnown: isKnown(variant, question.ifNoneMatch) };
};

/**
 * Ends the answer to a HEAD. The library closes a connection only behind a length that it has written itself, and
 * writes none but the true one of what it sends: so the last answer of a connection says 0.
 */
export const endHead = (res: HttpResponse, sizeBytes: number, isLast: boolean): void => {
  if (isLast) res.end('', true);
  else res.writeHeader('Content-Length', `${sizeBytes}`).endWithoutBody();
};

/** Sends as much as the socket takes now, and the rest whenever it takes more: nothing is copied for a slow reader. */
const sendBody = (res: HttpResponse, body: Uint8Array): void => {
  const [sent] = res.tryEnd(body, body.byteLength);
  if (sent) return;
  // The library drops the rest by itself then, but insists on one.
  res.onAborted(() => {});
  res.onWritable((offset) => res.tryEnd(body.subarray(offset), body.byteLength)[0]);
};

/**
 * Within a cork.
 * @param more headers besides the file's own
 * @param isLast the connection is to be closed behind it
 */
export const writeFile = (
  res: HttpResponse,
  { file, variant, isHead, isKnown }: FileAnswer,
  more: SiteFile['headers'],
  isLast: boolean,
): void => {
  // Behind a 304 the library closes no connection: where it must be closed, the file is sent again.
  const unchanged = isKnown && !isLast;
  if (unchanged) res.writeStatus('304 Not Modified');
  res.writeHeader('ETag', variant.etag);
  for (const [name, value] of file.headers) res.writeHeader(name, value);
  for (const [name, value] of more) res.writeHeader(name, value);
  if (unchanged) {
    res.endWithoutBody();
    return;
  }
  res.writeHeader('Content-Type', file.contentType);
  if (variant.coding !== 'identity') res.writeHeader('Content-Encoding', variant.coding);
  if (isHead) endHead(res, variant.body.byteLength, isLast);
  else if (isLast || variant.body.byteLength === 0) res.end(variant.body, isLast);
  else sendBody(res, variant.body);
};
