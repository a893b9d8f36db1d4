export default { logLevel: "warn", build: { target: "es2022", chunkSizeWarningLimit: 10_000 } };
