// The account page: who is here, and what they see.
import { at, busy, counted, make, money, say, seconds } from "./dom.js";
import { list, soonest, when } from "./lists.js";
import { profile } from "./profile.js";
import { signIn } from "./sign-in.js";

const { TiquoAuth } = window;
const { issuer, publicKey, outbox, samples } = document.documentElement.dataset;
const auth = new TiquoAuth({ publicKey, apiEndpoint: issuer });
const door = signIn(auth, outbox);
const about = profile(auth, (customer) => greet({ customer }));
const lists = ["orders", "bookings", "enquiries"].map((name) => list(auth, name));
/** The id of whoever is shown; `null` is nobody, `undefined` not known yet. */
let here;
let leaving = false;

function only(part) {
  for (const id of ["waiting", "away", "door", "account"]) at(id).hidden = id !== part;
  at("me").hidden = part !== "account";
}

function greet({ customer, user }) {
  const hour = new Date().getHours();
  const time = hour < 5 || hour > 17 ? "evening" : hour < 12 ? "morning" : "afternoon";
  const name = customer?.displayName ?? customer?.firstName;
  at("greeting").textContent = name ? `Good ${time}, ${name}` : `Good ${time}`;
  at("customer").textContent = customer ? `${customer.email}, customer ${customer.customerNumber.replace("CUST-", "")}` : user.email;
  at("totals").hidden = !customer?.totalOrders;
  if (customer?.totalOrders) {
    const spent = money(customer.totalSpent, customer.currency);
    at("totals").textContent = `${counted(customer.totalOrders, "order", "orders")} completed, ${spent} in all`;
  }
  const initials = [customer?.firstName, customer?.lastName].filter(Boolean).map((part) => [...part][0]).join("");
  const letters = (initials || [...(name ?? customer?.email ?? user.email)][0]).toUpperCase();
  const picture = customer?.profilePhoto ? make("img", { src: customer.profilePhoto, alt: "", referrerpolicy: "no-referrer" }) : undefined;
  picture?.addEventListener("error", () => picture.remove());
  at("face").replaceChildren(letters, ...(picture ? [picture] : []));
}

async function fill() {
  const found = await Promise.all(lists.map((one) => one.load()));
  at("empty").hidden = found.some((items) => items.length > 0);
  const next = soonest(found[1]);
  at("ahead").hidden = !next;
  if (!next) return;
  at("ahead-what").textContent = next.service;
  at("ahead-when").textContent = when(next);
}

async function enter(session, { focus }) {
  greet(session);
  if (session.customer) about.show(session.customer);
  if (here === session.user.id) return;
  here = session.user.id;
  door.leave();
  at("notice").hidden = true;
  only("account");
  if (focus) {
    scrollTo(0, 0);
    at("greeting").focus();
  }
  await fill();
  // A link to a part of the page leads there once it is filled.
  if (!focus && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

function leave(text) {
  const was = here;
  here = null;
  for (const one of [about, ...lists]) one.forget();
  at("ahead").hidden = true;
  at("empty").hidden = true;
  door.show();
  only("door");
  at("notice").hidden = !text;
  at("notice").textContent = text ?? "";
  if (was) {
    door.focus();
    say(text);
  }
}

/** Nobody is signed in, and the page was just opened. */
function meet() {
  leave();
  // With a keyboard one can type at once; on a phone the page is read before its keyboard covers it.
  if (matchMedia("(pointer: fine)").matches) door.focus();
}

async function begin() {
  only("waiting");
  try {
    const session = await auth.getUser();
    if (session) await enter(session, { focus: false });
    else meet();
  } catch (error) {
    // Nobody is signed out because the network is away.
    at("away-text").textContent = error.message;
    only("away");
  }
}

function hear(event, session) {
  const list = at("events");
  if (!list.querySelector("time")) list.replaceChildren();
  list.prepend(make("li", {}, make("code", {}, event), make("time", {}, seconds(Date.now()))));
  while (list.children.length > 6) list.lastChild.remove();
  if (event === "LOGOUT") return leave(leaving ? "You are signed out." : "You were signed out, here and in your other tabs.");
  if (event === "TOKEN_REFRESH") return undefined;
  if (event === "INITIAL_SESSION" && !auth.isSignedIn) return meet();
  return session ? enter(session, { focus: event === "LOGIN" }) : begin();
}

only("waiting");
auth.onAuthStateChange(hear);
at("once-more").addEventListener("click", begin);
at("sign-out").addEventListener("click", () =>
  busy(at("sign-out"), async () => {
    leaving = true;
    // Without the network it counts here all the same, and the server hears it later.
    await auth.logout().catch((error) => say(error.message));
    leaving = false;
  }));
at("samples").addEventListener("click", () =>
  busy(at("samples"), async () => {
    at("samples-error").textContent = "";
    try {
      const answer = await auth.fetch(samples, { method: "POST" });
      if (!answer.ok) throw new Error((await answer.json()).error);
      await fill();
      const session = await auth.getUser();
      if (session) greet(session);
      say("Your account is filled.");
      at("orders-title").tabIndex = -1;
      at("orders-title").focus();
    } catch (error) {
      at("samples-error").textContent = error.message;
      say(error.message);
    }
  }));
