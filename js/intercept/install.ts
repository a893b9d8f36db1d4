/** Puts the ways of catching a request in place, again and again, and takes them all out. */

import { hub, sweepRealms } from "../hub.ts";
import { fetchPatch } from "./fetch.ts";
import { agentPatch } from "./http-agent.ts";
import { netPatches, syncModules } from "./net.ts";
import { xhrPatches } from "./xhr.ts";

/**
 * Makes sure that every layer is on top. Called for every new partition: other tools may have covered
 * or removed a patch since, and looking costs next to nothing.
 */
export function install(): void {
  sweepRealms();
  hub.installed = true;
  agentPatch.install();
  fetchPatch.install();
  for (const patch of xhrPatches) patch.install();
  let changed = false;
  for (const patch of netPatches) changed = patch.install() || changed;
  if (changed) syncModules();
}

/** Takes every layer out. One that another tool has covered stays, and only passes on. */
export function uninstall(): void {
  hub.installed = false;
  agentPatch.uninstall();
  fetchPatch.uninstall();
  for (const patch of xhrPatches) patch.uninstall();
  let changed = false;
  for (const patch of netPatches) changed = patch.uninstall() || changed;
  if (changed) syncModules();
}
