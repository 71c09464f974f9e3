import type { Dtype } from '../../schema/generated/types.js';
import { tensorBytes } from '../dtype.js';
import { MalformedError } from '../file-window.js';
import { elementCount } from '../summary.js';
import type { Constant, IrGraph, Net } from './model.js';
import { anyName, dimensionIn, MAX_AXES, shapeIn, wholeNumber } from './text.js';
import { dtypeNamed } from './types.js';
import type { XmlVisitor } from './xml.js';

type Attributes = Readonly<Record<string, string>>;

/** One graph: the net, or the body of a loop or a branch. */
interface Scope {
  layer: { id: string; name: string; type: string } | undefined;
  readonly graph: IrGraph;
  /** Place of a port among the inputs of its layer, by `layer:port`. */
  readonly ports: Map<string, number>;
  readonly converts: Set<string>;
  /** Integer constants of 8 bits or less, by layer id. */
  readonly small: Map<string, Constant>;
}

const BODIES: ReadonlySet<string> = new Set(['net', 'body', 'then_body', 'else_body']);
const SMALL: ReadonlySet<Dtype> = new Set(['int8', 'uint8', 'int4', 'uint4', 'int2', 'uint2']);
/** All names that are kept together. */
const MAX_TEXT = 32 * 1024 * 1024;
/** Ten times as many as the largest models have. */
const MAX_LAYERS = 200_000;
const MAX_VALUES = 1000;
/** A descriptor is longer than any other value. */
const MAX_VALUE = 1024 * 1024;
/** Inputs or outputs of one layer: a Concat of a whole net has some hundreds. */
const MAX_PORTS = 10_000;
/** Types, versions and names of elements. */
const MAX_WORD = 256;
/** Text of one size. */
const MAX_DIM = 64;

/** Collects a {@link Net} from the elements of an IR. @throws MalformedError from its methods. */
export class NetCollector implements XmlVisitor {
  readonly net: Net = {
    name: '',
    version: '',
    operators: [],
    opset: 0,
    constants: new Map(),
    neededBytes: 0,
    levels: 0,
    inputs: [],
    results: [],
    fedBy: new Map(),
    info: new Map(),
    graphs: [],
  };
  readonly #path: string[] = [];
  readonly #scopes: Scope[] = [];
  /** Names of layers and output ports of the net itself, which Results refer to. */
  readonly #names = new Map<string, string>();
  readonly #resultIds = new Set<string>();
  readonly #infoPath: string[] = [];
  #dim: string | undefined;
  #layers = 0;
  #textBytes = 0;

  open(name: string, attributes: Attributes): void {
    if (this.#path.length === 0) this.#openNet(name, attributes);
    else if (this.#isInfo()) this.#openInfo(name, attributes);
    else if (BODIES.has(name)) this.#openScope();
    else if (name === 'layer') this.#openLayer(attributes);
    else if (name === 'data') this.#data(attributes);
    else if (name === 'port') this.#port(attributes);
    else if (name === 'dim') this.#dim = '';
    else if (name === 'edge') this.#edge(attributes);
    this.#path.push(name);
  }

  text(text: string): void {
    if (this.#dim !== undefined && this.#dim.length < MAX_DIM) this.#dim += text;
  }

  close(name: string): void {
    this.#path.pop();
    if (this.#isInfo()) this.#infoPath.pop();
    else if (name === 'dim') this.#closeDim();
    else if (BODIES.has(name)) this.#scopes.pop();
  }

  /** Inside `<net><rt_info>`; `meta_data` is its name in releases before 2022.1. */
  #isInfo(): boolean {
    return this.#path[1] === 'rt_info' || this.#path[1] === 'meta_data';
  }

  #openNet(name: string, attributes: Attributes): void {
    if (name !== 'net')
      throw new MalformedError(`an XML file of <${name.slice(0, 64)}>, not an OpenVINO IR`);
    this.net.name = attributes['name'] ?? '';
    this.net.version = attributes['version'] ?? '';
    this.#openScope();
  }

  #openScope(): void {
    const scope = newScope();
    this.#scopes.push(scope);
    this.net.graphs.push(scope.graph);
  }

  #openInfo(element: string, { name, value }: Attributes): void {
    const step = element === 'info' && name !== undefined ? name : element;
    this.#infoPath.push(step.slice(0, MAX_WORD));
    if (value === undefined || value.length > MAX_VALUE || this.net.info.size >= MAX_VALUES) return;
    const path = this.#infoPath.join('.');
    this.#keep(path + value);
    this.net.info.set(path, value);
  }

