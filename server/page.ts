/** What a browser sees that opens the address of a gateway without the web UI. */
import { createHash } from 'node:crypto';
import { VERSION } from '../schemas/version.js';
import type { Site } from './socket/site.js';
import { plainPolicy, securityHeaders } from './web-headers.js';
import { siteFile } from './web-ui.js';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}code{background:#8882;padding:.1em .3em;border-radius:4px}';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenClaw gateway</title>
<style>${STYLE}</style>
<h1>OpenClaw gateway ${VERSION}</h1>
<p>It is running. Clients speak JSON-RPC 2.0 over WebSocket at this same address.</p>
<p>From a terminal on this machine: <code>openclaw chat "Hello"</code></p>
</html>
`;

export const plainSite = (): Site => {
  const headers = securityHeaders(plainPolicy(createHash('sha256').update(STYLE).digest('base64')));
  return new Map([
    [
      '/',
      siteFile('text/html; charset=utf-8', [['Cache-Control', 'no-cache'], ...headers], {
        identity: Buffer.from(PAGE),
      }),
    ],
  ]);
};
