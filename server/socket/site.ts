/**
 * What browsers are given: files held in memory, all of whose headers are known before anybody asks. Plain data, so
 * that socket threads can have it; the bytes are in memory that they share.
 */

export type Coding = 'br' | 'gzip' | 'identity';

/** The bytes of a file as one coding has them. */
export interface Variant {
  readonly coding: Coding;
  /** Strong, so another one for each coding (RFC 9110 section 8.8.3.3); with its quotes. */
  readonly etag: string;
  readonly body: Uint8Array;
}

export interface SiteFile {
  readonly contentType: string;
  /** Of every answer that has the file, and of 304, besides what depends on the variant. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The smallest first; `identity` is always there, and last. */
  readonly variants: readonly Variant[];
}

/** By path, as a request line has it: nothing is decoded, so nothing can lead out of it. */
export type Site = ReadonlyMap<string, SiteFile>;

/** A weight of RFC 9110 section 12.4.2. */
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** 0 where it is none: what cannot be read is not wanted. */
const weightOf = (parameters: readonly string[]): number => {
  const [name = '', value = ''] = (parameters[0] ?? 'q=1').split('=').map((part) => part.trim());
  return parameters.length <= 1 && name.toLowerCase() === 'q' && WEIGHT.test(value) ? Number(value) : 0;
};

/** Long enough for every browser; of more, the rest would only cost time. */
const MAX_HEADER_CHARACTERS = 1024;

/** What each coding that is named weighs; of a coding named twice, the first counts. */
const weightsOf = (acceptEncoding: string): ReadonlyMap<string, number> => {
  const weights = new Map<string, number>();
  for (const element of acceptEncoding.slice(0, MAX_HEADER_CHARACTERS).split(',')) {
    const [name = '', ...parameters] = element.split(';');
    const coding = name.trim().toLowerCase();
    if (coding !== '' && !weights.has(coding)) weights.set(coding, weightOf(parameters));
  }
  return weights;
};

/**
 * The variant that weighs most by `Accept-Encoding` (RFC 9110 section 12.5.3), of equals the smallest; null where every
 * one is refused.
 * @param acceptEncoding the header's value; empty where there is none
 */
export const chooseVariant = ({ variants }: SiteFile, acceptEncoding: string): Variant | null => {
  const weights = weightsOf(acceptEncoding);
  const any = weights.get('*');
  let best: Variant | null = null;
  let most = 0;
  for (const variant of variants) {
    const named = weights.get(variant.coding) ?? any;
    // Not named, the file as it is may be sent all the same, but anything that is named is wanted more.
    const weight = named ?? (variant.coding === 'identity' ? Number.MIN_VALUE : 0);
    if (weight > most) {
      best = variant;
      most = weight;
    }
  }
  return best;
};

/**
 * Whether `If-None-Match` (RFC 9110 section 13.1.2) names this tag, so that the client has the variant already.
 * @param ifNoneMatch the header's value; empty where there is none
 */
export const isKnown = ({ etag }: Variant, ifNoneMatch: string): boolean =>
  ifNoneMatch.trim() === '*' ||
  ifNoneMatch
    .slice(0, MAX_HEADER_CHARACTERS)
    .split(',')
    .some((tag) => tag.trim().replace(/^W\//, '') === etag);
