// Both demos, walked as a visitor walks them: the shop's page with the browser SDK, and the application that is somebody
// else's with OpenID Connect; and what developers read beside them.
import assert from "node:assert/strict";
import { daybook } from "./demo-daybook.mjs";
import { api, outbox } from "./demo-outbox.mjs";
import { shop } from "./demo-shop.mjs";
import { DemoWorld } from "./demo-world.mjs";

/** All checks of the demos. */
export async function demos(report, { browser, issuer, app }) {
  const world = new DemoWorld({ browser, issuer, app });
  await Promise.all([
    walk(report, world, "shop", shop),
    walk(report, world, "application", daybook),
    walk(report, world, "outbox", outbox).then(() => walk(report, world, "documents", api)),
  ]);
  await report.check("demo: no request but to the issuer and the application", () => assert.deepEqual(world.elsewhere, []));
  await report.check("demo: no error on the console, no violation of a content security policy", () =>
    assert.deepEqual(world.complaints, []));
}

async function walk(report, world, name, ways) {
  for (const [what, go] of Object.entries(ways)) {
    const context = await world.visitor();
    await report.check(`demo ${name}: ${what}`, () => go(world, context));
    await context.close();
  }
}
