/** PNG files (W3C PNG specification, third edition) made smaller without a change to a pixel. */
import { constants, crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const FRAME_BYTES = 12;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

const chunksOf = (png: Buffer): readonly Chunk[] => {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const sizeBytes = png.readUInt32BE(at);
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + sizeBytes),
    });
    at += sizeBytes + FRAME_BYTES;
  }
  return chunks;
};

const encode = ({ type, data }: Chunk): Buffer => {
  const framed = Buffer.alloc(data.length + FRAME_BYTES);
  framed.writeUInt32BE(data.length, 0);
  framed.write(type, 4, 'latin1');
  data.copy(framed, 8);
  framed.writeUInt32BE(crc32(framed.subarray(4, 8 + data.length)), 8 + data.length);
  return framed;
};

/** The predictor that is nearest to what it comes from (section 9.4). */
const paeth = (left: number, above: number, aboveLeft: number): number => {
  const estimate = left + above - aboveLeft;
  const byLeft = Math.abs(estimate - left);
  const byAbove = Math.abs(estimate - above);
  const byAboveLeft = Math.abs(estimate - aboveLeft);
  if (byLeft <= byAbove && byLeft <= byAboveLeft) return left;
  return byAbove <= byAboveLeft ? above : aboveLeft;
};

/** Lines as they are in the picture, each with a 0 in front that says so (section 9.2). */
const unfilter = (filtered: Buffer, lineBytes: number, pixelBytes: number): Buffer => {
  const plain = Buffer.alloc(filtered.length);
  for (let start = 0; start < filtered.length; start += lineBytes + 1) {
    const filter = filtered[start];
    for (let at = start + 1; at <= start + lineBytes; at += 1) {
      const isFirst = at <= start + pixelBytes;
      const left = isFirst ? 0 : (plain[at - pixelBytes] ?? 0);
      const above = plain[at - lineBytes - 1] ?? 0;
      const aboveLeft = isFirst ? 0 : (plain[at - lineBytes - 1 - pixelBytes] ?? 0);
      const predicted =
        [0, left, above, (left + above) >> 1, paeth(left, above, aboveLeft)][filter ?? 0] ?? 0;
      plain[at] = (filtered[at] ?? 0) + predicted;
    }
  }
  return plain;
};

/** Bytes of a pixel by colour type, at 8 bits a sample. */
const PIXEL_BYTES: Readonly<Record<number, number>> = { 2: 3, 6: 4 };

/**
 * A browser filters the lines of its screenshots as photographs want it; letters and even faces become smaller without.
 * What is no picture is left out.
 * @param png true colour at 8 bits, not interlaced
 */
export const optimisePng = (png: Buffer): Buffer => {
  const chunks = chunksOf(png);
  const header = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13);
  const [bits, colourType = 0, , , interlaced] = header.subarray(8);
  const pixelBytes = PIXEL_BYTES[colourType];
  if (pixelBytes === undefined || bits !== 8 || interlaced !== 0) return png;
  const data = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data));
  const plain = unfilter(inflateSync(data), header.readUInt32BE(0) * pixelBytes, pixelBytes);
  const smaller = deflateSync(plain, {
    level: constants.Z_BEST_COMPRESSION,
    memLevel: constants.Z_MAX_MEMLEVEL,
  });
  const parts = [
    { type: 'IHDR', data: header },
    { type: 'IDAT', data: smaller },
    { type: 'IEND', data: Buffer.alloc(0) },
  ];
  const optimised = Buffer.concat([png.subarray(0, SIGNATURE_BYTES), ...parts.map(encode)]);
  return optimised.length < png.length ? optimised : png;
};
