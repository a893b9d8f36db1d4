// The story of tests/story.json, told to a partition: what it answers, as text. Run by itself, it is
// told to the built package and printed, for comparing processes.

import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const STORY = JSON.parse(readFileSync(new URL("../../story.json", import.meta.url), "utf8"));
const FORM = "application/x-www-form-urlencoded";

/** Status, request id, time and body of each answer, for a new partition with that seed. */
export async function tell(FakeStripe, seed) {
  const fake = FakeStripe.new({ seed, now: "2026-11-21T12:00:00Z", apiKey: "sk_test_story" });
  const bodies = [];
  let told = "";
  try {
    for (const { method, path, form, headers = {}, advance } of STORY) {
      if (advance) fake.clock.advance({ seconds: advance });
      const filled = (text) =>
        text.replace(/\{(\d+)\.([\w.]+)\}/g, (_, at, name) =>
          name.split(".").reduce((value, part) => value[part], bodies[at]),
        );
      const sent = { authorization: "Bearer sk_test_story", "content-type": FORM };
      for (const [name, value] of Object.entries(headers)) sent[name] = filled(value);
      const body = form === undefined ? undefined : filled(form);
      const answer = await fake.fetch(`https://api.stripe.com${filled(path)}`, { method, headers: sent, body });
      const text = await answer.text();
      bodies.push(JSON.parse(text));
      const id = answer.headers.get("request-id") ?? "-";
      told += `${answer.status} ${id} ${answer.headers.get("date")}\n${text}`;
    }
  } finally {
    fake.stop();
  }
  return told;
}

if (realpathSync(process.argv[1] ?? ".") === fileURLToPath(import.meta.url)) {
  const { FakeStripe } = await import("../../../pkg/index.mjs");
  process.stdout.write(await tell(FakeStripe, process.argv[2]));
}
