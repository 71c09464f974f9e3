import { convertModel } from '../convert/convert.js';
import { describeDevice } from '../convert/describe.js';
import type { Progress } from '../host/progress.js';
import { withScratchDir } from '../host/temp.js';
import { isSigned, rewriteDescriptor } from '../package/rewrite.js';
import type { Descriptor, UpgradePlan, UpgradeResult } from '../schema/generated/types.js';
import type { Recall } from './find-source.js';
import { metadataOf } from './metadata.js';
import { type PreparedUpgrade, prepareUpgrade } from './prepare.js';
import {
  type BackupWish,
  keepingOld,
  type Placement,
  placementOf,
  requireUnchanged,
} from './replace.js';
import type { UpgradeRequest } from './request.js';
import { successorOf, withReasons } from './successor.js';

export interface UpgradeContext {
  readonly progress: Progress;
  /** Look, and do nothing. */
  readonly planOnly: boolean;
  /** Where the new package goes; undefined: in the place of the old one. */
  readonly output: string | undefined;
  /** Replace an output other than the package itself. */
  readonly force: boolean;
  readonly backup: BackupWish;
  readonly recall?: Recall | undefined;
  /** Keeps the whole log of the vendor tools. */
  readonly logFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Wanted = Omit<UpgradeRequest, 'output' | 'isInPlace'>;

/**
 * Bring a package up to date by its own descriptor: an older protocol is migrated, what is only described
 * otherwise is written anew, and where device or vendor tool moved on the source is converted again by the
 * recorded recipe, checked against the source and against the old package, and put in its place in one go.
 *
 * @throws ModelconvError as `prepareUpgrade` and `convertModel` do, `E_SOURCE_MISSING`,
 *   `E_CALIBRATION_MISSING`; on any error the old package stays as it was.
 */
export async function upgradePackage(
  wanted: Wanted,
  context: UpgradeContext,
): Promise<UpgradeResult> {
  const { file } = wanted;
  const { output, backup: wish, force } = context;
  const placement = await placementOf(file, output, wish, force, [
    ...readsOf(wanted),
    ...[context.logFile, wanted.report].filter((one) => one !== undefined),
  ]);
  const { isInPlace } = placement;
  const request: UpgradeRequest = { ...wanted, output: placement.output, isInPlace };
  return await withScratchDir(async (workDir) => {
    const { recall } = context;
    const prepared = await prepareUpgrade(request, workDir, recall);
    const { action } = prepared.plan;
    const plan = action === 'none' ? prepared.plan : await withSignatures(prepared.plan, request);
    const result = { path: wanted.file, plan };
    if (context.planOnly) return { ...result, status: 'planned' };
    if (action === 'none') return { ...result, status: 'current' };
    const [blocker] = prepared.blockers;
    if (blocker !== undefined) throw blocker;
    const run = { request, placement, prepared, context };
    const made = action === 'convert' ? await reconvert(run) : await rewrite(run);
    const { backup } = placement;
    return {
      ...result,
      ...made,
      status: 'upgraded',
      package: placement.output,
      ...(backup === undefined ? {} : { backup: backup.file }),
    };
  });
}

/** What the command line names to be read, besides the package. */
function readsOf({ reads, source, samples, calibration, eval: evaluation }: Wanted): string[] {
  const data = calibration !== undefined && 'path' in calibration ? calibration.path : undefined;
  return [...reads, source, samples, data, evaluation?.path].filter((one) => one !== undefined);
}

/** Signatures cover the old descriptor: they are left behind. */
async function withSignatures(plan: UpgradePlan, { file }: UpgradeRequest): Promise<UpgradePlan> {
  if (!(await isSigned(file))) return plan;
  const note = 'its signatures cover the old descriptor and are left behind: sign the new package';
  return { ...plan, notes: [...plan.notes, note] };
}

interface Run {
  readonly request: UpgradeRequest;
  readonly placement: Placement;
  readonly prepared: PreparedUpgrade;
  readonly context: UpgradeContext;
}

type Made = Pick<UpgradeResult, 'descriptor' | 'descriptorSha256' | 'comparedWithOld' | 'warnings'>;

async function reconvert({ request, placement, prepared, context }: Run): Promise<Made> {
  const { conversion } = prepared;
  if (conversion === undefined) throw new Error('there is neither a conversion nor an obstacle');
  const { progress, logFile, signal } = context;
  return await keepingOld(request.file, placement, async (keep) => {
    const successor = successorOf(request, prepared, progress, keep);
    const force = placement.force;
    const outcome = await convertModel(conversion, { progress, force, logFile, signal, successor });
    const { descriptor, descriptorSha256, warnings } = outcome;
    return {
      ...(descriptor === undefined ? {} : { descriptor }),
      ...(descriptorSha256 === undefined ? {} : { descriptorSha256 }),
      ...(successor.compared === undefined ? {} : { comparedWithOld: successor.compared }),
      ...(warnings === undefined ? {} : { warnings }),
    };
  });
}

/** Every file keeps its bytes: there is nothing to compare, and their digests are checked on the way. */
async function rewrite({ request, placement, prepared, context }: Run): Promise<Made> {
  const { progress, signal } = context;
  progress.start('package', placement.output);
  return await keepingOld(request.file, placement, async (keep) => {
    await requireUnchanged(request.file, prepared.sha256);
    await keep();
    const options = { force: placement.force, signal, dropsSignatures: true };
    const edit = (descriptor: Descriptor): Descriptor => described(descriptor, request, prepared);
    const packed = await rewriteDescriptor(request.file, placement.output, edit, options);
    progress.done('package', `${placement.output}  only its descriptor changed`);
    const { descriptor, descriptorSha256 } = packed;
    return { descriptor, descriptorSha256 };
  });
}

function described(
  descriptor: Descriptor,
  request: UpgradeRequest,
  { sha256, assessment: { target, reasons } }: PreparedUpgrade,
): Descriptor {
  return {
    ...descriptor,
    ...metadataOf(request),
    ...(target === undefined ? {} : { device: describeDevice(target.device) }),
    lineage: {
      upgradedFrom: sha256,
      ...withReasons([...new Set(reasons.map(({ code }) => code))]),
    },
  };
}
