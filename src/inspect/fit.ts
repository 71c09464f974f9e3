import { type AdapterChain, chainTo } from '../adapters/chain.js';
import { adapterFor } from '../adapters/registry.js';
import { type MatchSubject, match } from '../device/match.js';
import { remedyFor } from '../device/remedy.js';
import { subjectOfModel, subjectOfPackage } from '../device/subject.js';
import { tryReadHead } from '../package/read.js';
import type { CheckResult, Device, DeviceEntry, DeviceFit } from '../schema/generated/types.js';
import { probeModel } from '../source/probe.js';

/**
 * Whether a model, or the model of a package, will load and run on devices, and which adapters convert a bare model
 * for the others. Of a package only the head is read, so this works on encrypted ones, too.
 *
 * @param devices - with what they extend filled in.
 * @throws ModelconvError as `inspectFile` does; as `adapterFor` does where a model does not fit.
 */
export async function checkFile(
  file: string,
  devices: readonly DeviceEntry[],
): Promise<CheckResult> {
  const head = await tryReadHead(file);
  const kind = head === undefined ? 'model' : 'package';
  const subject =
    head === undefined
      ? subjectOfModel((await probeModel(file)).info)
      : subjectOfPackage(head.descriptor);
  const routes = new Map<string, Route>();
  const fits: DeviceFit[] = [];
  for (const entry of devices) fits.push(await fitOf(entry, { path: file, kind }, subject, routes));
  return { path: file, kind, format: subject.format, devices: fits };
}

async function fitOf(
  { device, origin }: DeviceEntry,
  file: { readonly path: string; readonly kind: 'package' | 'model' },
  subject: MatchSubject,
  routes: Map<string, Route>,
): Promise<DeviceFit> {
  const isOwn = origin === 'file';
  const first = match(subject, device, remedyFor(device, { file, isOwn }));
  if (first.matches) return { device: device.name, matches: true, reasons: [...first.reasons] };
  // how to make one that fits is looked for only where this one does not
  const { hasConverter, chain } = await routeTo(device, subject.format, routes);
  const isSource = file.kind === 'model' && chain !== undefined;
  const remedy = remedyFor(device, { file, isOwn, isSource, hasConverter });
  return {
    device: device.name,
    matches: false,
    reasons: [...match(subject, device, remedy).reasons],
    ...(isSource ? { convertedBy: chain.map(({ id }) => id) } : {}),
  };
}

/** How models are made for a device. */
interface Route {
  readonly hasConverter: boolean;
  /** From the format at hand; undefined where no adapters lead from it. */
  readonly chain: AdapterChain | undefined;
}

/** The devices of one stack have one route: adapters are asked once for all of them. */
async function routeTo(device: Device, format: string, routes: Map<string, Route>): Promise<Route> {
  const key = JSON.stringify([device.converter?.adapter, device.stack?.kind, device.formats]);
  const known = routes.get(key);
  if (known !== undefined) return known;
  const adapter = await adapterFor(device);
  const chain = adapter === undefined ? undefined : await chainTo(adapter, format);
  const route = { hasConverter: adapter !== undefined, chain };
  routes.set(key, route);
  return route;
}
