// What an authorization request may ask for, and what comes of it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as client from "openid-client";
import { applications, ask, discover, ISSUER, register, tokensOf } from "./application.mjs";
import { refusedAtRegistration, somebody } from "./discovery-endpoints.mjs";
import { open } from "./pages.mjs";

const { PROGRAM, ADMIN } = process.env;
const [web] = applications;
/** Every standard claim that an operator can set (OpenID Connect Core §5.1). */
const SAID = {
  name: "Ana María", family_name: "M", given_name: "A", middle_name: "B", nickname: "Ani", preferred_username: "ana",
  profile: "https://a.example/ana", picture: "https://a.example/ana.png", website: "https://ana.example", gender: "female",
  birthdate: "0000-02-29", zoneinfo: "Europe/Madrid", locale: "es-ES", updated_at: 1700000000, phone_number: "+34 600",
  phone_number_verified: true, address: { street_address: "Calle 1", country: "ES" },
};

/** The operator says something of somebody, by the program's own command at its admin listener. */
async function say(email) {
  const folder = await mkdtemp(join(tmpdir(), "tiquo-claims-"));
  const file = join(folder, "claims.json");
  await writeFile(file, JSON.stringify(SAID));
  const given = ["users", "claims", email, "--organization", "org_demo", "--file", file, "--admin", ADMIN];
  await promisify(execFile)(PROGRAM, given);
  await rm(folder, { recursive: true });
}

export function requests({ metadata, config, application }) {
  const asked = (over, cookies = new Map(), email = somebody()) => ask(config, application, cookies, email, over);
  const errorOf = async (over, cookies) => (await asked(over, cookies)).back.searchParams.get("error");
  // What somebody who is signed in, and allowed the application everything, meets: a page, or the application at once.
  const meets = async (cookies, over) => {
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: application.callback, scope: "openid email", code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256", ...over,
    });
    return open(ISSUER, new Map(cookies), url);
  };
  const userinfo = async ({ access_token }) =>
    (await fetch(metadata.userinfo_endpoint, { headers: { authorization: `Bearer ${access_token}` } })).json();
  const isTrue = (run) => async (promised) => {
    assert.equal(promised, true);
    await run();
  };
  return {
    scopes_supported: async (scopes) => {
      const given = await discover(web);
      for (const scope of scopes) {
        const tokens = await tokensOf(given, web, new Map(), somebody(), { scope: `openid ${scope}` });
        assert.deepEqual(tokens.scope.split(" ").sort(), [...new Set(["openid", scope])].sort());
      }
      const tokens = await tokensOf(given, web, new Map(), somebody(), { scope: "openid unheard_of" });
      assert.equal(tokens.scope, "openid");
    },
    response_types_supported: async (types) => {
      assert.deepEqual(types, ["code"]);
      for (const other of ["token", "id_token", "code id_token", "none"]) {
        assert.equal(await errorOf({ response_type: other }), "unsupported_response_type", other);
      }
    },
    response_modes_supported: async (modes) => {
      assert.deepEqual(modes, ["query", "form_post"]);
      assert.ok((await asked({ response_mode: "query" })).back.searchParams.get("code"));
      assert.ok((await asked({ response_mode: "form_post" })).back instanceof Request);
      for (const other of ["fragment", "query.jwt"]) assert.equal(await errorOf({ response_mode: other }), "invalid_request", other);
    },
    subject_types_supported: async (types) => {
      const subjects = {};
      const email = somebody();
      for (const subject_type of [...types, "public"]) {
        const own = await register({ subject_type, redirect_uris: ["http://localhost:3002/callback"] });
        const { sub } = (await tokensOf(own.config, own.application, new Map(), email)).claims();
        assert.ok(subjects[subject_type] === undefined || subjects[subject_type] === sub, "the same for every client");
        subjects[subject_type] = sub;
      }
      assert.equal(new Set(Object.values(subjects)).size, types.length);
      await refusedAtRegistration({ subject_type: "ephemeral" });
    },
    acr_values_supported: async ([acr, ...more]) => {
      assert.deepEqual(more, []);
      const essential = (values) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }) });
      const tokens = await tokensOf(config, application, new Map(), somebody(), { acr_values: acr, ...essential([acr]) });
      assert.equal(tokens.claims().acr, acr);
      assert.equal(await errorOf(essential(["urn:other"])), "unmet_authentication_requirements");
    },
    claim_types_supported: async (types) => {
      assert.deepEqual(types, ["normal"]);
      const said = await userinfo(await tokensOf(config, application, new Map(), somebody()));
      assert.ok(!("_claim_names" in said) && !("_claim_sources" in said));
    },
    claims_supported: async (names) => {
      const email = somebody();
      await say(email);
      const scope = "openid profile email phone address";
      const tokens = await tokensOf(config, application, new Map(), email, { scope });
      const seen = new Set([...Object.keys(tokens.claims()), ...Object.keys(await userinfo(tokens))]);
      assert.deepEqual([...seen].sort(), [...names].sort());
    },
    claims_parameter_supported: isTrue(async () => {
      const email = somebody();
      await say(email);
      const claims = JSON.stringify({ userinfo: { nickname: null }, id_token: { birthdate: { essential: true } } });
      const tokens = await tokensOf(config, application, new Map(), email, { scope: "openid", claims });
      const said = await userinfo(tokens);
      assert.deepEqual([said.nickname, tokens.claims().birthdate, said.birthdate], [SAID.nickname, SAID.birthdate, undefined]);
    }),
    prompt_values_supported: async (values) => {
      const cookies = new Map();
      await tokensOf(config, application, cookies, somebody(), { scope: "openid email" });
      assert.ok((await meets(cookies, {})).left.searchParams.get("code"), "without it nothing is asked");
      const shown = {
        none: ({ left }) => left.searchParams.get("code"),
        login: ({ html }) => /name="email"/.test(html),
        consent: ({ html }) => /value="allow"/.test(html),
        select_account: ({ html }) => /Choose an account/.test(html),
      };
      assert.deepEqual([...values].sort(), Object.keys(shown).sort());
      for (const prompt of values) assert.ok(shown[prompt](await meets(cookies, { prompt })), prompt);
      assert.equal((await meets(new Map(), { prompt: "none" })).left.searchParams.get("error"), "login_required");
      assert.ok((await meets(cookies, { prompt: "unheard_of" })).left.searchParams.get("code"), "others are ignored");
    },
    code_challenge_methods_supported: async (methods) => {
      assert.deepEqual(methods, ["S256"]);
      const verifier = "a".repeat(43);
      assert.equal(await errorOf({ code_challenge: verifier, code_challenge_method: "plain" }), "invalid_request");
    },
    ui_locales_supported: async (locales) => {
      const language = async (ui_locales) => (await meets(new Map(), { ui_locales })).html.match(/<html lang="([^"]*)"/)[1];
      for (const locale of locales) assert.equal(await language(locale), locale);
      assert.equal(await language("de"), "en", "others are ignored");
    },
    authorization_response_iss_parameter_supported: isTrue(async () => {
      for (const over of [{}, { prompt: "none" }]) {
        assert.equal((await asked(over)).back.searchParams.get("iss"), ISSUER);
      }
    }),
  };
}
