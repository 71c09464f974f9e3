import { type Command, Option } from 'commander';
import type { Assignment } from '../../device/edit/assignment.js';
import type { DeviceChange } from '../../device/edit/device-change.js';
import type { TargetWish } from '../../device/edit/target.js';
import type { Device, DeviceClass } from '../../schema/generated/types.js';
import { addGlobalFlags, type CommandContext, collect, examples } from '../command.js';
import { type GlobalFlags, writeJson } from '../io.js';
import { createProgress } from '../progress.js';

/** Flags of every command that changes a device file. */
export interface EditFlags extends GlobalFlags, TargetWish {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

interface AddFlags extends EditFlags {
  readonly extends?: string;
  readonly class?: string;
  readonly soc?: string;
  readonly stack?: string;
  readonly memory?: string;
  readonly set?: string[];
}

interface ChangeFlags extends EditFlags {
  readonly set?: string[];
  readonly unset?: string[];
}

/** As in schemas/common.schema.json. */
export const DEVICE_CLASSES: readonly DeviceClass[] = ['cloud', 'edge', 'terminal'];

const SET =
  'give a field a value: dotted keys, the value as YAML, e.g. formats=[rknn] (repeatable)';

/** `modelconv devices add|edit|remove` */
export function addDeviceEdits(devices: Command, context: CommandContext): void {
  addAdd(devices, context);
  addEdit(devices, context);
  addRemove(devices, context);
}

function addAdd(devices: Command, context: CommandContext): void {
  const add = devices
    .command('add')
    .summary('add a device to a device file')
    .description(
      'Add a device to the device file of the project, modelconv.devices.yaml, or to another one. The file is made when it is not there; of one that is there nothing else is touched.',
    )
    .argument('<name>', 'name of the device')
    .option('--extends <kind>', 'built-in kind or device that it is, with fields of its own')
    .addOption(new Option('--class <class>', 'where it stands').choices(DEVICE_CLASSES))
    .option('--soc <name>', 'system on chip')
    .option('--stack <kind[@version]>', 'inference software on it, as in rknn@2.3.2')
    .option('--memory <size>', 'memory that a model can use: bytes, or as in 512MiB, 4GB')
    .option('--set <key=value>', SET, collect)
    .option('--to <file>', 'device file to add it to');
  addTargetFlags(add)
    .addHelpText(
      'after',
      examples(
        'modelconv devices add gate-camera --extends rk3588 --stack rknn@2.3.2',
        'modelconv devices add door --extends rv1106 --memory 64MiB --set "description=Door, 2nd floor" -n',
      ),
    )
    .action(async (name: string, flags: AddFlags) => {
      await runEdit({ kind: 'add', name, fields: await fieldsOf(name, flags) }, flags, context);
    });
}

function addEdit(devices: Command, context: CommandContext): void {
  const edit = devices
    .command('edit')
    .summary('change a device of a device file')
    .description(
      'Change fields of a device in the nearest device file that defines it. Comments, order and blank lines of the file stay as they are.',
    )
    .argument('<name>', 'name of the device')
    .option('--set <key=value>', SET, collect)
    .option(
      '--unset <key>',
      'take a field away: what it extends says it then (repeatable)',
      collect,
    );
  addTargetFlags(edit)
    .addHelpText(
      'after',
      examples(
        'modelconv devices edit gate-camera --set stack.version=2.3.2',
        'modelconv devices edit gate-camera --unset memoryBytes --dry-run',
      ),
    )
    .action(async (name: string, flags: ChangeFlags) => {
      await runEdit(await editOf(name, flags), flags, context);
    });
}

function addRemove(devices: Command, context: CommandContext): void {
  const remove = devices
    .command('remove')
    .summary('remove a device from a device file')
    .description(
      'Remove a device, and the comment lines right above it, from the nearest device file that defines it.',
    )
    .argument('<name>', 'name of the device')
    .option('-f, --force', 'remove it even if other devices extend it');
  addTargetFlags(remove)
    .addHelpText('after', examples('modelconv devices remove gate-camera'))
    .action(async (name: string, flags: EditFlags) => {
      await runEdit({ kind: 'remove', name }, flags, context);
    });
}

function addTargetFlags(command: Command): Command {
  command
    .option('--devices <file>', 'device inventory to look in first, and to change')
    .option('--user', 'change the device file in your configuration directory')
    .option('-n, --dry-run', 'print the file as it would be, write nothing');
  return addGlobalFlags(command, 'device-edit-result');
}

async function fieldsOf(name: string, flags: AddFlags): Promise<Assignment[]> {
  const { parseAssignment } = await import('../../device/edit/assignment.js');
  const { parseMemorySize } = await import('../../device/edit/memory-size.js');
  const [kind, version] = splitOnce(flags.stack ?? '', '@');
  const given: [string, unknown][] = [
    ['extends', flags.extends],
    ['class', flags.class],
    ['soc', flags.soc],
    ['stack.kind', flags.stack === undefined ? undefined : kind],
    ['stack.version', version],
    ['memoryBytes', flags.memory === undefined ? undefined : parseMemorySize(flags.memory)],
  ];
  const fields = [
    ...given.flatMap(([key, value]) =>
      value === undefined ? [] : [{ path: key.split('.'), value }],
    ),
    ...(flags.set ?? []).map(parseAssignment),
  ];
  if (fields.some(({ path }) => path[0] === 'extends' || path[0] === 'formats')) return fields;
  const { ModelconvError } = await import('../../errors.js');
  throw new ModelconvError('E_USAGE', {
    what: `nothing says what ${name} is`,
    why: 'without a kind that it extends, or formats that it takes, no model can be made for it',
    next: 'name a kind with --extends; see what there is: modelconv devices list',
  });
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}

async function editOf(name: string, { set, unset }: ChangeFlags): Promise<DeviceChange> {
  const { parseAssignment, parseField } = await import('../../device/edit/assignment.js');
  if (set === undefined && unset === undefined) {
    const { ModelconvError } = await import('../../errors.js');
    throw new ModelconvError('E_USAGE', {
      what: `nothing says what to change of ${name}`,
      next: 'name a field: --set KEY=VALUE or --unset KEY',
    });
  }
  return {
    kind: 'edit',
    name,
    set: (set ?? []).map(parseAssignment),
    unset: (unset ?? []).map((field) => parseField(field, '--unset')),
  };
}

/** Keep a device that was probed. */
export async function saveDevice(
  { name, ...fields }: Device,
  flags: EditFlags,
  context: CommandContext,
): Promise<void> {
  const given = Object.entries(fields).map(([key, value]) => ({ path: [key], value }));
  await runEdit({ kind: 'add', name, fields: given }, flags, context);
}

/** @throws ModelconvError as `editDeviceFile` does. */
async function runEdit(
  change: DeviceChange,
  flags: EditFlags,
  { io }: CommandContext,
): Promise<void> {
  const [{ inventoryFor }, { editDeviceFile }, target, { exists }] = await Promise.all([
    import('../inventory.js'),
    import('../../device/edit/save.js'),
    import('../../device/edit/target.js'),
    import('../../host/files.js'),
  ]);
  const isNew = change.kind === 'add' && !(await exists(flags.devices ?? ''));
  const inventory = await inventoryFor(io, isNew ? undefined : flags.devices);
  const result = await editDeviceFile({
    file:
      change.kind === 'add'
        ? target.fileToAddTo(flags, io.cwd)
        : target.fileThatDefines(inventory, change.name, flags),
    change,
    inventory,
    dryRun: flags.dryRun === true,
    force: flags.force === true,
    flag: flags.to === undefined ? '--devices' : '--to',
  });
  const progress = await createProgress(io, flags);
  for (const warning of result.warnings ?? []) progress.warn(warning);
  if (result.written) progress.done(DONE[change.kind], `${change.name} in ${result.file}`);
  if (flags.json === true) writeJson(io.stdout, result);
  else if (result.text !== undefined) io.stdout.write(result.text);
  else if (!result.written && flags.quiet !== true)
    io.stderr.write('nothing to change: it is so already\n');
}

const DONE = { add: 'added', edit: 'changed', remove: 'removed' } as const;
