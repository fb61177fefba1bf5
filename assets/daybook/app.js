// Daybook: what its page does.
import { at, make, rows, say, show } from "./dom.js";
import { OpenId } from "./oidc.js";
import { days, past, sort, ticket } from "./week.js";

const { issuer, client, shop } = document.documentElement.dataset;
const SESSION = "daybook.session";
const SCOPE = "openid profile email offline_access profile:read bookings:read";
const MEANING = {
  openid: "Who you are: an id, nothing else",
  profile: "Your name",
  email: "Your e-mail address",
  offline_access: "Stay signed in",
  "profile:read": "Your customer record, to read",
  "bookings:read": "Your bookings, to read",
};
const TIMES = ["auth_time", "exp", "iat"];
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const openId = new OpenId(issuer, client);
// In this tab and in no other: a session of an application as small as this one ends with its tab.
let session = JSON.parse(sessionStorage.getItem(SESSION) ?? "null");

function keep(next) {
  session = next;
  if (next) sessionStorage.setItem(SESSION, JSON.stringify(next));
  else sessionStorage.removeItem(SESSION);
}

function trouble(title, error) {
  at("trouble-title").textContent = title;
  at("trouble-text").textContent = error.message;
  show("trouble");
}

function busy(text) {
  at("busy-text").textContent = text;
  show("busy", "trouble", "welcome", "book");
}

function welcome() {
  const now = new Date();
  const say = (options) => new Intl.DateTimeFormat("en-GB", options).format(now);
  at("pad-day").textContent = say({ weekday: "long" });
  at("pad-number").textContent = say({ day: "numeric" });
  at("pad-month").textContent = say({ month: "long" });
  show("welcome", "busy", "book", "me");
}

function signedOut(text) {
  keep(null);
  welcome();
  at("welcome").querySelector("h1").focus();
  say(text);
}

// An access token that was refused may only be old: it is tried once more with the next.
async function ask(path) {
  try {
    return await openId.get(`${issuer}${path}`, session);
  } catch (error) {
    if (error.status !== 401) throw error;
    keep(await openId.refresh(session));
    return openId.get(`${issuer}${path}`, session);
  }
}

async function bookings() {
  const found = [];
  for (let cursor = ""; cursor !== null; ) {
    const { data } = await ask(`/api/client/v1/bookings?limit=100${cursor && `&cursor=${cursor}`}`);
    found.push(...data.bookings);
    cursor = data.hasMore ? data.nextCursor : null;
  }
  return found;
}

const short = (token, begin) => `${token.slice(0, begin)}…${token.slice(-4)}`;
const value = (name, claim) => {
  if (TIMES.includes(name)) return `${claim} (${CLOCK.format(claim * 1000)})`;
  return typeof claim === "string" ? claim : JSON.stringify(claim);
};
const claims = (object) => Object.entries(object).map(([name, claim]) => [name, value(name, claim)]);

function showWho() {
  const { userinfo } = session;
  const { email = "", sub } = userinfo;
  const name = userinfo.given_name ?? userinfo.name ?? (email.split("@")[0] || "there");
  at("hello").textContent = `Hello, ${name}.`;
  at("who").textContent = email || sub;
}

function showUnder() {
  const { header, refreshes, scope, accessToken, refreshToken } = session;
  const steps = [
    ["Discovery", "the document names this issuer"],
    ["state, iss", "the answer belongs to this tab and this issuer"],
    ["PKCE", "S256; the code was no use to anybody else"],
    ["Signature", `${header.alg}, key ${String(header.kid).slice(0, 12)} of the JWK Set`],
    ["aud, exp, iat", "for Daybook, and of now"],
    ["nonce", refreshes === 0 ? "the one that this tab made" : "at the sign-in; a refresh has none"],
    ["Userinfo", "the same subject as the ID token"],
  ];
  at("steps").replaceChildren(...steps.map(([name, text]) => make("li", {}, make("b", {}, name), ` ${text}`)));
  at("scope").replaceChildren(
    ...scope.split(" ").map((one) => make("li", {}, make("code", {}, one), make("span", {}, MEANING[one] ?? ""))),
  );
  rows(at("tokens"), [
    ["access_token", `${short(accessToken, 6)} until ${CLOCK.format(session.ends)}`],
    ["refresh_token", refreshToken ? `${short(refreshToken, 3)} ${times(refreshes)}` : "none"],
  ]);
  rows(at("id-token"), claims(session.claims));
  rows(at("userinfo"), claims(session.userinfo));
  at("refresh").disabled = !refreshToken;
}

