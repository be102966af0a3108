/** To another channel by some letters of its name. */
import { useState } from 'preact/hooks';
import { type Channel, matching, nameOf, unreadOf } from '../state/channels.js';
import { useAppState } from './context.js';
import { Dialog } from './dialog.js';
import { go } from './go.js';
import { Picker } from './picker.js';

export const Switcher = ({ onClose }: { readonly onClose: () => void }) => {
  const channels = useAppState((state) => state.channels);
  const seen = useAppState((state) => state.seen);
  const [typed, setTyped] = useState('');
  const pick = ({ channel_id: channel }: Channel): void => {
    onClose();
    go({ page: 'channel', channel });
  };
  const found = matching(channels, typed).slice(0, 50);
  return (
    <Dialog title="Switch channel" onClose={onClose}>
      <Picker
        label="Name of a channel"
        items={found}
        keyOf={({ channel_id }) => channel_id}
        onInput={setTyped}
        onPick={pick}
        render={(channel) => (
          <>
            <span class="name">{nameOf(channel)}</span>
            {unreadOf(channel, seen) > 0 && <span class="badge">{unreadOf(channel, seen)}</span>}
          </>
        )}
      />
      {found.length === 0 && <p class="quiet">No channel has these letters in its name.</p>}
    </Dialog>
  );
};
