// Running programs and telling about it.

import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** Progress goes to the error output, so that a demonstration's transcript can be piped on alone. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

const shell = process.platform === "win32";

/** What a program prints, or nothing where it is missing or fails. */
export function ask(program, ...args) {
  const { status, stdout } = spawnSync(program, args, { cwd: root, encoding: "utf8", shell });
  return status === 0 ? stdout.trim() : undefined;
}

/** Runs a program in the open. Resolves to whether it succeeded. */
export function run(program, args, { env, input = "ignore" } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: [input, "inherit", "inherit"],
      shell,
    });
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

/** Runs a program in the open and keeps what it printed. */
export function listen(program, args, { env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      shell,
    });
    let text = "";
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8");
      child[name].on("data", (part) => {
        text += part;
        process[name].write(part);
      });
    }
    child.on("error", () => resolve({ succeeded: false, text }));
    child.on("close", (code) => resolve({ succeeded: code === 0, text }));
  });
}
