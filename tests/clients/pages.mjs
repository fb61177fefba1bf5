// A person with a browser that runs no script: keeps the cookies, fills in the forms of the sign-in pages and stops
// where it would leave the issuer for the application.

/** Opens `url`, signs in as `email`, allows what is asked, and returns the URL at the application. */
export async function walk(issuer, cookies, url, email) {
  for (let steps = 0; steps < 12; steps += 1) {
    const page = await open(issuer, cookies, url);
    if (page.left) return page.left;
    const next = await answer(issuer, page.html, email);
    const sent = await open(issuer, cookies, new URL(next.action, issuer), next.fields);
    if (sent.left) return sent.left;
    url = sent.url;
  }
  throw new Error("the pages never end");
}

// What a person does on this page.
async function answer(issuer, html, email) {
  const forms = html.split("<form").slice(1).map((form) => form.split("</form>")[0]);
  const has = (name) => forms.find((form) => form.includes(`name="${name}"`));
  const send = (form, more) => ({
    action: form.match(/action="([^"]*)"/)[1],
    fields: { token: form.match(/name="token" value="([^"]*)"/)[1], ...more },
  });
  if (has("email")) return send(has("email"), { email });
  if (has("code")) return send(has("code"), { code: await newestCode(issuer, email) });
  if (has("decision")) return send(has("decision"), { decision: "allow" });
  throw new Error(`a page without a way on: ${html.match(/<h1>(.*?)<\/h1>/s)?.[1]}`);
}

async function newestCode(issuer, email) {
  const mails = await (await fetch(`${issuer}/dev/outbox.json?to=${encodeURIComponent(email)}`)).json();
  return mails[0].code;
}

// One page, after the redirects that lead to it; or where the last of them leaves the issuer.
async function open(issuer, cookies, url, fields) {
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
    if (!location) return { url, html: await response.text() };
    url = new URL(location, url);
    body = undefined;
    if (url.origin !== new URL(issuer).origin) return { left: url };
  }
  throw new Error("too many redirects");
}
