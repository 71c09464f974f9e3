// The layers of the house: a folder imports from lower levels, and from those above it in its own
// level's list. `npm run check` also asserts that modules were cruised at all.
const LEVELS = [
  ['errors', 'version', 'format-bytes', 'printable', 'schema'],
  ['host', 'tensor', 'source', 'calibration', 'accuracy', 'crypto'],
  ['device', 'toolchain', 'adapters', 'package', 'store', 'cache'],
  ['request', 'compare', 'truth', 'bench', 'convert', 'pack', 'inspect', 'upgrade'],
  ['server', 'agent'],
  ['cli'],
];

const at = (name) => `^src/${name}(/|\\.ts$)`;

/** For each folder: everything that it must not import. */
const layers = LEVELS.flatMap((folders, level) =>
  folders.map((folder, index) => ({
    name: `layer-${folder}`,
    comment: `${folder} is on level ${level}: it may use lower levels and what stands before it on its own`,
    severity: 'error',
    from: { path: at(folder) },
    to: {
      path: [...folders.slice(index + 1), ...LEVELS.slice(level + 1).flat()]
        .map(at)
        .concat('^src/index\\.ts$'),
    },
  })),
);

const only = (dependency, allowed) => ({
  name: `only-${allowed[0].replaceAll(/[^a-z0-9]+/g, '-')}-uses-${dependency}`,
  comment: `${dependency} is used in ${allowed.join(', ')} alone`,
  severity: 'error',
  from: { path: '^src/', pathNot: allowed.map((path) => `^src/${path}`) },
  to: { path: `node_modules/${dependency}/` },
});

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'vendors-apart',
      comment: 'adapters/<a> never imports adapters/<b>',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/[^/]+/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'registry-names-vendors',
      comment: 'only adapters/registry.ts names vendors',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/' },
      to: { path: '^src/adapters/[^/]+/' },
    },
    only('execa', ['host/']),
    only('node-forge', ['crypto/x509']),
    only('tar', ['package/', 'store/']),
    only('yauzl', ['calibration/']),
    only('@jsquash/jpeg', ['calibration/']),
    only('commander', ['cli/']),
    only('ora', ['cli/']),
    only('chalk', ['cli/']),
    only('yaml', ['schema/', 'package/', 'cli/']),
    {
      name: 'processes-in-host',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/host/' },
      to: { path: '^(node:)?child_process$' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
