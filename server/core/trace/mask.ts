/** What a trace may show of a frame's text: its beginning, with tokens and keys masked. */

const MAX_BODY_BYTES = 512;
/** Of a frame, how much is looked at: what masking takes away is not more than the rest. */
const LOOKED_AT_CHARS = 4096;
const ELLIPSIS = '…';
const MASK = '***';

/** Repetitions are bounded, so that a hostile text costs no more than a friendly one. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // The gateway's own tokens; their kind tells nothing.
  [/(oc_[A-Za-z0-9]{1,32}_)[A-Za-z0-9_-]+/g, `$1${MASK}`],
  // Members and parameters that are named like secrets; also in JSON within a string.
  [
    /(\\{0,8}"[^"\\]{0,48}?(?:token|secret|passw|key|auth|credential)[^"\\]{0,48}\\{0,8}"\s{0,8}:\s{0,8}\\{0,8}")(?:[^"\\]|\\.)*/gi,
    `$1${MASK}`,
  ],
  [/((?:token|secret|password|key|auth)=)[^\s&"\\]+/gi, `$1${MASK}`],
  // Keys by their shape: providers, forges, clouds, JSON Web Tokens, HTTP credentials.
  [/\b((?:sk|pk|rk)-)[A-Za-z0-9_-]{8,}/g, `$1${MASK}`],
  [/\b(gh[pousr]_|github_pat_|xox[a-z]-|AKIA|AIza|hf_|glpat-)[A-Za-z0-9_-]{8,}/g, `$1${MASK}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+/g, MASK],
  [/\b((?:Bearer|Basic)\s{1,8})[A-Za-z0-9._~+/=-]{8,}/gi, `$1${MASK}`],
];

/** Nothing of {@link SECRETS} is in a text without any of these, which most are: one look instead of seven. */
const HINT =
  /oc_|token|secret|passw|key|auth|credential|[spr]k-|gh[pousr]_|github_pat_|xox|AKIA|AIza|hf_|glpat-|eyJ|Bearer|Basic/i;

/** A text without what looks like a token or a key. */
export const masked = (text: string): string =>
  HINT.test(text) ? SECRETS.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text) : text;

/** The beginning of a frame's text, of at most 512 bytes in UTF-8, masked. */
export const maskedBody = (text: string): string => {
  // An escape may hide a name: it is written out first. What is no JSON cannot be anybody's.
  const plain = text.includes('\\u') ? spelledOut(text) : text;
  const body = masked(plain.slice(0, LOOKED_AT_CHARS)).toWellFormed();
  const bytes = Buffer.from(body);
  if (bytes.length <= MAX_BODY_BYTES && plain.length <= LOOKED_AT_CHARS) return body;
  let end = MAX_BODY_BYTES - Buffer.byteLength(ELLIPSIS);
  // Not within a character: its further bytes are 10xxxxxx.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end) + ELLIPSIS;
};

const spelledOut = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
};
