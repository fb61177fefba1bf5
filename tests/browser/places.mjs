// Every page, in every state that a person can meet: how to get there, and the status it has there.
import { authorize } from "./applications.mjs";
import { devicePlaces } from "./device.mjs";
import { endSession, logoutPlaces } from "./logout.mjs";
import { allow, codeOf, giveAddress, noneOfThese, parts, send, signIn, typeCode } from "./person.mjs";
import { FIRST_WAIT } from "./program.mjs";
import { uncheckedPlaces } from "./unchecked.mjs";

const at = (name, url, status = 200) => ({ name, status, visit: (page) => page.goto(url) });

/**
 * Opens what has to be open; `stranger` is a context where nobody is signed in, `known` one where somebody is. Each place
 * comes with the cookies that it is to be seen with.
 */
export async function prepare({ issuer, several, applications, stranger, known, elsewhere }) {
  const [anonymous, signedIn] = await Promise.all([
    withoutSession(issuer, applications, stranger, elsewhere),
    withSession(issuer, applications, known),
  ]);
  const unchecked = await uncheckedPlaces(issuer);
  const [none, session] = [await stranger.cookies(), await known.cookies()];
  return [
    ...anonymous.map((place) => ({ ...place, cookies: none })),
    ...signedIn.map((place) => ({ ...place, cookies: session })),
    ...unchecked.anonymous.map((place) => ({ ...place, cookies: none })),
    ...unchecked.signedIn.map((place) => ({ ...place, cookies: session })),
    ...(await devicePlaces({ issuer, several }, known)),
    ...(await logoutPlaces({ issuer, applications }, known)),
    { ...at("unknown client, of several organizations", authorize(several, { id: "nobody", callback: "" }), 400), cookies: [] },
    { ...at("home in development, of several organizations", `${several}/`), cookies: [] },
    { ...at("logout, over, of several organizations", endSession(several, {})), cookies: [] },
  ];
}

async function withoutSession(issuer, applications, context, elsewhere) {
  const page = await context.newPage();
  const begin = async (over) => {
    await page.goto(authorize(issuer, applications.server, over));
    return page.url();
  };
  const code = await coded(page, begin, "ana@example.com");
  const resent = await coded(page, begin, "bo@example.com");
  const long = await longCode(issuer, context, await coded(page, begin, "cleo@example.com"), "cleo@example.com");
  const spent = await spend(issuer, context, await coded(page, begin, "ida@example.com"), "ida@example.com");
  const address = await begin();
  // What a code was sent for has an address of its own.
  const stored = code.replace(/\/code$/, "");
  const cancelled = await coded(page, begin, "finn@example.com");
  const finished = cancelled.replace(/\/code$/, "");
  await send(context, cancelled, `${finished}/cancel`, {});
  const theirs = await elsewhere.newPage();
  const others = await coded(theirs, () => theirs.goto(authorize(issuer, applications.server)), "gil@example.com");
  await theirs.close();
  const again = await resentWhenAllowed(context, resent);
  return [
    // First, while their codes are alive: they need the field.
    { name: "code, typed", status: 200, visit: (shown) => typed(shown, code, "888888") },
    { name: "code of 8 characters, typed", status: 200, visit: (shown) => typed(shown, long, "W8W8W8W8") },
    { name: "code, wrong and typed", status: 200, visit: (shown) => typed(shown, `${code}?notice=wrong&number=4`, "123456") },
    at("address", address),
    at("address, malformed", `${stored}?notice=address`),
    at("address, too many codes", `${stored}?notice=too_many&number=3000`),
    at("address, no mail leaves", `${stored}?notice=mail_away&number=60`),
    at("code", code),
    at("code, wait shown", resent),
    at("code, resent", again),
    at("code, wrong", `${code}?notice=wrong&number=4`),
    at("code, malformed", `${code}?notice=malformed`),
    at("code, too soon", `${resent}?notice=too_soon&number=20`),
    at("code, too many codes", `${code}?notice=too_many&number=3000`),
    at("code, no mail leaves", `${code}?notice=mail_away&number=60`),
    at("code, expired", `${resent}?notice=expired`),
    at("code, spent", spent),
    at("code, retired", `${code}?notice=retired`),
    at("code of 8 characters", long),
    at("code of 8 characters, malformed", `${long}?notice=malformed`),
    at("unknown client", authorize(issuer, applications.server, { client_id: "nobody" }), 400),
    at("bad redirect", authorize(issuer, applications.server, { redirect_uri: "https://evil.example/" }), 400),
    at("bad request", `${authorize(issuer, applications.server)}&client_id=demo-web`, 400),
    at("finished", finished, 410),
    at("expired", `${issuer}/signin/none`, 410),
    at("other browser", others, 403),
    at("not found", `${issuer}/nothing/here`, 404),
    at("wrong method of a path for programs", `${issuer}/api/auth/oauth2/token`, 405),
    at("home in development", `${issuer}/`),
    at("wrong method", `${stored}/resend`, 405),
    { name: "forged form token", status: 403, visit: (shown) => forged(shown, address) },
    { name: "request of another site", status: 200, visit: (shown) => fromAnotherSite(shown, authorize(issuer, applications.server)) },
    { name: "logout of another site", status: 200, visit: (shown) => fromAnotherSite(shown, endSession(issuer, {})) },
  ];
}

