// One sign-in for two applications, and what an application may ask for beside it.
import assert from "node:assert/strict";
import { authorize, redeem } from "./applications.mjs";
import { allow, parts, signIn } from "./person.mjs";

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

/** Every journey: its name, and how it goes. */
export function sso({ issuer, applications }) {
  const { web, server } = applications;
  const signedInAtServer = async (page, email) => {
    await page.goto(authorize(issuer, server));
    await signIn(issuer, page, email);
    await allow(page);
    return claims((await redeem(issuer, server, page)).id_token);
  };
  // What the application's page says of an answer that it got as a form.
  const posted = async (page) => {
    await page.waitForURL(server.callback);
    const fields = applications.posts.at(-1);
    assert.equal(fields.get("iss"), issuer);
    assert.equal(fields.get("state"), "af0ifjsldkj");
    return fields;
  };
  const formPost = async (page, email, send) => {
    const request = authorize(issuer, server, { response_mode: "form_post" });
    await page.goto(request);
    await signIn(issuer, page, email);
    await page.click(parts.allow);
    await send();
    const fields = await posted(page);
    assert.ok(fields.get("code")?.length > 20 && !page.url().includes("code="), "nothing is in a URL");
    await page.goto(authorize(issuer, server, { response_mode: "form_post", prompt: "consent" }));
    await page.click(parts.deny);
    await send();
    assert.equal((await posted(page)).get("error"), "access_denied", "OAuth 2.0 Form Post Response Mode §2: errors too");
  };
  return [
    {
      name: "prompt=none: login_required before a sign-in, and silent after it",
      async go(page) {
        const silent = authorize(issuer, server, { prompt: "none" });
        await page.goto(silent);
        assert.equal(new URL(page.url()).searchParams.get("error"), "login_required");
        const before = await signedInAtServer(page, "silent@example.com");
        await page.goto(silent);
        const after = claims((await redeem(issuer, server, page)).id_token);
        assert.deepEqual([after.sub, after.auth_time], [before.sub, before.auth_time]);
        await page.goto(authorize(issuer, web, { prompt: "none" }));
        assert.equal(new URL(page.url()).searchParams.get("error"), "consent_required", "another application");
      },
    },
    {
      name: "prompt=select_account: another account, then each application has its own",
      async go(page) {
        const one = await signedInAtServer(page, "chosen-one@example.com");
        await page.goto(authorize(issuer, web, { prompt: "select_account" }));
        assert.ok((await page.textContent("main")).includes("chosen-one@example.com"));
        await page.click(parts.account);
        await page.waitForSelector(parts.email);
        await signIn(issuer, page, "chosen-two@example.com");
        // The applications of whoever was before are told on the way.
        await page.waitForURL("**/consent");
        await allow(page);
        const two = claims((await redeem(issuer, web, page)).id_token);
        assert.notEqual(two.sub, one.sub);
      },
    },
    {
      name: "max_age=0: a real sign-in, though somebody is signed in",
      async go(page) {
        const before = await signedInAtServer(page, "aged@example.com");
        await page.goto(authorize(issuer, server, { max_age: "0" }));
        await signIn(issuer, page, "aged@example.com");
        const after = claims((await redeem(issuer, server, page)).id_token);
        assert.ok(after.auth_time >= before.auth_time && after.sub === before.sub);
      },
    },
    {
      name: "form_post: the code and the refusal come as a form",
      go: (page) => formPost(page, "posted@example.com", async () => undefined),
    },
    {
      name: "form_post without JavaScript: a button sends it",
      without: "JavaScript",
      go: (page) => formPost(page, "pressed@example.com", () => page.click(parts.main)),
    },
  ];
}
