/** A generator of load, in a process of its own: does what the driving process says over IPC, and ends with it. */
import { Crowd } from './crowd.js';
import type { Done, Order } from './messages.js';

let crowd: Crowd | null = null;

const obey = async (order: Order): Promise<Done> => {
  if (order.do === 'open') crowd = new Crowd(order.crowd);
  if (crowd === null) throw new Error('told to work before it was told where');
  if (order.do === 'grow') await crowd.grow(order.size);
  if (order.do === 'leave') crowd.leave();
  return { id: order.id, counts: crowd.counts };
};

process.on('message', (order: Order) => {
  obey(order).then(
    (done) => process.send?.(done),
    (error: unknown) => {
      const sentence = error instanceof Error ? error.message : String(error);
      process.send?.({ id: order.id, error: sentence } satisfies Done);
    },
  );
});
process.on('disconnect', () => crowd?.leave());