  #openLayer({ id = '', name = '', type = '', version = '', output_names }: Attributes): void {
    const scope = this.#scopes.at(-1);
    if (scope === undefined || type === '') throw new MalformedError('a layer without a type');
    if (type.length + version.length > MAX_WORD)
      throw new MalformedError(`the type of layer ${id.slice(0, MAX_WORD)} is too long`);
    if (++this.#layers > MAX_LAYERS) throw new MalformedError(`more than ${MAX_LAYERS} layers`);
    this.#keep(id + name + (output_names ?? ''));
    scope.layer = { id, name, type };
    scope.graph.layers.set(id, {
      name,
      type,
      inputs: [],
      outputs: [],
      tensorName: undefined,
      levels: 0,
      data: undefined,
    });
    const opset = /^opset(\d{1,3})$/.exec(version)?.[1];
    this.net.opset = Math.max(this.net.opset, Number(opset ?? 0));
    const isEnd = type === 'Parameter' || type === 'Result';
    if (!isEnd && type !== 'Const')
      this.net.operators.push({ opType: type, domain: opset === undefined ? version : '' });
    if (type === 'Convert') scope.converts.add(id);
    if (this.#scopes.length > 1) return;
    this.#names.set(id, name);
    if (!isEnd) return;
    const ends = type === 'Parameter' ? this.net.inputs : this.net.results;
    ends.push({
      layer: id,
      name,
      tensorName: anyName(output_names),
      dtype: 'unknown',
      shape: undefined,
    });
    if (type === 'Result') this.#resultIds.add(id);
  }

  #data(attributes: Attributes): void {
    const scope = this.#scopes.at(-1);
    if (scope?.layer === undefined) return;
    const { id, type } = scope.layer;
    if (type === 'Const') this.#constant(scope, id, attributes);
    if (type === 'FakeQuantize') {
      const levels = wholeNumber(attributes['levels'], 'levels');
      this.net.levels = Math.max(this.net.levels, levels);
      const layer = scope.graph.layers.get(id);
      if (layer !== undefined) layer.levels = levels;
    }
    if (type !== 'Parameter' || this.#scopes.length > 1) return;
    const input = this.net.inputs.at(-1);
    if (input === undefined) return;
    input.dtype = dtypeNamed(attributes['element_type']);
    input.shape = shapeIn(attributes['shape'] ?? '...');
  }

  #constant(scope: Scope, id: string, attributes: Attributes): void {
    const dtype = dtypeNamed(attributes['element_type']);
    const [offset, sizeBytes] = [
      wholeNumber(attributes['offset'], `offset of Const ${id}`),
      wholeNumber(attributes['size'], `size of Const ${id}`),
    ];
    const dims = (shapeIn(attributes['shape'] ?? '') ?? []).map((size) => {
      if (typeof size === 'string') throw new MalformedError(`Const ${id} has no fixed shape`);
      return size;
    });
    if (sizeBytes < (tensorBytes(dtype, elementCount(dims)) ?? 0))
      throw new MalformedError(`Const ${id} has ${sizeBytes} bytes, too few for its shape`);
    this.net.neededBytes = Math.max(this.net.neededBytes, offset + sizeBytes);
    const layer = scope.graph.layers.get(id);
    if (layer !== undefined) layer.data = { dtype, dims, offset, sizeBytes };
    const key = `${offset}+${sizeBytes}`;
    const constant = this.net.constants.get(key) ?? { dtype, dims, sizeBytes, quantized: false };
    this.net.constants.set(key, constant);
    if (SMALL.has(dtype)) scope.small.set(id, constant);
  }

