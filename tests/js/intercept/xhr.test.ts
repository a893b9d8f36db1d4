/** XMLHttpRequest and fetch in a real browser, where nothing of Node is beneath them. */

import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error a plain module.
import { chromiumLaunch } from "../../chromium.mjs";

const launch = chromiumLaunch();
if (!launch) console.warn("SKIPPED: there is no Chromium here, so no browser was tested.");

describe.skipIf(!launch)("in Chromium", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    const entry = new URL("../../../js/index.ts", import.meta.url).pathname;
    const bundle = await build({
      stdin: {
        contents: `import { FakeStripe } from ${JSON.stringify(entry)}; window.FakeStripe = FakeStripe;`,
        resolveDir: new URL(".", import.meta.url).pathname,
      },
      bundle: true,
      write: false,
      format: "iife",
    });
    browser = await chromium.launch(launch);
    page = await browser.newPage();
    await page.addScriptTag({ content: bundle.outputFiles[0]!.text });
  });
  afterAll(() => browser?.close());

  test("XMLHttpRequest is answered, with its events in order", async () => {
    const seen = await page.evaluate(async () => {
      const fake = (window as any).FakeStripe.new();
      const events: string[] = [];
      const xhr = new XMLHttpRequest();
      xhr.open("POST", "https://api.stripe.com/v1/customers");
      xhr.setRequestHeader("Authorization", `Bearer ${fake.apiKey}`);
      xhr.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
      xhr.onreadystatechange = () => events.push(`state ${xhr.readyState}`);
      xhr.onload = () => events.push("load");
      await new Promise((resolve) => {
        xhr.onloadend = resolve;
        xhr.send("email=ana%40example.com");
      });
      const result = {
        events,
        status: xhr.status,
        email: JSON.parse(xhr.responseText).email,
        requestId: xhr.getResponseHeader("Request-Id"),
        all: xhr.getAllResponseHeaders(),
        stored: fake.state.customers.count,
      };
      fake.stop();
      return result;
    });
    expect(seen).toMatchObject({
      events: ["state 2", "state 3", "state 4", "load"],
      status: 200,
      email: "ana@example.com",
      requestId: expect.stringMatching(/^req_/),
      all: expect.stringMatching(/^request-id: req_/m),
      stored: 1,
    });
  });

  test("a synchronous XMLHttpRequest is answered at once", async () => {
    const status = await page.evaluate(() => {
      const fake = (window as any).FakeStripe.new();
      const xhr = new XMLHttpRequest();
      xhr.open("GET", "https://api.stripe.com/v1/customers", false);
      xhr.setRequestHeader("Authorization", `Bearer ${fake.apiKey}`);
      xhr.send();
      fake.stop();
      return [xhr.status, JSON.parse(xhr.responseText).object];
    });
    expect(status).toEqual([200, "list"]);
  });

  test("fetch is answered", async () => {
    const seen = await page.evaluate(async () => {
      const fake = (window as any).FakeStripe.new();
      const headers = { authorization: `Bearer ${fake.apiKey}` };
      const answer = await fetch("https://api.stripe.com/v1/customers", { headers });
      fake.stop();
      return [answer.status, (await answer.json()).object];
    });
    expect(seen).toEqual([200, "list"]);
  });

  test("uninstalling gives the browser's own back", async () => {
    const own = await page.evaluate(() => {
      const FakeStripe = (window as any).FakeStripe;
      FakeStripe.uninstall();
      const { open, send } = XMLHttpRequest.prototype;
      return [fetch, open, send].every((each) => /native code/.test(String(each)));
    });
    expect(own).toBe(true);
  });
});
