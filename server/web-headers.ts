/** What every answer that has a file says besides, so that a browser lets a page do what ours does and nothing else. */

/**
 * Features of a browser that a page could use, or hand to a frame: ours uses none of them. One that it does use, copying
 * to the clipboard, is not here. A name that Chromium does not know is a warning in its console.
 */
const FEATURES = [
  'accelerometer',
  'autoplay',
  'browsing-topics',
  'camera',
  'captured-surface-control',
  'clipboard-read',
  'compute-pressure',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'identity-credentials-get',
  'idle-detection',
  'keyboard-map',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'otp-credentials',
  'payment',
  'picture-in-picture',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'sync-xhr',
  'usb',
  'window-management',
  'xr-spatial-tracking',
] as const;

/** Nobody may frame the page, and it sends no form: what it has to say goes through its WebSocket. */
const CLOSED = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Of the application (Content Security Policy 3): all it loads is the gateway's own. `'self'` has the WebSocket of the
 * same host and port as well.
 */
export const APPLICATION_POLICY = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; ${CLOSED}`;

/** Of a page that has nothing but one style in it. @param styleHash SHA-256 in base64 */
export const plainPolicy = (styleHash: string): string =>
  `default-src 'none'; style-src 'sha256-${styleHash}'; ${CLOSED}`;

/** @param policy of Content-Security-Policy */
export const securityHeaders = (policy: string): readonly (readonly [name: string, value: string])[] => [
  ['Content-Security-Policy', policy],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Permissions-Policy', FEATURES.map((feature) => `${feature}=()`).join(', ')],
];
