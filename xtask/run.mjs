// The commands of package.json, from nothing: `node xtask/run.mjs build|start|test|check|sizes`.
//
// It runs before anything is installed, so what it imports uses nothing but Node; and this file keeps to
// what any Node can read, so that an old one is told so instead of stumbling over the syntax.

// The oldest Node that Vite, tsdown and jsdom run on. The package itself asks for less.
var OLDEST = [20, 19];
var version = process.versions.node.split(".").map(Number);

if (version[0] < OLDEST[0] || (version[0] === OLDEST[0] && version[1] < OLDEST[1])) {
  console.error(
    "This is Node " + process.versions.node + "; building fakestripe takes Node " + OLDEST.join(".") +
      " or newer.\nInstall one from https://nodejs.org (or with `nvm install 22`) and run the command again.",
  );
  process.exitCode = 1;
} else {
  import("./commands.mjs");
}
