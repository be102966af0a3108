/** How a server that was started to be measured is ended. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const END_MS = 10_000;

/** Asks it to end, and sees to it that it does. Harmless where it has ended. */
export const endProcess = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await exited;
  clearTimeout(timer);
};
