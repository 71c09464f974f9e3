import type { ExplainFailure } from '../../host/run-step.js';
import { explainBy } from '../failures.js';

const CHECK = 'check it with: python -m onnx.checker, or export it again';
const TRACE =
  'trace the model instead of scripting it: torch.jit.trace(model.eval(), example).save("model.pt"), or export it to ONNX';
const TENSORS_ALONE =
  'wrap the model in a module whose forward() takes tensors alone, without defaults, and trace that';
const STANDARD =
  'export the model without the custom operator, or with one that the ai.onnx operator set has';

/** Log lines of pnnx and ncnn 20261020. pnnx crashes after most of them: the line before says why. */
export const explainFailure: ExplainFailure = explainBy('ncnn', [
  {
    pattern:
      /ort CreateSession failed Fatal error: ([\w.]+:\w+)\(-?\d+\) is not a registered[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses an operator that pnnx does not have: $1',
    next: STANDARD,
  },
  {
    pattern: /No Op registered for (\w+) with domain_version[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses an operator that pnnx does not have: $1',
    next: STANDARD,
  },
  {
    pattern: /External data path[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'pnnx takes a model in one file, and this one keeps weights in another',
    next: 'make one file of it with onnx.load and onnx.save',
  },
  {
    pattern: /is till opset \d+/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the operator set of the model is too new for pnnx',
    next: 'export the model with an older opset',
  },
  {
    // pnnx gives names of its own to the outputs
    pattern:
      /ort CreateSession failed Invalid model\. Node input 'out\d+' is not a graph input[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'pnnx cannot convert a model that hands an input through as an output',
    next: 'export the model without that output',
  },
  {
    pattern: /ort CreateSession failed [^\n]*/,
    code: 'E_MODEL_INVALID',
    what: 'pnnx refuses the model',
    next: CHECK,
  },
  {
    pattern: /Unknown builtin op: ([\w.:]+)/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses an operator that pnnx does not have: $1',
    next: STANDARD,
  },
  {
    pattern: /Load torchscript failed: [^\n]*/,
    code: 'E_MODEL_INVALID',
    what: 'pnnx cannot load the model',
    next: 'export it again with torch.jit.trace, with a PyTorch that is not newer than 2.14',
  },
  {
    pattern: /forward\(\) is missing value for argument '(\w+)[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the forward() of the model has the argument $1, for which pnnx gives no value',
    next: TENSORS_ALONE,
  },
  {
    pattern: /forward\(\) Expected a value of type '([^'\n]+)' for argument '(\w+)[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the forward() of the model takes $1 as $2, and pnnx gives tensors alone',
    next: TENSORS_ALONE,
  },
  {
    pattern: /^RuntimeError: ([^\n]*)/m,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model does not run on inputs of these sizes and types',
    why: '$1',
    next: 'correct them: --input NAME=SIZES:TYPE',
    step: 'convert',
  },
  {
    pattern: /pnnx folded inputs into constants: ([^\n]*)/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'pnnx computed with numbers of its own in the place of these inputs: $1',
    why: 'scripted code that looks at a value or a size is decided while it converts',
    next: TRACE,
  },
  {
    pattern: /pnnx crashed with SIG(?!ABRT|KILL|TERM)[A-Z]+ on model\.pt/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'pnnx crashed on the model',
    next: TRACE,
  },
  {
    pattern: /read_proto_from_binary failed/,
    code: 'E_MODEL_INVALID',
    what: 'pnnx cannot read the model: it is damaged',
    next: CHECK,
  },
  {
    pattern: /unsupported tensor elem data type \d+/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model has tensors of a type that pnnx does not have',
    next: 'export the model with float32 and int64 tensors',
  },
  {
    pattern: /layer ([\w.:]+) not exists or registered/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses an operator that ncnn does not have: $1',
    next: 'export the model with other operators',
    step: 'convert',
  },
  {
    pattern: /layer load_param \d+ [^\n]* failed/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'pnnx converted the model, but ncnn cannot load what came out',
    next: 'export the model with other operators',
    step: 'convert',
  },
  {
    pattern: /pnnx kept \d+ of \d+ [^\n]*|pnnx left out [^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'pnnx lost inputs or outputs of the model',
    next: 'export the model without inputs that nothing uses and outputs that are constant',
  },
  {
    pattern: /ncnn has no batch: [^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'ncnn takes one sample at a time',
    next: 'fix the batch at 1 with --input NAME=1,…, or export the model so',
  },
  {
    pattern: /input \S+ has the shape [^\n]*|ncnn takes one sample at a time, not [^\n]*/,
    code: 'E_SAMPLES_INVALID',
    what: 'the model cannot be run on these samples',
    next: 'give real ones with --samples FILE|DIR, or leave the parity check out with --no-verify',
    step: 'run',
  },
  {
    pattern:
      /what\(\):\s+(?!\s|std::bad_alloc)[^\n]*|(?:free|malloc|realloc|corrupted|double free)[^\n]*(?=\nmodelconv: pnnx crashed with SIGABRT)|pnnx crashed with SIG(?!ABRT|KILL|TERM)[A-Z]+/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'pnnx crashed on the model',
    next: 'simplify it first with onnxsim or onnxslim, or export it with other operators',
    step: 'convert',
  },
]);
