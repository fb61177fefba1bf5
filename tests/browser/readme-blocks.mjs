// The fenced blocks of a Markdown file, each with the heading above it.
import { readdir, readFile } from "node:fs/promises";

/** The documents: the README first, then all that lie beside it and in `docs/`, then those of folders. */
export async function documents(root) {
  const found = [];
  for (const folder of ["", "docs/"]) {
    const names = (await readdir(new URL(folder || ".", root))).filter((name) => name.endsWith(".md")).sort();
    found.push(...names.map((name) => folder + name));
  }
  const [first, last] = ["README.md", ["keys/README.md", "sdk/README.md", "sdk/MESSAGES.md"]];
  return [first, ...found.filter((file) => file !== first), ...last];
}

/** A block's file, line, heading, language and text; `first` is its first line. */
export async function blocksOf(root, file) {
  const lines = (await readFile(new URL(file, root), "utf8")).split("\n");
  const blocks = [];
  let [heading, open] = ["", undefined];
  lines.forEach((line, index) => {
    const fence = /^(\s*)```(\w*)\s*$/.exec(line);
    if (open && fence && fence[2] === "") {
      blocks.push({ ...open, first: open.lines[0] ?? "", text: `${open.lines.join("\n")}\n` });
      open = undefined;
    } else if (open) {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    } else if (fence) {
      open = { file, heading, line: index + 1, language: fence[2], indent: fence[1], lines: [] };
    } else if (/^#+ /.test(line)) {
      heading = line.replace(/^#+ /, "");
    }
  });
  if (open) throw new Error(`${file}: the block at line ${open.line} does not end`);
  return blocks;
}

/** Finds who runs a block: the first entry that fits in everything it says. */
export function entryOf(entries, block) {
  const fits = (wanted, text) => wanted === undefined || wanted.test(text);
  return entries.find((entry) =>
    (entry.file ?? "README.md") === block.file && fits(entry.heading, block.heading) &&
    fits(entry.language, block.language) && fits(entry.has, block.text));
}
