/**
 * Writes a `.br` and a `.gz` beside each file of a folder that they make smaller: once, at the build, as hard as they can,
 * so that the gateway compresses nothing.
 *
 *   node scripts/compress-web.mjs FOLDER
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** Pictures and fonts are compressed already. */
const COMPRESSED = new Set(['.br', '.gz', '.gif', '.jpg', '.png', '.webp', '.woff2']);

/** @param {Buffer} bytes */
const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
    },
  });

/** @param {Buffer} bytes @returns {Buffer} without a time in it, so the same for the same bytes */
const gzip = (bytes) => gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });

/** @param {string} path @param {Buffer} bytes @param {Buffer} compressed */
const keep = (path, bytes, compressed) => {
  // One of an earlier build would be sent for what is there now.
  if (compressed.byteLength < bytes.byteLength) writeFileSync(path, compressed);
  else rmSync(path, { force: true });
};

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('node scripts/compress-web.mjs FOLDER');
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || COMPRESSED.has(extname(entry.name))) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = readFileSync(path);
  keep(`${path}.br`, bytes, brotli(bytes));
  keep(`${path}.gz`, bytes, gzip(bytes));
}
