export default { test: { setupFiles: ["fakestripe/setup"] } };
