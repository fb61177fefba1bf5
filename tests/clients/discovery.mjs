// The discovery document of ISSUER, member by member: what each of them promises is done, and what is not on its list is
// refused. Prints one line of JSON for each check; exits with 1 when one of them failed.
import assert from "node:assert/strict";
import { applications, check, discover, ISSUER } from "./application.mjs";
import { endpoints } from "./discovery-endpoints.mjs";
import { keysAndAlgorithms } from "./discovery-keys.mjs";
import { logouts } from "./discovery-logout.mjs";
import { requests } from "./discovery-requests.mjs";

const at = async (path) => (await fetch(`${ISSUER}${path}`)).json();
const metadata = await at("/.well-known/openid-configuration");
const world = { metadata, application: applications[1], config: await discover(applications[1]) };
const members = { ...endpoints(world), ...keysAndAlgorithms(world), ...requests(world), ...logouts(world) };

await check("RFC 8414 3: the same document at its other place", async () => {
  assert.deepEqual(await at("/.well-known/oauth-authorization-server"), metadata);
});
await check("every member has a check, and every check a member", () => {
  assert.deepEqual(Object.keys(metadata).sort(), Object.keys(members).sort());
});
for (const [name, promised] of Object.entries(metadata)) await check(name, () => members[name]?.(promised));