const times = (count) => (count === 0 ? "not used yet" : count === 1 ? "the second one" : `number ${count + 1}`);
const count = (number, one, more) => `${["No", "One", "Two", "Three", "Four"][number] ?? number} ${number === 1 ? one : more}`;

function showBookings(found) {
  const { next, past: gone } = sort(found);
  at("summary").textContent =
    found.length === 0
      ? "Nothing is booked yet."
      : `${count(next.length, "thing", "things")} to look forward to${next[0] ? `; the first: ${next[0].service}` : ""}.`;
  at("days").replaceChildren(...days(next));
  const none = (text, more) => make("li", { class: "none" }, text, more);
  at("next").replaceChildren(
    ...(next.length > 0
      ? next.map(ticket)
      : [none("Bookings that you make at Second Firing show up here. ", make("a", { href: shop }, "Their page can make some up."))]),
  );
  at("past").replaceChildren(...(gone.length > 0 ? gone.map(past) : [none("Nothing yet.")]));
}

async function book({ focus = false } = {}) {
  at("renewed").hidden = true;
  showWho();
  showUnder();
  let found = [];
  let wrong;
  try {
    found = await bookings();
  } catch (error) {
    if (error.status === 401) return signedOut("Your session is over. Please sign in again.");
    wrong = error;
  }
  showBookings(found);
  show("book", "busy", "welcome", "trouble");
  show("me");
  if (wrong) trouble("Your bookings cannot be read", wrong);
  if (focus) at("hello").focus();
}

// Beside the button, where the eyes are.
function renewed(text) {
  at("renewed").textContent = text;
  show("renewed");
  say(text);
}

function signIn(more) {
  busy("Going to Second Firing to sign in.");
  openId.begin(SCOPE, more).catch((error) => {
    welcome();
    trouble("Second Firing cannot be reached", error);
  });
}

at("sign-in").addEventListener("click", () => signIn());
at("again").addEventListener("click", () => signIn());
at("refresh").addEventListener("click", async () => {
  at("refresh").setAttribute("aria-busy", "true");
  try {
    keep(await openId.refresh(session));
    showUnder();
    renewed(`New tokens, until ${CLOCK.format(session.ends)}. The refresh token was replaced too.`);
  } catch (error) {
    if (error.status === 400 || error.status === 401) signedOut("Your session is over. Please sign in again.");
    else renewed(`That did not work: ${error.message}.`);
  }
  at("refresh").removeAttribute("aria-busy");
});
at("sign-out").addEventListener("click", async () => {
  const ends = session;
  keep(null);
  busy("Signing you out.");
  // Whoever wants to go goes, also when the issuer cannot be reached.
  await openId.revoke(ends).catch(() => undefined);
  const elsewhere = await openId.endSession(ends).catch(() => undefined);
  if (elsewhere) location.assign(elsewhere);
  else signedOut("You are signed out of Daybook.");
});

async function callback() {
  const answer = new URLSearchParams(location.search);
  // The code is of no use any more, and has no place in the history.
  history.replaceState(null, "", "/");
  busy("Checking the answer of Second Firing.");
  try {
    keep(await openId.finish(answer));
    await book({ focus: true });
  } catch (error) {
    if (session) await book();
    else welcome();
    if (error.code === "access_denied") trouble("You did not sign in", new Error("That is fine. Nothing was shared."));
    else trouble("That sign-in did not work", error);
  }
}

// A page that comes out of the browser's memory after "back" is as it was left: busy.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

if (location.pathname === "/callback") await callback();
else if (session) await book();
else if (openId.isBackFromLogout(new URLSearchParams(location.search))) {
  history.replaceState(null, "", "/");
  signedOut("You are signed out of Daybook and of Second Firing.");
} else welcome();
