import { StringDecoder } from 'node:string_decoder';
import { SaxesParser } from 'saxes';
import { type FileWindow, MalformedError } from '../file-window.js';

const CHUNK_BYTES = 64 * 1024;
/** About 150 000 layers; the weights are in the other file. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Levels of an IR: 7, and 4 more for each loop in a loop. */
const MAX_DEPTH = 256;
/** Longest stretch without a tag: a descriptor in one attribute has at most 256 KiB, escaped perhaps five times as much. */
const MAX_TOKEN = 2 * 1024 * 1024;

/** What happens while an XML text is read. */
export interface XmlVisitor {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  text(text: string): void;
  close(name: string): void;
}

/**
 * Read an XML file piece by piece, in constant memory. Document types are refused, and with them
 * entities of the file's own: an IR has none, and they can make a small file endless.
 *
 * @throws MalformedError when it is not well-formed, too deep or too long.
 */
export function readXml(file: FileWindow, visitor: XmlVisitor): void {
  if (file.sizeBytes > MAX_BYTES)
    throw new MalformedError(`an XML file of ${file.sizeBytes} bytes is too long for a structure`);
  const parser = new SaxesParser<{ xmlns: false; position: false }>({
    xmlns: false,
    position: false,
  });
  const decoder = new StringDecoder('utf8');
  let depth = 0;
  let lastTag = 0;
  let at = 0;
  parser.on('error', (error) => {
    throw new MalformedError(`its XML is damaged: ${error.message}`);
  });
  parser.on('doctype', () => {
    throw new MalformedError('it has a document type (DOCTYPE), which no model needs');
  });
  parser.on('opentag', ({ name, attributes }) => {
    lastTag = at;
    if (++depth > MAX_DEPTH) throw new MalformedError(`elements are nested ${depth} deep`);
    visitor.open(name, attributes);
  });
  parser.on('text', (text) => visitor.text(text));
  parser.on('closetag', ({ name }) => {
    lastTag = at;
    depth--;
    visitor.close(name);
  });
  for (; at < file.sizeBytes; at += CHUNK_BYTES) {
    if (at - lastTag > MAX_TOKEN)
      throw new MalformedError(`one tag of more than ${MAX_TOKEN} bytes`);
    parser.write(decoder.write(file.bytes(at, Math.min(CHUNK_BYTES, file.sizeBytes - at))));
  }
  parser.write(decoder.end());
  parser.close();
}
