/** The registry by itself, which prom-client has no types for under this name. */
declare module 'prom-client/lib/registry.js' {
  export { Registry as default } from 'prom-client';
}
