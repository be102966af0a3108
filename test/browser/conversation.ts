/** What tests of the page do over and over: open it, sign in, say something, wait for the reply. */
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { engine } from '../helpers/engine.js';
import { type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';
import { type Network, startNetwork } from '../helpers/network.js';
import { newPage, type Watched } from './browser.js';

export interface Opened extends Watched {
  readonly gateway: GatewayUnderTest;
  readonly network: Network;
}

/** The page that a gateway serves, through a network that can break. */
export const open = async (t: TestContext, config = engine(0)): Promise<Opened> => {
  const network = await startNetwork(t);
  // Its port is another one than the gateway's own.
  const flags = { 'gateway.allowed_origins': JSON.stringify([network.origin]) };
  const gateway = await startTestGateway(t, { config, flags });
  network.lead(gateway.port);
  const watched = await newPage(t);
  await watched.page.goto(network.origin);
  return { ...watched, gateway, network };
};

/** Until it has fetched what it does not need at first: it may be without a gateway later. */
export const untilFetched = async (page: Page): Promise<void> => {
  await page.waitForFunction(() =>
    performance.getEntriesByType('resource').some(({ name }) => /\/status-[^/]*\.js$/.test(name)),
  );
};

export const signIn = async (page: Page, token: string): Promise<void> => {
  await page.getByLabel('Token').fill(token);
  await page.getByLabel('Token').press('Enter');
  await page.getByText('Connected', { exact: true }).first().waitFor({ state: 'attached' });
};

export const say = async (page: Page, message: string): Promise<void> => {
  // At once: typing thousands of lines takes a browser minutes.
  await page.getByLabel('Message', { exact: true }).evaluate((field: HTMLTextAreaElement, text) => {
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }, message);
  await page.getByLabel('Message', { exact: true }).press('Enter');
};

/** The last reply, once it has ended. */
export const lastReply = async (page: Page, count = 1): Promise<string> => {
  const ended = page.locator('.reply', { hasNot: page.locator('.writing') });
  await ended.nth(count - 1).waitFor();
  await page.waitForFunction(
    (at) => (document.querySelectorAll('.reply')[at]?.querySelector('.markdown')?.textContent ?? '') !== '',
    count - 1,
  );
  return (
    (await ended
      .nth(count - 1)
      .locator('.markdown')
      .textContent()) ?? ''
  ).trim();
};
