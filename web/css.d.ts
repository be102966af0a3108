/** Style sheets are Vite's to bundle. */
declare module '*.css';
