/** Line drawings of 20 units; what they mean stands beside them or in the label of their button. */
const PATHS = {
  plus: 'M10 4v12M4 10h12',
  search: 'M9 3.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M13 13l4 4',
  menu: 'M3.5 6h13M3.5 10h13M3.5 14h13',
  close: 'M5 5l10 10M15 5L5 15',
  send: 'M10 16V4.5M5 9.5l5-5l5 5',
  bell: 'M5 13.5V9a5 5 0 0 1 10 0v4.5l1 1H4zM8.5 17h3',
  traffic: 'M6.5 16V4M3.5 7l3-3l3 3M13.5 4v12M10.5 13l3 3l3-3',
  status: 'M3 11h3.5l2-6l3.5 10l2-4H17',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  key: 'M12.5 3.5a4 4 0 1 1-3 6.6L3.5 16v.5H6V15h1.5v-1.5H9l1-1.4M13.5 6.5h.01',
  out: 'M8 4H4.5v12H8M8.5 10H17M14 7l3 3l-3 3',
  down: 'M10 4.5V16M5 11l5 5l5-5',
  keyboard: 'M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.5h7',
  sun: 'M10 7a3 3 0 1 1 0 6a3 3 0 0 1 0-6M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);
