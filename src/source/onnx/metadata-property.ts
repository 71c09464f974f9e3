import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { withInput } from '../../host/files.js';
import { FileWindow } from '../file-window.js';
import { decodePair } from './messages.js';
import { topLevelFields } from './sparse.js';
import { field } from './wire.js';

/** `metadata_props` of ModelProto, a StringStringEntryProto. */
const METADATA_PROPS = 14;
/** Longer ones are no descriptor: modelconv writes none of that size. */
const MAX_PROPERTY = 1024 * 1024;

/**
 * One more `metadata_props` as protobuf: the fields of a message may stand in any order, so it can come
 * after all the others.
 */
export function metadataProperty(key: string, value: string): Buffer {
  const pair = Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))]);
  return field(METADATA_PROPS, pair);
}

/**
 * Copy an ONNX file with one text among its `metadata_props`. Those with the same key are left out, for
 * a key may stand there once (onnx.checker); every other byte stays.
 *
 * @param to - must not be there.
 * @throws MalformedError when `from` is no protobuf; system errors.
 */
export async function copyWithProperty(
  from: string,
  to: string,
  key: string,
  value: string,
): Promise<void> {
  const kept = await withInput(from, async (handle, sizeBytes) =>
    rangesWithout(new FileWindow(handle.fd, sizeBytes), key),
  );
  await pipeline(
    async function* () {
      for (const { start, end } of kept) yield* createReadStream(from, { start, end: end - 1 });
      yield metadataProperty(key, value);
    },
    createWriteStream(to, { flags: 'wx' }),
  );
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The parts of a model that hold no property with a key. */
function rangesWithout(file: FileWindow, key: string): Range[] {
  const ranges: Range[] = [];
  let start = 0;
  for (const found of topLevelFields(file)) {
    if (found.number !== METADATA_PROPS || found.end - found.content > MAX_PROPERTY) continue;
    const bytes = file.bytes(found.content, found.end - found.content);
    if (decodePair(bytes)[0] !== key) continue;
    ranges.push({ start, end: found.start });
    start = found.end;
  }
  ranges.push({ start, end: file.sizeBytes });
  return ranges.filter((range) => range.end > range.start);
}
