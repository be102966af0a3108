/** Making a channel, and giving one another name or an end. */
import { useRef, useState } from 'preact/hooks';
import { DEFAULT_CHANNEL, nameOf } from '../state/channels.js';
import { useAppState, useSession } from './context.js';
import { Dialog } from './dialog.js';
import { go } from './go.js';

const MAX_NAME = 128;

export const NewChannel = ({ onClose }: { readonly onClose: () => void }) => {
  const session = useSession();
  const name = useRef<HTMLInputElement>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    onClose();
    const channel = await session.create(name.current?.value.trim() ?? '');
    if (channel !== null) go({ page: 'channel', channel });
  };
  return (
    <Dialog title="New channel" onClose={onClose}>
      <form onSubmit={submit}>
        <p class="quiet">What is said in one channel is not known in another.</p>
        <label for="channel-name">Name</label>
        <input id="channel-name" ref={name} maxLength={MAX_NAME} autoFocus autocomplete="off" />
        <div class="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Create
          </button>
        </div>
      </form>
    </Dialog>
  );
};

interface ChannelSettingsProps {
  readonly channel: string;
  readonly onClose: () => void;
}

export const ChannelSettings = ({ channel: id, onClose }: ChannelSettingsProps) => {
  const session = useSession();
  const channel = useAppState(({ channels }) => channels.find(({ channel_id }) => channel_id === id));
  const name = useRef<HTMLInputElement>(null);
  const [isSure, setSure] = useState(false);
  if (channel === undefined) return null;
  const rename = (event: Event): void => {
    event.preventDefault();
    onClose();
    void session.rename(id, name.current?.value.trim() ?? '');
  };
  const remove = (): void => {
    if (!isSure) {
      setSure(true);
      return;
    }
    onClose();
    void session.delete(id);
  };
  return (
    <Dialog title={nameOf(channel)} onClose={onClose}>
      <form onSubmit={rename}>
        <label for="channel-name">Name</label>
        <input
          id="channel-name"
          ref={name}
          maxLength={MAX_NAME}
          defaultValue={channel.name}
          autoFocus
          autocomplete="off"
        />
        <p class="quiet small">
          <code>{id}</code>, since {new Date(channel.created_at).toLocaleDateString()},{' '}
          {channel.message_count.toLocaleString('en-US')} messages
        </p>
        {isSure && (
          <p class="error" role="alert">
            Everything that was said in it will be deleted, for all of your devices.
          </p>
        )}
        <div class="actions">
          {id !== DEFAULT_CHANNEL && (
            <button type="button" class="danger" onClick={remove}>
              {isSure ? 'Delete for good' : 'Delete…'}
            </button>
          )}
          <button type="submit" class="primary">
            Rename
          </button>
        </div>
      </form>
    </Dialog>
  );
};
