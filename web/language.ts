/**
 * Where the system has no language (LANG=C), Chromium calls its own `en-US@posix`, which is none that numbers can be
 * formatted in: whatever asks for it throws, the charts' library while it is loaded.
 */
export const mendLanguage = (): void => {
  try {
    new Intl.NumberFormat(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en' });
  }
};
