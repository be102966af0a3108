/** Everything about a scenario that can be turned. */

interface ParameterInfo {
  readonly flag: string;
  readonly whole: boolean;
  readonly zero?: true;
  /** It is told the server when that is started: one that runs already has its own. */
  readonly ofServer?: true;
  readonly says: string;
}

export const PARAMETERS = {
  connections: { flag: 'connections', whole: true, says: 'how many connections' },
  streams: { flag: 'streams', whole: true, says: 'how many streams, each on a connection of its own' },
  followers: { flag: 'followers', whole: true, says: 'how many connections follow the stream' },
  atOnce: { flag: 'at-once', whole: true, says: 'how many handshakes are under way at a time' },
  depth: { flag: 'depth', whole: true, says: 'requests in flight on each connection, at most 64' },
  rate: {
    flag: 'rate',
    whole: false,
    zero: true,
    says: 'requests a second of all connections together, whether answered or not',
  },
  tokensPerSecond: { flag: 'tokens', whole: false, ofServer: true, says: 'tokens a second of each stream' },
  wordBytes: { flag: 'word-bytes', whole: true, says: 'bytes of a token' },
  stalledPercent: { flag: 'stalled', whole: false, says: 'percent of the followers that stop reading' },
  rounds: { flag: 'rounds', whole: true, says: 'how many storms' },
  warmUpSeconds: {
    flag: 'warm-up',
    whole: false,
    zero: true,
    says: 'seconds before the measurement, for caches and compilers',
  },
  seconds: { flag: 'seconds', whole: false, says: 'how many seconds to measure' },
  minutes: { flag: 'minutes', whole: false, says: 'how many minutes to measure' },
  heartbeatSeconds: {
    flag: 'heartbeat',
    whole: false,
    ofServer: true,
    says: 'the server’s heartbeat interval in seconds',
  },
  workers: { flag: 'workers', whole: true, ofServer: true, says: 'the gateway’s socket threads' },
} as const satisfies Record<string, ParameterInfo>;

export type ParameterName = keyof typeof PARAMETERS;

export const PARAMETER_NAMES = Object.keys(PARAMETERS) as ParameterName[];

export const parameterInfo = (name: ParameterName): ParameterInfo => PARAMETERS[name];
