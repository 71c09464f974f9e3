import type { ExplainFailure } from '../../host/run-step.js';
import { explainBy } from '../failures.js';

/** What the driver says, and torch 2.13.0 before it. */
export const explainFailure: ExplainFailure = explainBy('PyTorch', [
  {
    pattern: /Unknown builtin op: ([\w.:]+)/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses the operator $1, which PyTorch itself does not have',
    next: 'leave the operator out of the model, or the parity check with --no-verify',
  },
  {
    pattern: /modelconv: the model cannot be loaded: [^\n]*/,
    code: 'E_MODEL_INVALID',
    what: 'PyTorch cannot load the model',
    next: 'export it again with torch.jit.trace, with a PyTorch that is not newer than this one',
  },
  {
    pattern: /modelconv: the model does not run: ([^\n]*)/,
    code: 'E_SAMPLES_INVALID',
    what: 'the model cannot be run on these inputs',
    why: '$1',
    next: 'correct their sizes and types, --input NAME=SIZES:TYPE, or leave the parity check out with --no-verify',
  },
]);
