// The page: small helpers, nothing that knows the shop.

/** The element of an id. */
export const at = (id) => document.getElementById(id);

/** A new element; texts are texts, never markup. */
export function make(name, options = {}, ...children) {
  const { class: className, on, ...attributes } = options;
  const element = document.createElement(name);
  if (className) element.className = className;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  for (const [event, listener] of Object.entries(on ?? {})) element.addEventListener(event, listener);
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

/** Says something to those who do not see it happen. */
export function say(text) {
  const live = at("live");
  live.textContent = "";
  // A text that is the same as before is said again only if it was gone in between.
  requestAnimationFrame(() => (live.textContent = text));
}

/** Says what is wrong with a field, or with "" that nothing is. */
export function mark(field, text) {
  at(`${field.id}-error`).textContent = text;
  if (text) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/** Runs what a button does, once at a time. */
export async function busy(button, run) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await run();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// The page's language, in which its dates and amounts are written too.
const { lang } = document.documentElement;
const format = (options) => new Intl.DateTimeFormat(lang, options);
const DAY = format({ day: "numeric", month: "long", year: "numeric" });
const LONG = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const CLOCK = format({ hour: "2-digit", minute: "2-digit" });
const SECONDS = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MONTH = format({ month: "short" });

export const day = (time) => DAY.format(new Date(time));
export const longDay = (time) => LONG.format(new Date(time));
export const clock = (time) => CLOCK.format(new Date(time));
export const seconds = (time) => SECONDS.format(new Date(time));
export const month = (time) => MONTH.format(new Date(time));
/** An amount in its currency. */
export const money = (amount, currency) => new Intl.NumberFormat(lang, { style: "currency", currency }).format(amount);
export const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
export const counted = (number, one, more) => `${number} ${number === 1 ? one : more}`;
