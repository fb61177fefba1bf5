// A person with a browser that runs no script: keeps the cookies, fills in the forms of the sign-in pages and stops
// where it would leave the issuer for the application.

/**
 * Opens `url`, signs in as `email`, allows what is asked, and returns the URL at the application; with
 * response_mode=form_post the request that brings the form there.
 */
export async function walk(issuer, cookies, url, email) {
  let page = await open(issuer, cookies, url);
  for (let steps = 0; steps < 12; steps += 1) {
    if (page.left) return page.left;
    const next = await answer(issuer, page.html, email);
    if (next.left) return next.left;
    page = await open(issuer, cookies, new URL(next.action, issuer), next.fields);
  }
  throw new Error("the pages never end");
}

/** What a person does on this page. */
export async function answer(issuer, html, email) {
  const forms = html.split("<form").slice(1).map((form) => form.split("</form>")[0]);
  const has = (name) => forms.find((form) => form.includes(`name="${name}"`));
  const send = (form, more) => ({
    action: form.match(/action="([^"]*)"/)[1],
    fields: { token: form.match(/name="token" value="([^"]*)"/)[1], ...more },
  });
  const away = forms.find((form) => /action="https?:/.test(form));
  if (away) return { left: posted(away) };
  if (has("user_code")) return { action: has("user_code").match(/action="([^"]*)"/)[1], fields: { user_code: typed(html) } };
  if (has("email")) return send(has("email"), { email });
  if (has("code")) return send(has("code"), { code: await newestCode(issuer, email) });
  if (has("decision")) return send(has("decision"), { decision: "allow" });
  // A request that another site sent as a form goes on by a form of the issuer's own.
  const onward = forms.find((form) => /action="[^"]*\/begin"/.test(form));
  if (onward) return send(onward, {});
  // The error of an application that nobody checked waits on a page for the person to go on (RFC 9700 §4.11.2).
  const link = html.match(/<a [^>]*href="(https?:[^"]*[?&](?:amp;|#38;)?error=[^"]*)"/);
  if (link) return { left: new URL(plain(link[1])) };
  throw new Error(`a page without a way on: ${html.match(/<h1>(.*?)<\/h1>/s)?.[1]}`);
}

// A form that the browser sends to the application.
function posted(form) {
  const fields = [...form.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [plain(name), plain(value)]);
  return new Request(plain(form.match(/action="([^"]*)"/)[1]), { method: "POST", body: new URLSearchParams(fields) });
}

// The code of a device that is in the field already.
const typed = (html) => html.match(/name="user_code" value="([^"]*)"/)[1];

const plain = (text) => text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll("&amp;", "&");

async function newestCode(issuer, email) {
  const mails = await (await fetch(`${issuer}/dev/outbox.json?to=${encodeURIComponent(email)}`)).json();
  return mails[0].code;
}

/** One page, after the redirects that lead to it; or where the last of them leaves the issuer. */
export async function open(issuer, cookies, url, fields) {
  let body = fields && new URLSearchParams(fields);
  for (let redirects = 0; redirects < 6; redirects += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const method = body ? "POST" : "GET";
    const response = await fetch(url, { method, body, headers: { cookie }, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (!location) return { html: await response.text() };
    url = new URL(location, url);
    body = undefined;
    if (url.origin !== new URL(issuer).origin) return { left: url };
  }
  throw new Error("too many redirects");
}
