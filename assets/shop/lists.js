// Orders, classes and questions: a list each, with a filter and its pages.
import { at, busy, capital, clock, counted, day, longDay, make, money, month, say } from "./dom.js";

const NOTHING = { items: [], added: [] };
const tag = (text, kind) => make("span", { class: `tag ${kind}` }, text);
const WORDS = {
  pending: "Waiting", processing: "In the works", completed: "Done", cancelled: "Cancelled", refunded: "Refunded",
  confirmed: "Confirmed", new: "New", open: "Open", resolved: "Answered", closed: "Closed",
};
const word = (status) => WORDS[status] ?? capital(status);

function order(one) {
  const [first, ...others] = one.items;
  const what = first ? `${first.name}${others.length > 0 ? `, and ${others.length} more` : ""}` : "An order";
  const paid = (amount) => money(amount, one.currency);
  const sum = (name, amount) => make("div", {}, make("dt", {}, name), make("dd", {}, paid(amount).replace("-", "−")));
  const goods = one.items.map((item) =>
    make("li", {},
      make("span", { class: "many" }, `${item.quantity} ×`),
      make("span", {}, item.name),
      make("span", { class: "sum" }, paid(item.total))));
  return make("details", { class: "row order" },
    make("summary", {},
      make("span", { class: "what" }, what),
      make("span", { class: "facts" }, `${one.orderNumber}, ${day(one.createdAt)}`),
      tag(word(one.status), one.status),
      make("span", { class: "sum" }, paid(one.total))),
    make("div", { class: "bill" },
      make("ul", {}, ...goods),
      make("dl", {},
        sum("Goods", one.subtotal),
        one.discountTotal > 0 ? sum("Discount", -one.discountTotal) : undefined,
        sum("Tax", one.taxTotal),
        sum("Total", one.total)),
      make("p", { class: "facts" }, `Payment: ${one.paymentStatus}${one.completedAt ? `. Sent on ${day(one.completedAt)}` : ""}`)));
}

function booking(one) {
  const ends = one.endsAt ? `\u2060–\u2060${clock(one.endsAt)}` : "";
  const where = [one.location, `${counted(one.partySize, "person", "people")}`].filter(Boolean).join(", ");
  return make("div", { class: `row visit ${one.startsAt > Date.now() && one.status !== "cancelled" ? "ahead" : ""}` },
    make("p", { class: "date", "aria-hidden": "true" }, make("b", {}, String(new Date(one.startsAt).getDate())), month(one.startsAt)),
    make("div", {},
      make("h3", { class: "what" }, one.service),
      make("p", {}, `${longDay(one.startsAt)}, ${clock(one.startsAt)}${ends}`),
      make("p", { class: "facts" }, `${where}. ${one.bookingNumber}`),
      one.notes ? make("p", { class: "words" }, one.notes) : undefined),
    tag(word(one.status), one.status));
}

function enquiry(one) {
  const answers = one.responseCount === 0 ? "No answer yet" : counted(one.responseCount, "answer", "answers");
  return make("details", { class: "row question" },
    make("summary", {},
      make("span", { class: "what" }, one.subject),
      make("span", { class: "facts" }, `${one.enquiryNumber}, ${day(one.createdAt)}. ${answers}`),
      tag(word(one.status), one.status)),
    make("p", { class: "words" }, one.message));
}

const LISTS = {
  orders: {
    title: "Orders", one: "order", more: "orders", size: 6, row: order, get: (auth, options) => auth.getOrders(options),
    states: ["pending", "processing", "completed", "cancelled", "refunded"],
  },
  bookings: {
    title: "Classes and tastings", one: "booking", more: "bookings", size: 4, row: booking, get: (auth, options) => auth.getBookings(options),
    states: ["confirmed", "pending", "completed", "cancelled"],
  },
  enquiries: {
    title: "Questions", one: "question", more: "questions", size: 3, row: enquiry, get: (auth, options) => auth.getEnquiries(options),
    states: ["new", "open", "resolved", "closed"],
  },
};

/** The booking that comes first, of some. */
export function soonest(bookings, now = Date.now()) {
  const ahead = bookings.filter(({ startsAt, status }) => startsAt > now && status !== "cancelled");
  return ahead.sort((one, other) => one.startsAt - other.startsAt)[0];
}

/** When a booking is, and where. */
export const when = ({ startsAt, location }) =>
  `${longDay(startsAt)} at ${clock(startsAt)}${location ? `, ${location}` : ""}`;

/** One list, in the section of its name. `load()` begins it anew and answers its first page. */
export function list(auth, name) {
  const { title, one, more, size, row, get, states } = LISTS[name];
  const rows = make("ul", { class: "rows" });
  const none = make("p", { class: "none", hidden: true });
  const button = make("button", { type: "button", class: "second", hidden: true }, `Show more ${more}`);
  let pages;
  let status = "";

  const choice = (value) => {
    const input = make("input", { type: "radio", name: `${name}-status`, value, id: `${name}-${value || "all"}`, checked: value === "" });
    input.addEventListener("change", () => {
      status = value;
      load({ told: true });
    });
    return make("span", { class: "choice" }, input, make("label", { for: input.id }, value ? word(value) : "All"));
  };
  at(name).replaceChildren(
    make("div", { class: "head" },
      make("h2", { id: `${name}-title` }, title),
      make("fieldset", { class: "choices" }, make("legend", { class: "said" }, `Which ${more}`), ...["", ...states].map(choice))),
    rows, none, button);

  // What comes late, after another filter was chosen, is not shown.
  async function page({ told, anew = false }) {
    const mine = pages;
    try {
      const { value, done } = await mine.next();
      if (mine !== pages) return NOTHING;
      const items = done ? [] : value.items;
      const added = items.map((item) => make("li", {}, row(item)));
      // What was there stays until now, so that the page does not move under a thumb.
      if (anew) rows.replaceChildren(...added);
      else rows.append(...added);
      button.hidden = done || !value.hasMore;
      none.hidden = rows.children.length > 0;
      none.textContent = status ? `No ${more} are “${word(status).toLowerCase()}”.` : `No ${more} yet.`;
      if (told) say(`${counted(rows.children.length, one, more)}${button.hidden ? "" : ", and there are more"}.`);
      return { items, added };
    } catch (error) {
      if (mine !== pages) return NOTHING;
      if (anew) rows.replaceChildren();
      none.hidden = false;
      none.textContent = error.message;
      button.hidden = false;
      if (told) say(error.message);
      return NOTHING;
    }
  }

  async function load({ told = false } = {}) {
    pages = get(auth, { limit: size, ...(status && { status }) });
    return (await page({ told, anew: true })).items;
  }

  button.addEventListener("click", () =>
    busy(button, async () => {
      const [first] = (await page({ told: true })).added;
      if (!first) return;
      // On to what is new, also when the button is gone.
      const target = first.querySelector("summary") ?? first;
      if (target === first) first.tabIndex = -1;
      target.focus();
    }));

  return {
    load,
    forget() {
      pages = undefined;
      status = "";
      rows.replaceChildren();
      button.hidden = true;
      at(`${name}-all`).checked = true;
    },
  };
}
