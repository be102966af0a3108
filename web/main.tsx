/** The page's entry. */
import { render } from 'preact';
import { PageSession } from './gateway/page-session.js';
import { mendLanguage } from './language.js';
import { loadMarkdown } from './markdown/load.js';
import { App } from './ui/app.js';
import { SessionContext } from './ui/context.js';
import { applyTheme } from './ui/theme.js';

mendLanguage();

applyTheme();
const { protocol, host, pathname } = location;
// The gateway serves the page at these addresses as well.
if (pathname === '/traffic' || pathname === '/status') history.replaceState(null, '', `/#${pathname}`);
const session = new PageSession(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/`);
session.start();
// The network is back: whoever looks at the page need not wait for the next attempt.
addEventListener('online', () => session.retryNow());
render(
  <SessionContext.Provider value={session}>
    <App />
  </SessionContext.Provider>,
  document.getElementById('app') as HTMLElement,
);
// Behind what is on the screen first.
setTimeout(() => void loadMarkdown().catch(() => {}));
