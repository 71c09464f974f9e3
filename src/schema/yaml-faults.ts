import { type Document, isScalar, type Node, visit, type YAMLMap } from 'yaml';

/** A fault of a document that the YAML parser itself lets pass, and the node it is in. */
export interface NodeFault {
  readonly node: Node;
  readonly message: string;
}

/** Tags of the core schema; any other would turn text into something that JSON does not have. */
const CORE_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/**
 * Doubled keys, keys that are not text or numbers, and explicit tags beyond the core schema. The
 * parser's own search for doubled keys compares every pair, which takes minutes for a long map.
 */
export function findNodeFaults(document: Document): NodeFault[] {
  const faults: NodeFault[] = [];
  visit(document, {
    Node: (_key, node) => {
      if ('tag' in node && node.tag !== undefined && !CORE_TAGS.has(node.tag))
        faults.push({ node: node as Node, message: `the tag ${node.tag} is not allowed` });
    },
    Map: (_key, map) => {
      for (const fault of keyFaults(map)) faults.push(fault);
      const foreign = map.tag !== undefined && !CORE_TAGS.has(map.tag);
      if (foreign) faults.push({ node: map, message: `the tag ${map.tag} is not allowed` });
    },
  });
  return faults;
}

function keyFaults(map: YAMLMap): NodeFault[] {
  const seen = new Set<string>();
  return map.items.flatMap(({ key }) => {
    if (!isScalar(key))
      return [{ node: (key as Node | null) ?? map, message: 'a key must be text' }];
    const name = String(key.value);
    if (seen.has(name))
      return [{ node: key, message: `the key ${JSON.stringify(name.slice(0, 100))} occurs twice` }];
    seen.add(name);
    return [];
  });
}
