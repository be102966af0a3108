/** What the page shows, as the part of its address behind the `#`. Nothing secret ever stands there. */
import { DEFAULT_CHANNEL } from './channels.js';

export type Route =
  | { readonly page: 'channel'; readonly channel: string }
  | { readonly page: 'reminders' | 'traffic' | 'status' };

/** What is not an address of this page leads to the default channel. */
export const routeOf = (hash: string): Route => {
  const [page = '', id = ''] = hash.replace(/^#\/?/, '').split('/', 2);
  if (page === 'reminders' || page === 'traffic' || page === 'status') return { page };
  if (page === 'channel' && /^[A-Za-z0-9._:-]{1,64}$/.test(id)) return { page, channel: id };
  return { page: 'channel', channel: DEFAULT_CHANNEL };
};

export const hashOf = (route: Route): string =>
  route.page === 'channel' ? `#/channel/${route.channel}` : `#/${route.page}`;
