/** What is to come, as the gateway has it. */
import type { Gateway, SystemNotificationsResult } from '../../client/index.js';

export type Scheduled = SystemNotificationsResult['notifications'][number];

const PAGE_LENGTH = 200;
/** More than a principal can have. */
const MOST_PAGES = 10;

/** All of it, the next first. @throws as calls do */
export const readSchedule = async ({ system }: Gateway): Promise<readonly Scheduled[]> => {
  const all: Scheduled[] = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const after = all.at(-1)?.notification_id;
    const { notifications, has_more } = await system.notifications({
      limit: PAGE_LENGTH,
      ...(after === undefined ? {} : { after }),
    });
    all.push(...notifications);
    if (!has_more) break;
  }
  return all.sort((a, b) => (a.due_at < b.due_at ? -1 : 1));
};
