// The Chromium of this machine, for tests that need a real browser.
import { existsSync } from "node:fs";

const candidates = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** What to give playwright's `launch`, or nothing where there is no browser. */
export function chromiumLaunch() {
  const executablePath = candidates.find((path) => path && existsSync(path));
  if (executablePath === undefined) return undefined;
  return {
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  };
}
