import type { FileWindow } from '../file-window.js';
import { MalformedError } from '../file-window.js';
import { openArchive } from './archive.js';

/** What a zip archive is, and what to do when it is no TorchScript. */
export type ArchiveKind =
  | { readonly format: 'torchscript' }
  | { readonly other: string; readonly next?: string };

const EXPORT =
  'export the model in Python: torch.jit.trace(model.eval(), example).save("model.pt"), or torch.onnx.export(model, (example,), "model.onnx")';

interface Known {
  readonly has: readonly (string | RegExp)[];
  readonly kind: ArchiveKind;
}

/** The archives of machine learning by what they hold, the first that fits. */
const KNOWN: readonly Known[] = [
  { has: [/^code\//, 'data.pkl', 'constants.pkl'], kind: { format: 'torchscript' } },
  {
    has: ['archive_format'],
    kind: { other: 'a torch.export archive (.pt2)', next: exportNext('torch.export.load') },
  },
  {
    has: ['serialized_exported_program.json'],
    kind: { other: 'a torch.export archive (.pt2)', next: exportNext('torch.export.load') },
  },
  {
    has: ['.data/extern_modules'],
    kind: { other: 'a torch.package archive', next: EXPORT },
  },
  {
    has: [/^code\//, 'data.pkl'],
    kind: { other: 'a TorchScript archive without its constants.pkl', next: EXPORT },
  },
  {
    has: ['data.pkl'],
    kind: {
      other: 'a PyTorch checkpoint without its code: weights alone are no model',
      next: EXPORT,
    },
  },
  {
    has: ['model.json', /^tensors\//],
    kind: { other: 'a TorchScript archive of PyTorch 1.3 or older', next: EXPORT },
  },
  {
    has: ['config.json', 'model.weights.h5'],
    kind: {
      other: 'a Keras model (.keras)',
      next: 'export it in Python: keras.saving.load_model("m.keras").export("model.onnx", format="onnx")',
    },
  },
];

function exportNext(load: string): string {
  return `export it in Python: torch.onnx.export(${load}("model.pt2"), f="model.onnx")`;
}

/** What a zip archive holds, by the names of its files. */
export function archiveKind(file: FileWindow): ArchiveKind {
  const names = new Set<string>();
  try {
    // Keras has its files at the top, torch in a directory
    const archive = openArchive(file);
    for (const name of archive.names) names.add(name);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return {
      other: `a zip archive (TorchScript, Keras or PyTorch checkpoint?), and ${error.message}`,
    };
  }
  const fits = (wanted: string | RegExp): boolean =>
    typeof wanted === 'string' ? names.has(wanted) : [...names].some((name) => wanted.test(name));
  const known = KNOWN.find(({ has }) => has.every(fits));
  if (known !== undefined) return known.kind;
  if ([...names].every((name) => name.endsWith('.npy')))
    return { other: 'a file of NumPy arrays (.npz)' };
  return { other: 'a zip archive that holds no model' };
}