  #port({ id = '', precision, names }: Attributes): void {
    this.#keepPort(id, names);
    const layer = this.#scopes.length === 1 ? this.#scopes[0]?.layer : undefined;
    if (layer === undefined) return;
    const side = this.#path.at(-1);
    const result =
      layer.type === 'Result' && side === 'input' ? this.net.results.at(-1) : undefined;
    if (result !== undefined) result.dtype = dtypeNamed(precision);
    if (side !== 'output') return;
    const name = anyName(names);
    if (name === undefined) return;
    this.#keep(id + name);
    this.#names.set(`${layer.id}:${id}`, name);
    const input = layer.type === 'Parameter' ? this.net.inputs.at(-1) : undefined;
    if (input !== undefined)
      this.net.inputs[this.net.inputs.length - 1] = { ...input, tensorName: name };
  }

  /** Every port, in whichever graph; the shapes come with the elements in it. */
  #keepPort(id: string, names: string | undefined): void {
    const scope = this.#scopes.at(-1);
    const layer = scope?.layer === undefined ? undefined : scope.graph.layers.get(scope.layer.id);
    if (scope?.layer === undefined || layer === undefined) return;
    const isInput = this.#path.at(-1) === 'input';
    const shapes = isInput ? layer.inputs : layer.outputs;
    if (shapes.length >= MAX_PORTS)
      throw new MalformedError(`a layer of more than ${MAX_PORTS} ports`);
    if (isInput) scope.ports.set(`${scope.layer.id}:${id}`, shapes.length);
    else if (layer.outputs.length === 0) layer.tensorName = anyName(names);
    shapes.push([]);
  }

  #keepDim(text: string): void {
    const scope = this.#scopes.at(-1);
    const layer = scope?.layer === undefined ? undefined : scope.graph.layers.get(scope.layer.id);
    const side = this.#path.at(-2);
    const shape = (
      side === 'input' ? layer?.inputs : side === 'output' ? layer?.outputs : undefined
    )?.at(-1);
    if (shape === undefined) return;
    if (shape.length === MAX_AXES) throw new MalformedError('a shape of too many axes');
    shape.push(dimensionIn(text));
  }

  #closeDim(): void {
    const text = this.#dim;
    this.#dim = undefined;
    if (text !== undefined) this.#keepDim(text);
    const isResult = this.#scopes.length === 1 && this.#scopes[0]?.layer?.type === 'Result';
    const result = isResult && this.#path.at(-2) === 'input' ? this.net.results.at(-1) : undefined;
    if (text === undefined || result === undefined) return;
    result.shape ??= [];
    result.shape.push(dimensionIn(text));
    if (result.shape.length > MAX_AXES) throw new MalformedError('a shape of too many axes');
  }

  #edge(attributes: Attributes): void {
    const scope = this.#scopes.at(-1);
    const from = attributes['from-layer'] ?? '';
    const to = attributes['to-layer'] ?? '';
    const constant = scope?.small.get(from);
    if (constant !== undefined && scope?.converts.has(to) === true) constant.quantized = true;
    const place = scope?.ports.get(`${to}:${attributes['to-port'] ?? ''}`);
    if (scope !== undefined && place !== undefined) {
      const sources = scope.graph.sources.get(to) ?? [];
      scope.graph.sources.set(to, sources);
      sources[place] = from;
    }
    if (this.#scopes.length > 1) return;
    if (!this.#names.has(from) || !this.#names.has(to))
      throw new MalformedError(`an edge between layers that are not there: ${from} and ${to}`);
    if (!this.#resultIds.has(to)) return;
    const port = this.#names.get(`${from}:${attributes['from-port'] ?? ''}`);
    const name = port ?? this.#names.get(from);
    if (name !== undefined) this.net.fedBy.set(to, name);
  }

  #keep(text: string): void {
    this.#textBytes += text.length;
    if (this.#textBytes > MAX_TEXT) throw new MalformedError('its names take more than 32 MiB');
  }
}

function newScope(): Scope {
  return {
    layer: undefined,
    graph: { layers: new Map(), sources: new Map() },
    ports: new Map(),
    converts: new Set(),
    small: new Map(),
  };
}
