// OpenID Connect for a public client in a browser: authorization code, PKCE, state, nonce (OpenID Connect Core §3.1,
// RFC 7636, RFC 9207). Everything about the issuer but its URL comes from its discovery document.
import { Refused, base64url, verifyIdToken } from "./id-token.js";

const BEGUN = "daybook.begun";
const LEFT = "daybook.left";

/** An answer of the issuer that says no, in its own words (RFC 6749 §4.1.2.1, §5.2). */
export class Denied extends Error {
  constructor({ error, error_description: text }) {
    super(text ?? error);
    this.code = error;
  }
}

export class OpenId {
  #issuer;
  #client;
  #callback = `${location.origin}/callback`;
  #metadata;
  #keys;
  /** How far the issuer's clock is ahead of ours, in milliseconds. */
  #ahead = 0;

  constructor(issuer, client) {
    this.#issuer = issuer;
    this.#client = client;
  }

  /** What the issuer says of itself (OpenID Connect Discovery §4.3). */
  async metadata() {
    this.#metadata ??= await this.#json(`${this.#issuer}/.well-known/openid-configuration`);
    if (this.#metadata.issuer !== this.#issuer) throw new Refused("The discovery document is another issuer's.");
    return this.#metadata;
  }

  /** Goes to the issuer; `finish` goes on when the browser is back. */
  async begin(scope, more = {}) {
    const { authorization_endpoint: endpoint } = await this.metadata();
    const [state, nonce, verifier] = [random(), random(), random()];
    // One per tab, and only the newest: whoever comes back with another state did not begin here.
    sessionStorage.setItem(BEGUN, JSON.stringify({ state, nonce, verifier }));
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const query = new URLSearchParams({
      client_id: this.#client,
      redirect_uri: this.#callback,
      response_type: "code",
      scope,
      state,
      nonce,
      code_challenge: base64url(new Uint8Array(hash)),
      code_challenge_method: "S256",
      ...more,
    });
    location.assign(`${endpoint}?${query}`);
  }

  /** The session of an authorization response. */
  async finish(answer) {
    const begun = JSON.parse(sessionStorage.getItem(BEGUN) ?? "null");
    sessionStorage.removeItem(BEGUN);
    if (!begun || answer.get("state") !== begun.state) throw new Refused("This sign-in did not begin in this tab.");
    const metadata = await this.metadata();
    const named = answer.get("iss") ?? (metadata.authorization_response_iss_parameter_supported ? "" : this.#issuer);
    if (named !== this.#issuer) throw new Refused("The answer comes from another issuer.");
    if (answer.has("error")) throw new Denied(Object.fromEntries(answer));
    const tokens = await this.#token({
      grant_type: "authorization_code",
      code: answer.get("code") ?? "",
      redirect_uri: this.#callback,
      code_verifier: begun.verifier,
    });
    return this.#session(tokens, { nonce: begun.nonce });
  }

  /** The session after a refresh (RFC 6749 §6, OpenID Connect Core §12.2). */
  async refresh(session) {
    const tokens = await this.#token({ grant_type: "refresh_token", refresh_token: session.refreshToken });
    return this.#session(tokens, { before: session });
  }

  /** Something of the issuer's for which the access token is good. */
  async get(url, session) {
    return this.#json(url, { headers: { authorization: `Bearer ${session.accessToken}` } });
  }

  /** Where to go to end the session at the issuer too (RP-Initiated Logout 1.0 §2), if the issuer has that. */
  async endSession(session) {
    const { end_session_endpoint: endpoint } = await this.metadata();
    if (!endpoint) return undefined;
    const query = new URLSearchParams({
      id_token_hint: session.idToken,
      client_id: this.#client,
      post_logout_redirect_uri: `${location.origin}/`,
      state: random(),
    });
    sessionStorage.setItem(LEFT, query.get("state"));
    return `${endpoint}?${query}`;
  }

  /** Whether the browser is back from the logout that began in this tab (RP-Initiated Logout 1.0 §3). */
  isBackFromLogout(answer) {
    const left = sessionStorage.getItem(LEFT);
    sessionStorage.removeItem(LEFT);
    return left !== null && answer.get("state") === left;
  }

  /** Makes a session's tokens worthless (RFC 7009 §2.1), if the issuer has that: with `offline_access` they outlive a logout. */
  async revoke(session) {
    const { revocation_endpoint: endpoint } = await this.metadata();
    if (!endpoint || !session.refreshToken) return;
    const body = new URLSearchParams({ client_id: this.#client, token: session.refreshToken });
    await fetch(endpoint, { method: "POST", body, credentials: "omit" });
  }

  async #session(tokens, { nonce, before }) {
    const idToken = tokens.id_token ?? before?.idToken;
    if (!idToken) throw new Refused("The issuer sent no ID token.");
    const checked = tokens.id_token
      ? await verifyIdToken(tokens.id_token, {
          issuer: this.#issuer,
          client: this.#client,
          keys: (kid) => this.#key(kid),
          now: this.#now() / 1000,
          accessToken: tokens.access_token,
          nonce,
        })
      : before;
    const session = {
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token ?? before?.refreshToken,
      idToken,
      header: checked.header,
      claims: checked.claims,
      // RFC 6749 §5.1: left out when it is what was asked for.
      scope: tokens.scope ?? before?.scope ?? "",
      ends: Date.now() + tokens.expires_in * 1000,
      refreshes: before ? before.refreshes + 1 : 0,
    };
    const { userinfo_endpoint: endpoint } = await this.metadata();
    session.userinfo = await this.get(endpoint, session);
    // OpenID Connect Core §5.3.2, §12.2.
    const same = [session.userinfo.sub, before?.claims.sub ?? session.claims.sub].every((sub) => sub === session.claims.sub);
    if (!same) throw new Refused("The issuer speaks of somebody else.");
    return session;
  }

  async #key(kid) {
    const { jwks_uri: url } = await this.metadata();
    const find = () => this.#keys?.find((key) => key.kid === kid && (key.use ?? "sig") === "sig");
    // A key that is not known may be new: the set is read again, once.
    if (!find()) ({ keys: this.#keys } = await this.#json(url));
    return find();
  }

  async #token(parameters) {
    const { token_endpoint: endpoint } = await this.metadata();
    return this.#json(endpoint, {
      method: "POST",
      body: new URLSearchParams({ client_id: this.#client, ...parameters }),
    });
  }

  #now() {
    return Date.now() + this.#ahead;
  }

  async #json(url, options = {}) {
    const response = await fetch(url, { ...options, credentials: "omit", cache: "no-store" });
    const date = Date.parse(response.headers.get("date") ?? "");
    if (!Number.isNaN(date)) this.#ahead = date - Date.now();
    const body = await response.json().catch(() => ({}));
    if (response.ok) return body;
    const { error, reason, error_description: text } = body;
    throw Object.assign(new Denied({ error: reason ?? error, error_description: text ?? error }), {
      status: response.status,
    });
  }
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}
