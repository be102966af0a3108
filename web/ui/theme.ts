/** Light, dark, or as the system says. */
import { rememberedTheme, rememberTheme, type Theme } from '../gateway/remembered.js';

const listeners = new Set<() => void>();

export const applyTheme = (theme: Theme = rememberedTheme()): void => {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
};

export const chooseTheme = (theme: Theme): void => {
  rememberTheme(theme);
  applyTheme(theme);
};

/** Calls `listener` whenever the colours may be others. @returns the function that ends it */
export const onThemeChange = (listener: () => void): (() => void) => {
  const query = matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', listener);
  listeners.add(listener);
  return () => {
    query.removeEventListener('change', listener);
    listeners.delete(listener);
  };
};
