/**
 * One function of the platform, replaced by one of ours that can find its way back.
 *
 * Other tools replace the same functions, before or after us. So a replacement is put on top again
 * when somebody covered it, never stacked on another of ours, and a replacement that cannot be taken
 * out because it is covered only passes on to what was beneath it.
 */

import { hub } from "../hub.ts";

type Replaceable = (...args: any[]) => any;

export class Patch {
  #ours: Replaceable | undefined;
  readonly #target: () => object | undefined;
  readonly #name: string;
  readonly #replacement: (beneath: Replaceable) => Replaceable;

  /** `replacement` gets the function that was there before. */
  constructor(
    target: () => object | undefined,
    name: string,
    replacement: (beneath: any) => Replaceable,
  ) {
    this.#target = target;
    this.#name = name;
    this.#replacement = replacement;
  }

  /** Puts ours on top. True if that changed anything. */
  install(): boolean {
    const target = this.#target() as Record<string, Replaceable> | undefined;
    const present = target?.[this.#name];
    if (!target || typeof present !== "function") return false;
    if (present === this.#ours) return false;
    // Another copy of this package is on top: take its place instead of covering it.
    const beneath = hub.beneath.get(present) ?? present;
    const ours = this.#replacement(beneath);
    Object.defineProperty(ours, "name", { value: beneath.name, configurable: true });
    hub.beneath.set(ours, beneath);
    write(target, this.#name, ours);
    this.#ours = ours;
    return true;
  }

  /** Takes the topmost one of ours out, whichever copy of the package put it there. */
  uninstall(): boolean {
    const target = this.#target() as Record<string, Replaceable> | undefined;
    const beneath = target && hub.beneath.get(target[this.#name]!);
    if (!beneath) return false;
    write(target, this.#name, beneath);
    this.#ours = undefined;
    return true;
  }
}

/** Some tools leave the property read-only but configurable; assignment would throw or be ignored. */
function write(target: object, name: string, value: Replaceable): void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: before?.enumerable ?? true,
    writable: true,
    value,
  });
}
