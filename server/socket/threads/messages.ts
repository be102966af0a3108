/** What a socket thread is started with, and what is said between it and the core besides batches. */

import type { AdmissionLimits } from '../../core/limits/admission.js';
import type { Site } from '../site.js';
import type { Certificate } from '../tls.js';
import type { OriginRules } from '../upgrade.js';
import type { Parcel } from './spares.js';

/** Besides parcels nothing that is said is an array. */
export const isParcel = <Other extends object>(said: Parcel | Other): said is Parcel => Array.isArray(said);

/** What holds for every request, and changes with a reload. */
export interface Rules {
  readonly origin: Omit<OriginRules, 'port'>;
  /** Addresses and ranges of the proxies that are believed; null: none. */
  readonly proxies: readonly string[] | null;
  readonly limits: AdmissionLimits;
}

export interface ThreadData {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** It finds the port and keeps others off it; the others share it. */
  readonly isFirst: boolean;
  readonly certificate: Certificate | null;
  readonly maxMessageBytes: number;
  readonly site: Site;
  readonly rules: Rules;
  /** Of {@link SocketCount}. */
  readonly count: Int32Array;
  /** Of {@link SharedAdmission}. */
  readonly places: Int32Array;
  /** {@link LINK_CELLS} of them. */
  readonly cells: Int32Array;
}

/** Cells that the core and a thread share. */
export const LINK_CELLS = {
  /** Bytes of batches that the core has dealt with, modulo 2³². */
  taken: 0,
  /** Not 0: the core takes nothing more, and is not to be waited for. */
  released: 1,
  /** Not 0: the thread has closed its sockets, and may be ended. */
  closed: 2,
  count: 3,
} as const;

/** To a thread, besides batches. It answers each but `close` with a {@link Done}. */
export type Order =
  | { readonly kind: 'rules'; readonly rules: Rules }
  /** Listens with a certificate beside the one before; then one of the two that follow. */
  | { readonly kind: 'present'; readonly certificate: Certificate }
  | { readonly kind: 'complete' }
  | { readonly kind: 'cancel' }
  /** Tells of all that has arrived before it is done. */
  | { readonly kind: 'report' }
  | { readonly kind: 'stopListening' }
  | { readonly kind: 'close' };

/** An error that is a sentence for the operator, as far as it crosses threads. */
export interface Refused {
  readonly name: 'ListenError' | 'TlsError';
  readonly message: string;
}

interface Done {
  readonly kind: 'done';
  /** Its number. */
  readonly order: number;
  /** Null where it was done. */
  readonly refused: Refused | null;
}

/** From a thread, besides batches. */
export type Notice =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'refused'; readonly refused: Refused }
  | Done
  | { readonly kind: 'fault'; readonly what: string; readonly error: unknown };
