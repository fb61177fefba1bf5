// The page: small helpers, nothing that knows what Daybook is.

/** The element of an id. */
export const at = (id) => document.getElementById(id);

/** A new element; texts are texts, never markup. */
export function make(name, options = {}, ...children) {
  const { class: className, ...attributes } = options;
  const element = document.createElement(name);
  if (className) element.className = className;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

/** Shows one of the page's parts instead of the others. */
export function show(part, ...others) {
  at(part).hidden = false;
  for (const other of others) at(other).hidden = true;
}

/** Says something to those who do not see it. */
export function say(text) {
  const live = at("live");
  live.textContent = "";
  // A text that is the same as before is said again only if it was gone in between.
  requestAnimationFrame(() => (live.textContent = text));
}

/** Rows of names and values. */
export function rows(list, entries) {
  list.replaceChildren(
    ...entries.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
  );
}
