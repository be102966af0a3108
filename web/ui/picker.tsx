/** A field, and a list of what it finds: arrow keys choose, Enter takes. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface PickerProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly render: (item: T) => ComponentChildren;
  readonly onInput: (text: string) => void;
  readonly onPick: (item: T) => void;
}

export const Picker = <T,>({ label, items, keyOf, render, onInput, onPick }: PickerProps<T>) => {
  const [at, setAt] = useState(0);
  const chosen = Math.min(at, items.length - 1);
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const next = (chosen + step + items.length) % Math.max(1, items.length);
      setAt(next);
      document.getElementById(`picker-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      const item = items[chosen];
      if (item !== undefined) onPick(item);
    }
  };
  const input = (event: Event): void => {
    setAt(0);
    onInput((event.currentTarget as HTMLInputElement).value);
  };
  return (
    <>
      <input
        type="text"
        aria-label={label}
        placeholder={label}
        role="combobox"
        aria-expanded={items.length > 0}
        aria-controls="picker"
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 ? `picker-${chosen}` : undefined}
        autoFocus
        autocomplete="off"
        onInput={input}
        onKeyDown={move}
      />
      <div class="picker" id="picker" role="listbox" aria-label="Found">
        {items.map((item, index) => (
          <div
            key={keyOf(item)}
            id={`picker-${index}`}
            class="option"
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onClick={() => onPick(item)}
            onKeyDown={(event) => event.key === 'Enter' && onPick(item)}
          >
            {render(item)}
          </div>
        ))}
      </div>
    </>
  );
};
