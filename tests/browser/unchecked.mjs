// The pages of an application that registered itself, so that nobody checked it.
import assert from "node:assert/strict";
import { authorize } from "./applications.mjs";

const CALLBACK = "https://planner.example/callback";

/** Registers an application (RFC 7591), whose name is as long as people meet it. */
export async function registerItself(issuer) {
  const metadata = { redirect_uris: [CALLBACK], client_name: "Kiln Planner for Potters", logo_uri: "https://planner.example/logo.png" };
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${issuer}/api/auth/oauth2/register`, { method: "POST", headers, body: JSON.stringify(metadata) });
  assert.equal(response.status, 201);
  return { id: (await response.json()).client_id, callback: CALLBACK };
}

/** Its pages for somebody who is not signed in, and for somebody who is. */
export async function uncheckedPlaces(issuer) {
  const own = await registerItself(issuer);
  const at = (name, over, status = 200) => ({ name, status, visit: (page) => page.goto(authorize(issuer, own, over)) });
  return {
    anonymous: [
      at("address of an application that nobody checked"),
      at("error of an application that nobody checked", { scope: "no:such" }, 400),
      at("error as a form of an application that nobody checked", { scope: "no:such", response_mode: "form_post" }, 400),
    ],
    signedIn: [
      at("consent of an application that nobody checked"),
      at("choice of an application that nobody checked", { prompt: "select_account" }),
    ],
  };
}
