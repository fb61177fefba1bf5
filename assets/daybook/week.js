// Bookings as days and tickets.
import { make } from "./dom.js";

const DAYS = 14;
const format = (options) => new Intl.DateTimeFormat("en-GB", options);
const [WEEKDAY, LONG, CLOCK, PAST] = [
  format({ weekday: "short" }),
  format({ weekday: "long", day: "numeric", month: "long" }),
  format({ hour: "numeric", minute: "2-digit" }),
  format({ day: "numeric", month: "short", year: "numeric" }),
];
const MONTH = format({ month: "short" });

const clock = (booking) => [booking.startsAt, booking.endsAt].filter(Boolean).map((time) => CLOCK.format(time)).join("\u2060–\u2060");
const people = (count) => (count === 1 ? "for one" : `for ${count}`);

/** What is still to come, soonest first, and what is not, latest first. */
export function sort(bookings, now = Date.now()) {
  const isNext = ({ startsAt, status }) => startsAt > now && status !== "cancelled";
  const next = bookings.filter(isNext).sort((one, other) => one.startsAt - other.startsAt);
  const past = bookings.filter((booking) => !isNext(booking)).sort((one, other) => other.startsAt - one.startsAt);
  return { next, past };
}

/** The next two weeks, a list item a day. */
export function days(next, now = new Date()) {
  return [...Array(DAYS).keys()].map((offset) => {
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + offset);
    const here = next.filter(({ startsAt }) => new Date(startsAt).toDateString() === day.toDateString());
    const first = offset === 0 || day.getDate() === 1;
    return make(
      "li",
      { class: `day${here.length > 0 ? " booked" : ""}${offset === 0 ? " today" : ""}`, "aria-current": offset === 0 && "date" },
      make("span", { class: "weekday" }, WEEKDAY.format(day)),
      make("span", { class: "number" }, String(day.getDate())),
      first ? make("span", { class: "month" }, MONTH.format(day)) : undefined,
      ...here.map((booking) => make("span", { class: "what" }, booking.service)),
    );
  });
}

/** A booking that is still to come. */
export function ticket(booking) {
  const day = new Date(booking.startsAt);
  return make(
    "li",
    { class: "ticket" },
    make("p", { class: "stub", "aria-hidden": "true" }, make("b", {}, String(day.getDate())), MONTH.format(day)),
    make(
      "div",
      {},
      make("h3", {}, booking.service),
      make("p", {}, `${LONG.format(day)}, ${clock(booking)}`),
      make("p", { class: "quiet" }, [booking.location, people(booking.partySize)].filter(Boolean).join(", ")),
      booking.notes ? make("p", { class: "said-so" }, `“${booking.notes}”`) : undefined,
    ),
    make("span", { class: `tag ${booking.status}` }, booking.status === "pending" ? "to be confirmed" : booking.status),
  );
}

/** A booking that is over. */
export function past(booking) {
  return make(
    "li",
    {},
    make("span", { class: "when" }, PAST.format(booking.startsAt)),
    make("span", {}, booking.service, booking.status === "cancelled" ? make("i", {}, " cancelled") : undefined),
  );
}
