/** The gateway's page in a real browser: it loads, its policy lets it do what it must, and nothing leaves this machine. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HAS_OPENSSL, makeCertificate, tlsConfig } from '../helpers/certificate.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { webFolder } from '../helpers/web-folder.js';
import { checkAccessibility } from './accessibility.js';
import { browse } from './browse.js';
import { NEEDS_BROWSER } from './chromium.js';

test('the page of a gateway loads without a complaint, light and dark', NEEDS_BROWSER, async (t) => {
  const { port } = await startGatewayProcess(t, { homeDir: temporaryFolder(t), config: '' });
  await browse(async (page) => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).host));
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const answer = await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'networkidle' });
      assert.equal(answer?.status(), 200);
      assert.match(await page.title(), /OpenClaw/);
      await checkAccessibility(page);
    }
    assert.deepEqual([...new Set(asked)], [`127.0.0.1:${port}`]);
  });
});

test(
  'under its policy an application has its script, its style and its WebSocket',
  NEEDS_BROWSER,
  async (t) => {
    const { port } = await startTestGateway(t, { webFolder: webFolder(t) });
    await browse(async (page) => {
      for (const name of ['127.0.0.1', 'localhost']) {
        for (const path of ['/', '/traffic', '/status']) {
          await page.goto(`http://${name}:${port}${path}`);
          await page.getByText('open', { exact: true }).waitFor();
          const colour = await page.locator('output').evaluate((element) => getComputedStyle(element).color);
          assert.equal(colour, 'rgb(0, 80, 0)');
        }
      }
      await checkAccessibility(page);
    });
  },
);

test('the page may copy, and neither listen, look, nor ask where it is', NEEDS_BROWSER, async (t) => {
  const { port } = await startTestGateway(t, { webFolder: webFolder(t) });
  await browse(async (page) => {
    await page.goto(`http://127.0.0.1:${port}/`);
    const allowed = await page.evaluate(() => {
      const { featurePolicy } = document as Document & { featurePolicy: { allowedFeatures(): string[] } };
      return featurePolicy.allowedFeatures();
    });
    assert.ok(allowed.includes('clipboard-write'));
    for (const off of ['camera', 'microphone', 'geolocation', 'clipboard-read', 'usb', 'display-capture']) {
      assert.ok(!allowed.includes(off), off);
    }
  });
});

test('over TLS, too', {
  skip: NEEDS_BROWSER.skip || (HAS_OPENSSL ? false : 'needs the openssl program to make certificates'),
}, async (t) => {
  const config = tlsConfig(makeCertificate(temporaryFolder(t)));
  const { port } = await startTestGateway(t, { config, webFolder: webFolder(t) });
  await browse(
    async (page) => {
      await page.goto(`https://127.0.0.1:${port}/`);
      await page.getByText('open', { exact: true }).waitFor();
    },
    { anyCertificate: true },
  );
});

test('the policy keeps a page from all else, and the watch sees it', NEEDS_BROWSER, async (t) => {
  const pages: Readonly<Record<string, readonly [body: string, complaint: RegExp]>> = {
    'inline-script.html': ['<script>document.title = "ran"</script>', /script-src-elem: inline/],
    'inline-style.html': ['<p style="color: red">a</p>', /style-src-attr: inline/],
    'handler.html': ['<img src="data:," alt="" onerror="document.title = 1">', /script-src-attr: inline/],
    'foreign-script.html': [
      '<script src="https://example.com/a.js"></script>',
      /script-src-elem: https:\/\/example\.com/,
    ],
    'foreign-image.html': ['<img src="https://example.com/a.png" alt="">', /img-src: https:\/\/example\.com/],
    'frame.html': ['<iframe src="/"></iframe>', /frame-src/],
    'socket.html': ['<script src="/assets/socket.js"></script>', /connect-src: wss:\/\/example\.com/],
    'fetch.html': ['<script src="/assets/fetch.js"></script>', /connect-src: https:\/\/example\.com/],
    'throws.html': ['<script src="/assets/throws.js"></script>', /uncaught: Error: thrown/],
    'missing.html': [
      '<script src="/assets/none.js"></script>',
      /404: http:\/\/127\.0\.0\.1:\d+\/assets\/none\.js/,
    ],
    'fine.html': ['<p>a</p>', /^none$/],
  };
  const page = (body: string) =>
    `<!doctype html><html lang="en"><title>a</title><link rel="icon" href="data:,"><main>${body}</main></html>`;
  const folder = webFolder(t, {
    ...Object.fromEntries(Object.entries(pages).map(([name, [body]]) => [name, page(body)])),
    'assets/socket.js': 'new WebSocket("wss://example.com/");',
    'assets/fetch.js': 'fetch("https://example.com/").catch(() => {});',
    'assets/throws.js': 'throw new Error("thrown");',
  });
  const { port } = await startTestGateway(t, { webFolder: folder });
  await browse(async (page, problems) => {
    for (const [name, [, complaint]] of Object.entries(pages)) {
      await page.goto(`http://127.0.0.1:${port}/${name}`, { waitUntil: 'networkidle' });
      assert.match(problems.splice(0).join('\n') || 'none', complaint, name);
    }
  });
});

test('what goes wrong in a page fails its test', NEEDS_BROWSER, async (t) => {
  const { port } = await startTestGateway(t);
  const missing = browse(async (page) => {
    await page.goto(`http://127.0.0.1:${port}/none`);
  });
  await assert.rejects(missing, { code: 'ERR_ASSERTION', message: /404: http/ });
});

test('what a screen reader cannot use is found', NEEDS_BROWSER, async (t) => {
  const bad = '<!doctype html><html><title>a</title><link rel="icon" href="data:,"><button></button></html>';
  const { port } = await startTestGateway(t, { webFolder: webFolder(t, { 'bad.html': bad }) });
  await browse(async (page) => {
    await page.goto(`http://127.0.0.1:${port}/bad.html`);
    await assert.rejects(checkAccessibility(page), /button-name/);
  });
});