async function withSession(issuer, applications, context) {
  const page = await context.newPage();
  await page.goto(authorize(issuer, applications.server));
  await signIn(issuer, page, "dora@example.com");
  await allow(page);
  await page.goto(authorize(issuer, applications.web));
  await allow(page);
  const begin = async (application, over) => {
    await page.goto(authorize(issuer, application, over));
    return page.url();
  };
  const more = "openid profile email offline_access profile:read profile:write orders:read bookings:read enquiries:read";
  const places = [
    at("consent", await begin(applications.web, { scope: more })),
    at("consent, again", await begin(applications.server, { prompt: "consent" })),
    at("confirm", await begin(applications.web)),
    at("choose", await begin(applications.server, { prompt: "select_account" })),
    at("address, sign in again", await begin(applications.server, { prompt: "login" })),
    { name: "answer as a form", status: 200, visit: (shown) => answerAsForm(shown, issuer, applications.server) },
  ];
  await page.close();
  return places;
}

// The form sends itself; an application that answers 204 leaves the page where it is (RFC 9110 §15.3.5).
async function answerAsForm(page, issuer, application) {
  const sent = page.waitForRequest((request) => request.url() === application.callback && request.method() === "POST");
  await page.route(application.callback, (route) => route.fulfill({ status: 204 }), { times: 1 });
  const request = authorize(issuer, application, { response_mode: "form_post", prompt: "none" });
  // It is sent before the page has loaded, which it then never does.
  const response = await page.goto(request, { waitUntil: "commit" });
  await sent;
  await page.waitForSelector(parts.main);
  return response;
}

// A form of another site; the page that sends it on by itself stays where it is, because that is answered 204.
async function fromAnotherSite(page, url) {
  await page.goto("about:blank");
  const { origin, pathname, searchParams } = new URL(url);
  const action = `${origin}${pathname}`;
  const isOnward = (target) => target.origin === origin && target.pathname !== pathname;
  await page.route(isOnward, (route) => route.fulfill({ status: 204 }), { times: 1 });
  const sent = page.waitForRequest((request) => request.method() === "POST" && isOnward(new URL(request.url())));
  const shown = page.waitForResponse(action);
  await page.evaluate(submit, [action, [...searchParams]]);
  const response = await shown;
  await sent;
  await page.waitForSelector(parts.main);
  return response;
}

function submit([action, fields]) {
  const form = Object.assign(document.createElement("form"), { action, method: "post" });
  for (const [name, value] of fields) form.append(Object.assign(document.createElement("input"), { name, value, type: "hidden" }));
  document.body.append(form);
  form.submit();
}

async function typed(page, url, code) {
  const response = await page.goto(url);
  await typeCode(page, code);
  return response;
}

async function coded(page, begin, email) {
  await begin();
  await giveAddress(page, email);
  return page.url();
}

// Another code may be sent after the wait; how long that is, the page says itself.
async function resentWhenAllowed(context, url) {
  for (;;) {
    const again = (await send(context, url, url.replace("/code", "/resend"), {})).url;
    const { searchParams } = new URL(again);
    if (searchParams.get("notice") === "resent") return again;
    const seconds = Number(searchParams.get("number"));
    if (searchParams.get("notice") !== "too_soon" || !(seconds <= FIRST_WAIT)) throw new Error(`the resend led to ${again}`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

// Five wrong codes use up a challenge.
async function spend(issuer, context, url, email) {
  for (const code of noneOfThese(await codeOf(issuer, email))) await send(context, url, url, { code });
  return url;
}

// Ten wrong codes in a day make the codes of an address longer.
async function longCode(issuer, context, url, email) {
  const resend = url.replace("/code", "/resend");
  for (let challenge = 0; challenge < 2; challenge += 1) {
    await spend(issuer, context, url, email);
    await send(context, `${url}?notice=spent`, resend, {});
  }
  return url;
}

async function forged(page, address) {
  await page.goto(address);
  await page.fill(parts.email, "eve@example.com");
  await page.evaluate(() => document.querySelectorAll("[name=token]").forEach((field) => (field.value = "forged")));
  const [response] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === "POST"),
    page.click(parts.main),
  ]);
  await page.waitForLoadState();
  return response;
}
