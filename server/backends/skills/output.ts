/** What a tool has given, as text that is not too long. */

/** The parts of an MCP result that text can be made of. */
export interface ToolResult {
  readonly content?: readonly unknown[] | undefined;
  readonly structuredContent?: unknown;
}

/** Cut where no character is broken, with what is missing told at the end; `maxBytes` of UTF-8 in all, at least 100. */
export const cutText = (text: string, maxBytes: number): string => {
  const whole = text.toWellFormed();
  // Three bytes a UTF-16 unit at most: most texts need not be measured.
  if (whole.length * 3 <= maxBytes) return whole;
  const bytes = Buffer.from(whole);
  if (bytes.length <= maxBytes) return whole;
  const noteFor = (left: number): string => `\n[${left} more bytes were cut off]`;
  let end = maxBytes - noteFor(bytes.length).length;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}${noteFor(bytes.length - end)}`;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const textOf = (part: unknown): string => {
  if (!isRecord(part)) return '';
  const said = (value: unknown): string => (typeof value === 'string' ? value : '');
  switch (part.type) {
    case 'text':
      return said(part.text);
    case 'image':
    case 'audio':
      return `[${said(part.mimeType) || part.type}, ${Math.floor((said(part.data).length * 3) / 4)} bytes, not shown]`;
    case 'resource_link':
      return `[${said(part.name)}: ${said(part.uri)}]`;
    case 'resource': {
      const { resource } = part;
      if (!isRecord(resource)) return '';
      return typeof resource.text === 'string' ? resource.text : `[${said(resource.uri)}, not shown]`;
    }
    default:
      return `[${said(part.type)}, not shown]`;
  }
};

/** A result's parts one below the other; what is no text is named. */
export const resultText = ({ content, structuredContent }: ToolResult, maxBytes: number): string => {
  const parts = content ?? [];
  const text =
    parts.length === 0 && structuredContent !== undefined
      ? JSON.stringify(structuredContent)
      : parts.map(textOf).join('\n');
  return cutText(text, maxBytes);
};
