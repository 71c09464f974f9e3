import type { FileWindow } from '../file-window.js';

/** Longer than any declaration and comment that stands before the first element. */
const START_BYTES = 4096;

/**
 * Whether a file is an OpenVINO IR (its first element is `<net`), another XML file, or none.
 *
 * @returns undefined for what is no XML.
 */
export function xmlKind(file: FileWindow): 'openvino-ir' | 'other' | undefined {
  const start = file.bytes(0, Math.min(START_BYTES, file.sizeBytes)).toString('latin1');
  // a byte order mark may come first
  const text = start.replace(/^\u00ef\u00bb\u00bf/, '');
  if (/^\s*(?:<\?xml[\s\S]*?\?>)?\s*(?:<!--[\s\S]*?-->\s*)*<net[\s>]/.test(text))
    return 'openvino-ir';
  return text.startsWith('<?xml') ? 'other' : undefined;
}
