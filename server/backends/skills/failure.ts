/** A server does not do what a server does; the message is a clause behind “it”, and repeats nothing of its own words. */
export class ServerFailure extends Error {
  override readonly name = 'ServerFailure';
}

/** What the system calls a failure. An error's own words may repeat a URL or a header, so they are left out. */
export const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : 'the connection failed';
};
