import { SHORTCUTS } from '../state/shortcuts.js';
import { Dialog } from './dialog.js';

export const Help = ({ onClose }: { readonly onClose: () => void }) => (
  <Dialog title="Keyboard" onClose={onClose}>
    <dl class="keys">
      {SHORTCUTS.map(({ keys, what }) => (
        <div key={keys}>
          <dt>
            {keys
              .split(' ')
              .map((part) =>
                /^[+/]$/.test(part) && keys !== '/' ? ` ${part} ` : <kbd key={part}>{part}</kbd>,
              )}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
    <p class="quiet small">On a Mac ⌘ stands for Ctrl and ⌥ for Alt.</p>
  </Dialog>
);
