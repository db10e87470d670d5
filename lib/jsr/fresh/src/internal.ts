// What the generated files of a build need; nothing else may import this.
export { applySnapshot, type Snapshot } from "./snapshot.ts";
