/** The version that handshakes and documents name; `package.json` says the same (there is a test). */
export const VERSION = '0.9.4';
