/** What a browser sees that opens the gateway's address. */
import { VERSION } from '../schemas/version.js';

export const page = {
  contentType: 'text/html; charset=utf-8',
  body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenClaw gateway</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}code{background:#8882;padding:.1em .3em;border-radius:4px}</style>
<h1>OpenClaw gateway ${VERSION}</h1>
<p>It is running. Clients speak JSON-RPC 2.0 over WebSocket at this same address.</p>
<p>From a terminal on this machine: <code>openclaw chat "Hello"</code></p>
</html>
`,
} as const;
