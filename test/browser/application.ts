/** Where things are in the web UI: the one place that knows, for all tests in a browser. */
import type { Page } from 'playwright-core';

/** What a page is reached by. */
export const PAGES = {
  chat: '/',
  reminders: '/#/reminders',
  traffic: '/#/traffic',
  status: '/#/status',
} as const;

export type PageName = keyof typeof PAGES;

/** Labels and names, as a screen reader has them. */
const APPLICATION = {
  token: 'Token',
  signIn: 'Sign in',
  reminders: 'Reminders',
  traffic: 'Traffic',
  status: 'Status',
} as const;

/** Signs in on a page that asks for a token; resolves when it asks no more. */
export const signIn = async (page: Page, token: string): Promise<void> => {
  const field = page.getByLabel(APPLICATION.token, { exact: true });
  await field.fill(token);
  await page.getByRole('button', { name: APPLICATION.signIn, exact: true }).click();
  await field.waitFor({ state: 'detached' });
};

/** Resolves when a page has what it is for. @param said words of the conversation's last message */
export const SHOWN: Readonly<Record<PageName, (page: Page, said: string) => Promise<void>>> = {
  chat: (page, said) => page.getByText(said, { exact: true }).last().waitFor(),
  reminders: (page) => page.getByRole('heading', { name: APPLICATION.reminders }).first().waitFor(),
  traffic: (page) => page.getByRole('heading', { name: APPLICATION.traffic }).first().waitFor(),
  status: (page) => page.getByRole('heading', { name: APPLICATION.status }).first().waitFor(),
};
