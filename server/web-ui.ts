/**
 * The built web UI, read into memory once: from then on no request leads to the disk. The build has written a `.br` and
 * a `.gz` beside each file that they make smaller, so that nothing is compressed here.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Coding, Site, SiteFile } from './socket/site.js';
import { APPLICATION_POLICY, securityHeaders } from './web-headers.js';

/** `dist/web`, beside which this file runs from `dist/server`. */
export const WEB_FOLDER = join(import.meta.dirname, '../web');

/** The application looks at the path itself. */
const PAGES = ['/', '/traffic', '/status'];
const INDEX = '/index.html';
/** Their names have a hash of what is in them: under one name there is never anything else. */
const HASHED = '/assets/';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};
const UNKNOWN_TYPE = 'application/octet-stream';

const EXTENSIONS = { br: '.br', gzip: '.gz' } as const;
const isVariant = (path: string): boolean => Object.values(EXTENSIONS).some((end) => path.endsWith(end));

/** In memory that threads share. */
const shared = (bytes: Buffer): Uint8Array => {
  const body = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  body.set(bytes);
  return body;
};

/** @param bodies the file as it is, and as codings that make it smaller */
export const siteFile = (
  contentType: string,
  headers: SiteFile['headers'],
  bodies: Readonly<Partial<Record<Coding, Buffer>> & { identity: Buffer }>,
): SiteFile => {
  const codings = (['br', 'gzip', 'identity'] as const).flatMap((coding) => {
    const bytes = bodies[coding];
    return bytes === undefined ? [] : [{ coding, bytes }];
  });
  const variants = codings
    .filter(({ coding, bytes }) => coding === 'identity' || bytes.byteLength < bodies.identity.byteLength)
    .map(({ coding, bytes }) => ({
      coding,
      etag: `"${createHash('sha256').update(bytes).digest('base64url')}"`,
      body: shared(bytes),
    }));
  const vary = variants.length > 1 ? ([['Vary', 'Accept-Encoding']] as const) : [];
  return { contentType, headers: [...vary, ...headers], variants };
};

/** Paths of all files, from the folder on and with `/` in front; without those whose names begin with a dot. */
const pathsIn = (folder: string, prefix = '/'): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.')) return [];
    if (entry.isDirectory()) return pathsIn(join(folder, entry.name), `${prefix}${entry.name}/`);
    // Neither a link nor anything else that leads elsewhere.
    return entry.isFile() ? [`${prefix}${entry.name}`] : [];
  });

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Null where the folder has no application: the gateway was built without it. */
export const readSite = (folder: string): Site | null => {
  let paths: readonly string[];
  try {
    paths = pathsIn(folder);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  if (!paths.includes(INDEX)) return null;
  const security = securityHeaders(APPLICATION_POLICY);
  const read = (path: string): SiteFile => {
    const variant = (coding: keyof typeof EXTENSIONS) => {
      const beside = `${path}${EXTENSIONS[coding]}`;
      return paths.includes(beside) ? { [coding]: readFileSync(join(folder, beside)) } : {};
    };
    const cacheControl = path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache';
    return siteFile(
      CONTENT_TYPES[extname(path)] ?? UNKNOWN_TYPE,
      [['Cache-Control', cacheControl], ...security],
      { identity: readFileSync(join(folder, path)), ...variant('br'), ...variant('gzip') },
    );
  };
  const index = read(INDEX);
  return new Map([
    ...PAGES.map((path) => [path, index] as const),
    ...paths.filter((path) => path !== INDEX && !isVariant(path)).map((path) => [path, read(path)] as const),
  ]);
};
