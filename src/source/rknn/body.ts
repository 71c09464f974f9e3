import { type FileWindow, MalformedError } from '../file-window.js';
import { Table } from '../flatbuffers/table.js';
import type { QuantizedGraph } from '../quantization/graph.js';
import { parseObject } from '../quantized.js';
import { quantizedGraph, weightBitsOf } from './graph.js';
import { Section } from './section.js';

/** Slots of the root table, as in files of toolkit 2.5.0: texts of Python dicts and of JSON. */
const ROOT = { graphs: 2, attributes: 3, inputs: 12, outputs: 13 } as const;

/** What the compiled program says beyond the description. */
export interface RknnProgram {
  /** `dtype` and `layout` in which the NPU takes and gives a tensor, by its name. */
  readonly tensors: ReadonlyMap<string, { dtype?: string; layout?: string }>;
  /** Whether the toolkit used asymmetric quantization; undefined when it used none. */
  readonly asymmetric: boolean | undefined;
  /** Undefined where its tensors and operators are not as they are known. */
  readonly graph: QuantizedGraph | undefined;
  readonly weightBits: number | undefined;
}

/** Read the program where it is a flatbuffer of the known kind; undefined otherwise: it is not described anywhere. */
export function readProgram(body: FileWindow): RknnProgram | undefined {
  const start = startOf(body);
  if (start === undefined) return undefined;
  try {
    const root = Table.root(new Section(body, start, body.sizeBytes - start));
    const types = quantizationTypes(root.string(ROOT.attributes) ?? '');
    return {
      tensors: new Map([ROOT.inputs, ROOT.outputs].flatMap((slot) => tensorsIn(root, slot))),
      asymmetric: types.length === 0 ? undefined : types.every((type) => type === 'asym'),
      // rv1103 and rv1106 have a graph of another kind, whose tensors have no scales
      ...(start === 0 ? graphIn(root) : { graph: undefined, weightBits: undefined }),
    };
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/**
 * Where the flatbuffer is: all of the body; of rv1103 and rv1106 its end, whose length in bytes is the first
 * number of the body (measured on four files of toolkit 2.5.0).
 */
function startOf(body: FileWindow): number | undefined {
  if (body.sizeBytes < 8) return undefined;
  const last = body.sizeBytes - body.bytes(0, 4).readUInt32LE(0);
  return [0, last].find(
    (start) =>
      start >= 0 &&
      start + 8 <= body.sizeBytes &&
      body.bytes(start + 4, 4).toString('latin1') === 'RKNN',
  );
}

function graphIn(root: Table): Pick<RknnProgram, 'graph' | 'weightBits'> {
  try {
    const graph = root.tableAt(ROOT.graphs, 0);
    if (graph !== undefined)
      return { graph: quantizedGraph(graph), weightBits: weightBitsOf(graph) };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  return { graph: undefined, weightBits: undefined };
}

/** `'qtype': 'asym'` for each quantized tensor, `'qtype': ''` for the others. */
function quantizationTypes(attributes: string): string[] {
  return [...attributes.matchAll(/'qtype': '(\w+)'/g)].map(([, type]) => type ?? '');
}

function tensorsIn(root: Table, slot: number): [string, { dtype?: string; layout?: string }][] {
  return Object.entries(parseObject(root.string(slot) ?? '') ?? {}).map(([name, value]) => {
    const { dtype, layout } = Object(value) as { dtype?: unknown; layout?: unknown };
    return [
      name,
      {
        ...(typeof dtype === 'string' ? { dtype } : {}),
        ...(typeof layout === 'string' ? { layout } : {}),
      },
    ];
  });
}
