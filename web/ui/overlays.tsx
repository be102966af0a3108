/** The dialogs over the page: fetched behind it, because nobody needs them at first. */
import '../styles/overlays.css';
import { ChannelSettings, NewChannel } from './channel-dialogs.js';
import { Help } from './help.js';
import { SearchDialog } from './search.js';
import { Switcher } from './switcher.js';

export type Overlay =
  | { readonly kind: 'new-channel' | 'switch' | 'search' | 'help' }
  | { readonly kind: 'settings'; readonly channel: string };

interface OverlayProps {
  readonly overlay: Overlay;
  readonly onClose: () => void;
}

export const OverlayView = ({ overlay, onClose }: OverlayProps) => {
  switch (overlay.kind) {
    case 'new-channel':
      return <NewChannel onClose={onClose} />;
    case 'settings':
      return <ChannelSettings channel={overlay.channel} onClose={onClose} />;
    case 'switch':
      return <Switcher onClose={onClose} />;
    case 'search':
      return <SearchDialog onClose={onClose} />;
    case 'help':
      return <Help onClose={onClose} />;
  }
};
