/** The socket of the service manager: datagrams to the address that it names in `NOTIFY_SOCKET` (sd_notify(3)). */
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';

/** What became of a datagram: `full`: the manager has not read those before it, and it may be sent again. */
export type Sent = 'sent' | 'full';

/** The service manager cannot be told anything; the message is one sentence for the operator. */
export class NotifySocketError extends Error {
  override readonly name = 'NotifySocketError';
}

/** Linux on every processor that there are Node.js and systemd for. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** `sun_path` of unix(7). */
const MAX_PATH_BYTES = 108;

/**
 * `sockaddr_un` of unix(7): an absolute path, or with `@` in front a name in the abstract namespace, which is as
 * long as it is and has no end mark.
 * @throws NotifySocketError for anything else, such as `vsock:`
 */
const socketAddress = (name: string): Buffer => {
  const isAbstract = name.startsWith('@');
  const path = Buffer.from(isAbstract ? `\0${name.slice(1)}` : `${name}\0`);
  if (!(isAbstract || name.startsWith('/')) || name.length < 2 || path.length > MAX_PATH_BYTES) {
    throw new NotifySocketError(
      'NOTIFY_SOCKET must be an absolute path or @ with a name, of at most 107 bytes: the service manager is not told that the gateway runs.',
    );
  }
  const family = new Uint8Array(Uint16Array.of(AF_UNIX).buffer);
  return Buffer.concat([family, path]);
};

export interface NotifySocket {
  /**
   * Sends a datagram without waiting.
   * @throws NotifySocketError where there is nobody to take it
   */
  send(text: string): Sent;
}

/**
 * Loads what calls the system, since Node.js has no datagram sockets of the system's own kind, and opens one.
 * @param name `NOTIFY_SOCKET`
 * @throws NotifySocketError
 */
export const openNotifySocket = async (name: string): Promise<NotifySocket> => {
  const address = socketAddress(name);
  const problem = (what: string): NotifySocketError =>
    new NotifySocketError(`The service manager at ${name} cannot be told how the gateway is: ${what}.`);
  if (process.platform !== 'linux') throw problem('only Linux has such sockets');
  const { default: koffi } = await import('koffi').catch((error: unknown) => {
    throw problem(`koffi cannot be loaded (${error instanceof Error ? error.message : error})`);
  });
  const systemError = (): string => getSystemErrorName(-koffi.errno());
  // The C library that Node.js itself has loaded.
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func(
    'long sendto(int fd, const uint8_t *text, size_t length, int flags, const uint8_t *address, uint32_t size)',
  );
  const fd: number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw problem(systemError());
  return {
    send: (text) => {
      const bytes = Buffer.from(text);
      // Named each time: a manager that was started anew has another socket under the same name.
      const sent = sendto(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length);
      if (sent >= 0) return 'sent';
      const { EAGAIN, ENOBUFS } = constants.errno;
      if (koffi.errno() === EAGAIN || koffi.errno() === ENOBUFS) return 'full';
      throw problem(systemError());
    },
  };
};
