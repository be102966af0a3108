/** How the page is built: `dist/web/`, an index.html and hashed files beside it that never change. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const HERE = dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: HERE,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(HERE, '..', 'dist', 'web'),
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would need a wider policy than the gateway sends.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
