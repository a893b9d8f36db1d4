import { playwright } from "@vitest/browser-playwright";

// The browser's path and flags come from the test that copies this project.
const launchOptions = JSON.parse(process.env.CHROMIUM_LAUNCH);

export default {
  server: { fs: { strict: false } },
  test: {
    setupFiles: ["fakestripe/setup"],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions }),
      instances: [{ browser: "chromium" }],
    },
  },
};
